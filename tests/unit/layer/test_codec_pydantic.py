"""Pydantic encodes and validates its own models. Values that it would silently change are rejected."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import json
import math
import uuid
import warnings
from collections.abc import Iterable
from typing import Annotated, Any, Generic, Literal, TypeVar

import attrs
import msgspec
import pydantic
import pytest
import typing_extensions
from pydantic import Field, TypeAdapter

from helmr_ergonomic import OutputStream, task
from helmr_ergonomic.codecs import json_bytes, json_value
from helmr_ergonomic.errors import DefinitionError, OutputValidationError, PayloadValidationError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pydantic.v1 is deprecated
    from pydantic import v1

UTC = dt.UTC
NAIVE = dt.datetime(2026, 6, 6, 9)
T = TypeVar("T")


def refused(tp: Any, value: Any) -> list[str]:
    with pytest.raises(PayloadValidationError) as caught:
        task("t", payload=tp).encode_payload(value)
    return [str(issue) for issue in caught.value.issues]


# --- valid models ------------------------------------------------------------------------------------------


class Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True)
    when: dt.datetime
    id: uuid.UUID
    tags: set[str]


class Aliases(pydantic.BaseModel):
    pr: int = Field(validation_alias="prIn", serialization_alias="prOut")


class Choice(pydantic.BaseModel):
    pr: int = Field(validation_alias=pydantic.AliasChoices("a", "b"))


class Computed(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")
    a: int

    @pydantic.computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def double(self) -> int:
        return 2 * self.a


class Excluded(pydantic.BaseModel):
    a: int
    local_only: int = Field(exclude=True)


class Inf(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(ser_json_inf_nan="strings")
    f: float


class Open(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    a: int


class Numbers(pydantic.RootModel[list[int]]):
    pass


class Box(pydantic.BaseModel, Generic[T]):
    inside: T


class Epoch(pydantic.BaseModel):
    when: dt.datetime

    @pydantic.field_serializer("when", when_used="json")
    def seconds(self, when: dt.datetime) -> float:
        return when.timestamp()


class Prefixed(pydantic.BaseModel):
    name: str

    @pydantic.field_validator("name", mode="before")
    @classmethod
    def without_prefix(cls, value: str) -> str:
        if not value.startswith("$"):
            raise ValueError("must begin with $")
        return value[1:]


WHEN = dt.datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        (
            Strict(when=WHEN, id=uuid.UUID(int=1), tags={"b", "a"}),
            {"when": "2026-01-01T00:00:00Z", "id": str(uuid.UUID(int=1)), "tags": ["a", "b"]},
        ),
        (Aliases(prIn=1), {"prOut": 1}),  # type: ignore[call-arg]
        (Choice(a=1), {"pr": 1}),  # type: ignore[call-arg]
        (Computed(a=1), {"a": 1, "double": 2}),
        (Excluded(a=1, local_only=2), {"a": 1}),
        (Inf(f=math.inf), {"f": "Infinity"}),
        (Open(a=1, b=[2]), {"a": 1, "b": [2]}),  # type: ignore[call-arg]
        (Numbers([1, 2]), [1, 2]),
        (Box[Aliases](inside=Aliases(prIn=1)), {"inside": {"prOut": 1}}),  # type: ignore[call-arg]
        (Epoch(when=WHEN), {"when": WHEN.timestamp()}),
        (Prefixed(name="$x"), {"name": "x"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_instance_is_encoded_by_pydantic_and_not_validated_again(value: Any, raw: Any) -> None:
    assert task("t", payload=type(value)).encode_payload(value) == raw
    assert task("t", payload=list[type(value)]).encode_payload([value]) == [raw]  # type: ignore[misc]
    assert json_value({"any": value}, label="x") == {"any": raw}
    json_bytes(raw, label="x")


def test_received_values_are_validated_in_json_mode() -> None:
    raw = {"when": "2026-01-01T00:00:00Z", "id": str(uuid.UUID(int=1)), "tags": ["x"]}
    value = Strict(when=WHEN, id=uuid.UUID(int=1), tags={"x"})
    assert task("t", output=Strict).decode_output(raw) == value
    assert OutputStream("s", dict[str, Strict]).decode({"a": raw}) == {"a": value}
    assert task("t", output=Inf).decode_output({"f": "Infinity"}) == Inf(f=math.inf)
    with pytest.raises(OutputValidationError, match=r"output\.id: Input should be a valid UUID"):
        task("t", output=Strict).decode_output(raw | {"id": "x"})


def test_a_strict_model_accepts_a_whole_number_as_an_integer() -> None:
    class Amount(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(strict=True)
        amount: int

    # JSON has one number type, so 3.0 is a valid integer.
    assert task("t", output=Amount).decode_output({"amount": 3.0}) == Amount(amount=3)


# --- unions, containers, adapters --------------------------------------------------------------------------


class Cat(pydantic.BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(pydantic.BaseModel):
    kind: Literal["dog"] = "dog"


@pydantic.dataclasses.dataclass
class Order:
    amount: int = Field(gt=0)


@dataclasses.dataclass
class Basket:
    pets: list[Cat | Dog]
    limit: Annotated[int, Field(gt=0)] = 1


class Cage(typing_extensions.TypedDict):
    pet: Cat


@attrs.define
class Owner:
    _pet: Cat
    version: int = attrs.field(default=2, init=False)


class House(msgspec.Struct, rename="camel"):
    first_pet: Cat
    others: dict[str, Dog] = {}


@pytest.mark.parametrize(
    ("tp", "value", "raw"),
    [
        (Cat | Dog, Dog(), {"kind": "dog"}),
        (Annotated[Cat | Dog, Field(discriminator="kind")], Cat(), {"kind": "cat", "lives": 9}),
        (list[Cat | Dog], [Dog(), Cat(lives=1)], [{"kind": "dog"}, {"kind": "cat", "lives": 1}]),
        (Cat | str, "x", "x"),
        (Cat | None, None, None),
        (dict[str, tuple[Cat, int]], {"a": (Cat(), 1)}, {"a": [{"kind": "cat", "lives": 9}, 1]}),
        (TypeAdapter(Cat | Dog), Dog(), {"kind": "dog"}),
        (TypeAdapter(list[dt.date]), [dt.date(2026, 6, 6)], ["2026-06-06"]),
        (TypeAdapter(Annotated[int, Field(gt=0)]), 3, 3),
        (Order, Order(3), {"amount": 3}),
        (list[Order], [Order(3)], [{"amount": 3}]),
        (Basket, Basket([Dog()]), {"pets": [{"kind": "dog"}], "limit": 1}),
        (Cage, {"pet": Cat()}, {"pet": {"kind": "cat", "lives": 9}}),
        (Owner, Owner(Cat()), {"_pet": {"kind": "cat", "lives": 9}, "version": 2}),
        (House, House(Cat()), {"firstPet": {"kind": "cat", "lives": 9}, "others": {}}),
        (list[House | int], [House(Cat()), 3], [{"firstPet": {"kind": "cat", "lives": 9}, "others": {}}, 3]),
        (pydantic.HttpUrl, pydantic.HttpUrl("https://a.b/"), "https://a.b/"),
        (Annotated[int, Field(gt=0)], 3, 3),
    ],
    ids=str,
)
def test_pydantic_types_can_be_nested(tp: Any, value: Any, raw: Any) -> None:
    definition = task("t", payload=tp, output=tp)
    assert definition.encode_payload(value) == raw
    assert definition.decode_output(json.loads(json_bytes(raw, label="x"))) == value


@pytest.mark.parametrize(
    ("tp", "raw", "expected"),
    [
        (Cat | Dog, {"kind": "cat", "lives": "x"}, "payload.Cat.lives: Input should be a valid integer"),
        (Annotated[Cat | Dog, Field(discriminator="kind")], {"kind": "cow"}, "payload: Input tag 'cow'"),
        (list[Cat], [{"lives": 1}, {"lives": []}], "payload[1].lives: expected int, got list"),
        (dict[str, Cat], {"odd key": 3}, 'payload["odd key"]: Input should be an object'),
        (Order, {"amount": -5}, "payload.amount: Input should be greater than 0"),
        (list[Order], [{"amount": -5}], "payload[0].amount: Input should be greater than 0"),
        (Basket, {"pets": [], "limit": 0}, "payload.limit: Input should be greater than 0"),
        (House, {"firstPet": {"lives": "x"}}, "payload.firstPet: lives: Input should be a valid integer"),
        (TypeAdapter(Annotated[int, Field(gt=0)]), 0, "payload: Input should be greater than 0"),
        (Annotated[int, Field(gt=0)], 0, "payload: Input should be greater than 0"),
        (Cat, 3, "payload: Input should be an object"),
        (Cat, {"lives": "\ud800"}, "payload: 'utf-8' codec can't encode"),
    ],
    ids=str,
)
def test_validation_errors_have_paths(tp: Any, raw: Any, expected: str) -> None:
    with pytest.raises(PayloadValidationError) as caught:
        task("t", payload=tp).decode_payload(raw)
    assert str(caught.value.issues[0]).startswith(expected)
    assert caught.value.__cause__ is None or "codec" in expected


# --- values that were not validated yet --------------------------------------------------------------------


def changed(value: Any, name: str, to: Any) -> Any:
    object.__setattr__(value, name, to)
    return value


@pytest.mark.parametrize(
    ("tp", "value", "expected"),
    [
        (Cat, {"lives": "x"}, "payload.lives: "),
        (Cat, {"lives": dt.date(2026, 6, 6)}, "payload.lives: "),
        (list[Cat], [{"lives": "x"}], "payload[0].lives: "),
        (Cat | Dog, {"kind": "cow"}, "payload.Cat.kind: "),
        (TypeAdapter(Annotated[int, Field(gt=0)]), 0, "payload: Input should be greater than 0"),
        (Annotated[int, Field(gt=0)], 0, "payload: Input should be greater than 0"),
        (Cage, {"pet": 3}, "payload.pet: "),
        (Basket, Basket([Dog()], limit=-1), "payload.limit: Input should be greater than 0"),
        (list[Basket], [Basket([Dog()], limit=-1)], "payload[0].limit: Input should be greater than 0"),
        (TypeAdapter(Basket), Basket([Dog()], limit=-1), "payload.limit: Input should be greater than 0"),
        (Cat, changed(Cat(), "lives", "many"), "payload.lives: "),
        (Cat, Cat.model_construct(lives="many"), "payload.lives: "),
        (House, House(changed(Cat(), "lives", "many")), "payload.firstPet: lives: "),
        (Cat, Dog(), "payload: Input should be a valid dictionary or instance of Cat"),
        (Cat, House(Cat()), "payload: Unable to serialize unknown type"),
    ],
    ids=str,
)
def test_values_that_are_not_instances_are_validated_before_sending(
    tp: Any, value: Any, expected: str
) -> None:
    assert refused(tp, value)[0].startswith(expected)


def test_a_dict_is_accepted_for_a_model() -> None:
    assert task("t", payload=Cat).encode_payload({"lives": 3}) == {"lives": 3}
    assert task("t", payload=list[Cat | Dog]).encode_payload([{"kind": "dog"}]) == [{"kind": "dog"}]
    assert task("t", payload=Aliases).encode_payload({"prIn": 3}) == {"prIn": 3}


class BigCat(Cat):
    weight: int = 100


class StrictCat(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")


class BigStrictCat(StrictCat):
    weight: int = 100


def test_a_subclass_is_sent_with_all_fields_if_its_base_accepts_them() -> None:
    assert task("t", payload=Cat).encode_payload(BigCat()) == {"kind": "cat", "lives": 9, "weight": 100}
    assert refused(StrictCat, BigStrictCat()) == ["payload.weight: Extra inputs are not permitted"]


def test_pydantic_warnings_are_suppressed(recwarn: pytest.WarningsRecorder) -> None:
    class Link(pydantic.BaseModel):
        url: pydantic.HttpUrl = "https://a.b"  # type: ignore[assignment]  # defaults are not validated

    assert task("t", payload=Link).encode_payload(Link()) == {"url": "https://a.b"}
    assert list(recwarn) == []


# --- silent changes by pydantic ----------------------------------------------------------------------------


class Login(pydantic.BaseModel):
    user: str = "me"
    password: pydantic.SecretStr
    pins: list[pydantic.SecretBytes | pydantic.Secret[int]] = []


class OpenLogin(pydantic.BaseModel):
    password: pydantic.SecretStr

    @pydantic.field_serializer("password", when_used="json")
    def show(self, password: pydantic.SecretStr) -> str:
        return password.get_secret_value()


@pytest.mark.parametrize(
    ("tp", "value", "where"),
    [
        (Login, Login(password="hunter2"), "payload.password"),  # type: ignore[arg-type]
        (Login, Login(password=""), "payload.password"),  # type: ignore[arg-type]
        (list[Login], [Login(password="hunter2")], "payload[0].password"),  # type: ignore[arg-type]
        (Any, {"a": Login(password="hunter2")}, "payload.a.password"),  # type: ignore[arg-type]
        (pydantic.SecretStr, pydantic.SecretStr("hunter2"), "payload"),
        (
            pydantic.RootModel[pydantic.SecretStr],
            pydantic.RootModel[pydantic.SecretStr]("hunter2"),  # type: ignore[arg-type]
            "payload",
        ),
        (dict[str, pydantic.Secret[str]], {"k": pydantic.Secret[str]("hunter2")}, "payload.k"),
    ],
    ids=lambda value: "value" if "hunter2" in str(value) else str(value),
)
def test_secrets_are_rejected_and_not_shown(tp: Any, value: Any, where: str) -> None:
    with pytest.raises(PayloadValidationError) as caught:
        task("t", payload=tp).encode_payload(value)
    assert str(caught.value.issues[0]).startswith(f"{where}: a secret is not sent")
    assert "get_secret_value()" in str(caught.value)
    assert "hunter2" not in f"{caught.value!s} {caught.value!r} {caught.value.__cause__!r}"


def test_secrets_with_a_serializer_are_sent_and_any_secret_can_be_received() -> None:
    assert task("t", payload=OpenLogin).encode_payload(OpenLogin(password="x")) == {"password": "x"}  # type: ignore[arg-type]
    read = task("t", output=Login).decode_output({"password": "x", "pins": []})
    assert read.password.get_secret_value() == "x"


class Meeting(pydantic.BaseModel):
    at: dt.datetime = Field(alias="startsAt")
    others: dict[str, list[dt.datetime]] = {}
    note: Any = None

    @pydantic.computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def ends(self) -> dt.datetime:
        return self.at + dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("tp", "value", "where"),
    [
        (Meeting, Meeting(startsAt=NAIVE), "payload.startsAt"),
        (Meeting, Meeting(startsAt=WHEN, others={"a": [WHEN, NAIVE]}), "payload.others.a[1]"),
        (Meeting, Meeting(startsAt=WHEN, note={"x": NAIVE}), "payload.note.x"),
        (Box[dt.datetime], Box[dt.datetime](inside=NAIVE), "payload.inside"),
        (list[Meeting | int], [1, Meeting(startsAt=NAIVE)], "payload[1].startsAt"),
        (TypeAdapter(dict[dt.datetime, int]), {NAIVE: 1}, "payload"),
        (Open, Open(a=1, b=NAIVE), "payload.b"),  # type: ignore[call-arg]
        (pydantic.RootModel[dt.datetime], pydantic.RootModel[dt.datetime](NAIVE), "payload"),
    ],
    ids=str,
)
def test_a_nested_naive_datetime_is_rejected(tp: Any, value: Any, where: str) -> None:
    (issue,) = refused(tp, value)
    assert issue.startswith(f"{where}: 2026-06-06T09:00:00 has no time zone")


def test_aware_datetimes_and_unsent_naive_ones_are_accepted() -> None:
    class Hidden(pydantic.BaseModel):
        at: dt.datetime = Field(exclude=True)

    assert task("t", payload=Hidden).encode_payload(Hidden(at=NAIVE)) == {}
    raw = task("t", payload=Meeting).encode_payload(Meeting(startsAt=WHEN))
    assert raw["ends"] == "2026-01-01T01:00:00Z"


class Measure(pydantic.BaseModel):
    value: float
    others: list[float] = []


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_pydantic_would_write_as_null_are_rejected(number: float) -> None:
    assert refused(Measure, Measure(value=number))[0].startswith(
        f"payload.value: {number!r} is not a JSON number"
    )
    assert refused(Measure, Measure(value=1, others=[0, number]))[0].startswith("payload.others[1]: ")


def test_keys_that_would_collide_in_json_are_rejected() -> None:
    class Table(pydantic.BaseModel):
        rows: dict[int | str, int]

    assert refused(Table, Table(rows={1: 1, "1": 2})) == ["payload: two keys are '1' in JSON"]


class Tags(pydantic.BaseModel, frozen=True):
    names: frozenset[str] = frozenset()


class Groups(pydantic.BaseModel):
    groups: set[Tags]


def test_sets_are_encoded_in_a_stable_order() -> None:
    words = frozenset(f"word {number}" for number in range(50))
    assert task("t", payload=Tags).encode_payload(Tags(names=words)) == {"names": sorted(words)}
    value = Groups(groups={Tags(names=frozenset("ba")), Tags(names=frozenset("c")), Tags()})
    expected = {"groups": [{"names": ["a", "b"]}, {"names": ["c"]}, {"names": []}]}
    assert task("t", payload=Groups).encode_payload(value) == expected


class Lazy(pydantic.BaseModel):
    numbers: Iterable[int]


def test_an_iterator_is_consumed_only_once() -> None:
    assert task("t", payload=Lazy).encode_payload(Lazy(numbers=iter([1, 2]))) == {"numbers": [1, 2]}


def test_any_exception_of_a_model_is_a_validation_error() -> None:
    class Broken(pydantic.BaseModel):
        a: int

        @pydantic.model_validator(mode="after")
        def check(self) -> Broken:
            raise KeyError(self.a)

        @pydantic.model_serializer
        def write(self) -> dict[str, int]:
            raise ZeroDivisionError

    with pytest.raises(PayloadValidationError, match="KeyError: 3"):
        task("t", payload=Broken).decode_payload({"a": 3})
    assert "ZeroDivisionError" in refused(Broken, Broken.model_construct(a=1))[0]


# --- the pydantic v1 API -----------------------------------------------------------------------------------


class Old(v1.BaseModel):
    a: int
    price: decimal.Decimal = decimal.Decimal("1.10")
    tags: set[str] = set()

    class Config:
        fields = {"a": "theA"}  # noqa: RUF012  that is how it was written


class OldLogin(v1.BaseModel):
    password: v1.SecretStr
    at: dt.datetime = WHEN


def test_pydantic_v1_models_round_trip() -> None:
    definition = task("t", payload=Old, output=Old)
    value = Old(theA=1, tags={"b", "a"})  # type: ignore[call-arg]
    assert definition.encode_payload(value) == {"theA": 1, "price": 1.1, "tags": ["a", "b"]}
    assert definition.decode_output({"theA": 1}) == Old(theA=1)  # type: ignore[call-arg]
    assert OutputStream("s", list[Old]).decode([{"theA": 1}]) == [Old(theA=1)]  # type: ignore[call-arg]
    assert task("t", payload=Old).encode_payload({"theA": 3}) == {"theA": 3}


def test_pydantic_v1_models_report_validation_errors() -> None:
    with pytest.raises(OutputValidationError) as caught:
        task("t", output=Old).decode_output({"price": "x"})
    assert [str(issue) for issue in caught.value.issues] == [
        "output.theA: required field is missing",
        "output.price: value is not a valid decimal",
    ]
    with pytest.raises(OutputValidationError, match=r"data\[0\]: theA: "):
        OutputStream("s", list[Old]).decode([{"theA": "x"}])
    assert refused(OldLogin, OldLogin(password="hunter2"))[0].startswith(  # type: ignore[arg-type]
        "payload.password: a secret is not sent"
    )
    naive = OldLogin(password="", at=NAIVE)  # type: ignore[arg-type]
    naive.password = None  # type: ignore[assignment]  # not what is looked at here
    assert "2026-06-06T09:00:00 has no time zone" in refused(OldLogin, naive)[0]


@dataclasses.dataclass
class Counted:
    name: str
    length: int = dataclasses.field(init=False, default=0)


class Shelf(pydantic.BaseModel):
    rows: dict[str, tuple[Counted, ...]]


class Library(pydantic.BaseModel):
    shelves: list[Shelf]


class Catalogue(msgspec.Struct):
    library: Library


@pytest.mark.parametrize(
    "tp", [Shelf, Library, list[Library], TypeAdapter(Library), Catalogue, Library | None], ids=str
)
def test_a_dataclass_field_that_pydantic_ignores_is_rejected_even_if_nested(tp: Any) -> None:
    with pytest.raises(DefinitionError, match="Counted with init=False"):
        task("t", payload=tp)
