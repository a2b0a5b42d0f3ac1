"""A value is sent unchanged, or rejected with the path of the unsupported part."""

from __future__ import annotations

import dataclasses
import decimal
import enum
import functools
import json
import math
import types
import uuid
from collections import Counter, OrderedDict, deque
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, ClassVar, Literal, NamedTuple, NotRequired, TypedDict

import attrs
import msgspec
import pytest

from helmr_ergonomic import InputStream, task
from helmr_ergonomic.codecs import json_bytes, json_value
from helmr_ergonomic.errors import PayloadValidationError


def sent(tp: Any, value: Any) -> Any:
    """Return the encoded value, after checking that it decodes to an equal one."""
    definition = task("t", payload=tp)
    raw = definition.encode_payload(value)
    back = definition.decode_payload(json.loads(json_bytes(raw, label="payload")))
    assert back == value
    assert type(back) is type(value)
    return raw


def refused(tp: Any, value: Any) -> list[str]:
    with pytest.raises(PayloadValidationError) as caught:
        task("t", payload=tp).encode_payload(value)
    return [str(issue) for issue in caught.value.issues]


# --- fields ------------------------------------------------------------------------------------------------


@attrs.define
class PrivateAttrs:
    _id: str
    title: str
    size: int = attrs.field(default=3, alias="length")


@attrs.define
class ComputedAttrs:
    text: str
    version: int = attrs.field(default=2, init=False)
    words: list[str] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.words = self.text.split()

    @functools.cached_property
    def length(self) -> int:
        return len(self.text)


@attrs.define(slots=False)
class OpenAttrs:
    _id: str
    version: int = attrs.field(default=2, init=False)


@dataclasses.dataclass
class ComputedData:
    text: str
    version: int = dataclasses.field(default=2, init=False)
    labels: list[str] = dataclasses.field(default_factory=list, init=False)
    kind: ClassVar[str] = "data"

    @property
    def length(self) -> int:
        return len(self.text)

    @functools.cached_property
    def upper(self) -> str:
        return self.text.upper()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FrozenData:
    _id: str
    tags: frozenset[str] = frozenset()
    version: int = dataclasses.field(default=2, init=False)


def test_private_fields_keep_their_names() -> None:
    assert sent(PrivateAttrs, PrivateAttrs(id="42", title="x", length=1)) == {  # pyright: ignore[reportCallIssue]
        "_id": "42",
        "title": "x",
        "size": 1,
    }
    assert sent(OpenAttrs, OpenAttrs("42")) == {"_id": "42", "version": 2}
    assert sent(FrozenData, FrozenData(_id="42", tags=frozenset("ba"))) == {
        "_id": "42",
        "tags": ["a", "b"],
        "version": 2,
    }


def test_fields_with_init_false_round_trip() -> None:
    value = ComputedData("hi")
    assert sent(ComputedData, value) == {"text": "hi", "version": 2, "labels": []}
    value.version, value.labels = 5, ["x"]
    assert sent(ComputedData, value) == {"text": "hi", "version": 5, "labels": ["x"]}
    made = ComputedAttrs("a b")
    made.version = 7
    assert sent(ComputedAttrs, made) == {"text": "a b", "version": 7, "words": ["a", "b"]}


def test_only_fields_are_sent() -> None:
    value, made = ComputedData("hi"), ComputedAttrs("hi")
    assert value.upper == "HI"
    assert made.length == 2
    value.note = "not a field"  # type: ignore[attr-defined]  # that is the point
    assert list(sent(ComputedData, value)) == ["text", "version", "labels"]
    assert list(sent(ComputedAttrs, made)) == ["text", "version", "words"]


def test_an_unset_field_is_reported_as_missing() -> None:
    value = ComputedAttrs("x")
    del value.words
    assert refused(ComputedAttrs, value) == ["payload.words: required field is missing"]


class Event(msgspec.Struct, rename="camel", tag="event", forbid_unknown_fields=True):
    event_id: int
    at_night: bool = False


class Point(msgspec.Struct, array_like=True, frozen=True):
    x: int
    y: float = 0.5


class Sparse(msgspec.Struct, omit_defaults=True):
    note: str | None = None
    labels: list[str] = []
    title: str = "no title"
    price: decimal.Decimal = decimal.Decimal("1.0")
    extra: int | msgspec.UnsetType = msgspec.UNSET


def test_structs_are_encoded_like_msgspec_does() -> None:
    assert sent(Event, Event(1, True)) == {"type": "event", "eventId": 1, "atNight": True}
    assert sent(Point, Point(1)) == [1, 0.5]
    assert sent(dict[str, Point | None], {"a": Point(1, 2.5), "b": None}) == {"a": [1, 2.5], "b": None}
    for value in (Event(1), Point(2), Sparse(extra=1)):
        assert sent(type(value), value) == msgspec.to_builtins(value)


def test_a_value_equal_to_the_default_is_omitted() -> None:
    assert sent(Sparse, Sparse()) == {}
    assert sent(Sparse, Sparse(title=" ".join(["no", "title"]), labels=[])) == {}
    # Equal to the default but written differently, so it is sent.
    assert sent(Sparse, Sparse(price=decimal.Decimal("1.00"))) == {"price": "1.00"}
    assert sent(Sparse, Sparse(title="", labels=["a"], extra=0)) == {"title": "", "labels": ["a"], "extra": 0}


class Part(msgspec.Struct):
    name: str


class BigPart(Part):
    size: int = 1


class StrictPart(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class BigStrictPart(StrictPart):
    size: int = 1


def test_a_subclass_is_sent_with_all_its_fields() -> None:
    definition = task("t", payload=dict[str, Part])
    assert definition.encode_payload({"a": BigPart("x", 2)}) == {"a": {"name": "x", "size": 2}}
    assert refused(StrictPart, BigStrictPart("x")) == ["payload.size: unknown field"]


class Options(TypedDict, total=False):
    depth: int
    name: NotRequired[str]


class Pair(NamedTuple):
    left: int
    right: str = "r"


def test_optional_keys_and_items_may_be_omitted() -> None:
    assert sent(Options, {}) == {}
    assert sent(Options, {"depth": 1}) == {"depth": 1}
    assert sent(Pair, Pair(1)) == [1, "r"]


# --- values ------------------------------------------------------------------------------------------------


class Colour(str, enum.Enum):  # noqa: UP042  not a StrEnum, for once
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


class Right(enum.Flag):
    READ = 1
    WRITE = 2


class Identifier(str):
    """A subclass of str."""


AMSTERDAM = timezone(timedelta(minutes=19, seconds=32))


@pytest.mark.parametrize(
    ("tp", "value", "raw"),
    [
        (Colour, Colour.RED, "red"),
        (Level, Level.LOW, 1),
        (Right, Right.READ | Right.WRITE, 3),
        (decimal.Decimal, decimal.Decimal("1.10"), "1.10"),
        (bytes, b"\xff\x00", "/wA="),
        (bytearray, bytearray(b"a"), "YQ=="),
        (uuid.UUID, uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (date, date(2026, 6, 6), "2026-06-06"),
        (time, time(9, 30), "09:30:00"),
        (timedelta, timedelta(hours=1), "PT3600S"),
        (datetime, datetime(2026, 6, 6, tzinfo=UTC), "2026-06-06T00:00:00.000Z"),
        (datetime, datetime(2026, 6, 6, microsecond=120_000, tzinfo=UTC), "2026-06-06T00:00:00.120Z"),
        (datetime, datetime(2026, 6, 6, microsecond=1, tzinfo=UTC), "2026-06-06T00:00:00.000001Z"),
        (
            datetime,
            datetime(2026, 6, 6, tzinfo=timezone(timedelta(hours=2))),
            "2026-06-06T00:00:00.000+02:00",
        ),
        (datetime, datetime(1930, 1, 1, tzinfo=AMSTERDAM), "1929-12-31T23:40:28.000Z"),
        (set[str], {"b", "a"}, ["a", "b"]),
        (frozenset[int], frozenset({10, 9}), [10, 9]),
        (tuple[int, ...], (1, 2), [1, 2]),
        (dict[int, str], {1: "a"}, {"1": "a"}),
        (dict[float, str], {1.0: "a", 0.5: "b"}, {"1": "a", "0.5": "b"}),
        (dict[Level, int], {Level.LOW: 1}, {"1": 1}),
        (dict[date, int], {date(2026, 6, 6): 1}, {"2026-06-06": 1}),
        (dict[uuid.UUID, int], {uuid.UUID(int=1): 1}, {"00000000-0000-0000-0000-000000000001": 1}),
        (Literal["a", 1, None], None, None),
        (int | str | None, "x", "x"),
        (float, 4, 4),
        (int, 2**70, 2**70),
    ],
)
def test_builtin_and_standard_library_values_round_trip(tp: Any, value: Any, raw: Any) -> None:
    definition = task("t", payload=tp)
    assert definition.encode_payload(value) == raw
    assert definition.decode_payload(json.loads(json_bytes(raw, label="x"))) == value


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        (OrderedDict(a=1), {"a": 1}),
        (Counter("aab"), {"a": 2, "b": 1}),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
        (deque([1, 2]), [1, 2]),
        (Identifier("x"), "x"),
        ({Identifier("k"): Identifier("v")}, {"k": "v"}),
        ([ComputedData("x")], [{"text": "x", "version": 2, "labels": []}]),
        ({"when": datetime(2026, 6, 6, tzinfo=UTC)}, {"when": "2026-06-06T00:00:00.000Z"}),
        (("a", {"b"}), ["a", ["b"]]),
    ],
)
def test_any_value_becomes_plain_json(value: Any, raw: Any) -> None:
    made = json_value(value, label="x")
    assert made == raw
    assert type(made) in (dict, list, str)
    assert json.loads(json.dumps(made)) == raw


NAIVE = datetime(2026, 6, 6, 9)


@dataclasses.dataclass
class Meeting:
    at: datetime
    rooms: list[Any] = dataclasses.field(default_factory=list)


@pytest.mark.parametrize(
    ("tp", "value", "where"),
    [
        (datetime, NAIVE, "payload"),
        (Meeting, Meeting(NAIVE), "payload.at"),
        (Meeting, Meeting(datetime.now(UTC), [{"from": NAIVE}]), "payload.rooms[0].from"),
        (dict[str, Any], {"a": (1, NAIVE)}, "payload.a[1]"),
        (Any, {"odd key": NAIVE}, 'payload["odd key"]'),
        (Any, {NAIVE: 1}, "payload"),
    ],
)
def test_a_nested_naive_datetime_is_rejected(tp: Any, value: Any, where: str) -> None:
    (issue,) = refused(tp, value)
    assert issue.startswith(f"{where}: ")
    assert "2026-06-06T09:00:00 has no time zone" in issue


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("tp", "wrap", "where"),
    [
        (float, lambda x: x, "payload"),
        (dict[str, list[float]], lambda x: {"a": [1.0, x]}, "payload.a[1]"),
        (Point, lambda x: Point(1, x), "payload[1]"),
        (Any, lambda x: ({"b": x},), "payload[0].b"),
    ],
)
def test_nan_and_infinity_are_rejected_with_their_path(tp: Any, wrap: Any, where: str, number: float) -> None:
    assert refused(tp, wrap(number)) == [f"{where}: {number!r} cannot be sent: JSON has no such number"]
    with pytest.raises(PayloadValidationError):
        InputStream("s", tp).encode(wrap(number))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({1: "a", "1": "b"}, "payload: two keys are '1' in JSON"),
        ({True: 1}, "payload: a key of type bool cannot be sent"),
        ({None: 1}, "payload: a key of type NoneType cannot be sent"),
        ({(1, 2): 1}, "payload: a key of type tuple cannot be sent"),
        ({"a": 1j}, "payload.a: a value of type complex cannot be sent"),
        ([iter("ab")], "payload[0]: a value of type str_ascii_iterator cannot be sent"),
        ({"a": "\ud800"}, "payload.a: a lone surrogate"),
        ({"\udfff": 1}, "payload: in a key: a lone surrogate"),
        ([msgspec.UNSET], "payload[0]: a value of type UnsetType cannot be sent"),
    ],
)
def test_an_unsupported_value_is_reported_with_its_path(value: Any, expected: str) -> None:
    (issue,) = refused(Any, value)
    assert issue.startswith(expected)


def test_a_circular_value_is_rejected() -> None:
    loop: list[Any] = []
    loop.append(loop)
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    for value in (loop, deep):
        assert refused(Any, value) == ["payload: it is nested too deeply, or contains itself"]
        assert refused(list[Any], value) == ["payload: it is nested too deeply, or contains itself"]


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000])
def test_deeply_nested_input_is_rejected(text: str) -> None:
    with pytest.raises(PayloadValidationError, match="nested too deeply"):
        task("t", payload=list[Any]).parse_payload(text)


@pytest.mark.parametrize("text", ['{"a": NaN}', "[Infinity]", "-Infinity"])
def test_input_with_nan_or_infinity_is_rejected(text: str) -> None:
    with pytest.raises(PayloadValidationError, match="not JSON: it has no"):
        task("t", payload=Any).parse_payload(text)


def test_sets_are_encoded_in_a_stable_order() -> None:
    words = {f"word {number}" for number in range(50)}
    assert json_value(words, label="x") == sorted(words)
    assert json_value({frozenset({"b", "a"})}, label="x") == [["a", "b"]]


@dataclasses.dataclass
class Positive:
    amount: int

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise self.problem()

    @staticmethod
    def problem() -> BaseException:
        return KeyError("negative")


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (KeyError("negative"), "payload: KeyError: 'negative'"),
        (ZeroDivisionError(), "payload: ZeroDivisionError"),
        (Unprintable(), "payload: Unprintable"),
        (ValueError("must be positive"), "payload: must be positive"),
    ],
)
def test_any_exception_of_post_init_is_a_validation_error(
    problem: Exception, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Positive, "problem", staticmethod(lambda: problem))
    with pytest.raises(PayloadValidationError) as caught:
        task("t", payload=Positive).decode_payload({"amount": -1})
    assert [str(issue) for issue in caught.value.issues] == [expected]
    value = Positive(1)
    value.amount = -1
    assert refused(Positive, value) == [expected]


def test_any_exception_of_a_validator_is_a_validation_error() -> None:
    def by_name(value: Any) -> str:
        return str(value["name"])

    assert task("t", payload=by_name).decode_payload({"name": "x"}) == "x"
    with pytest.raises(PayloadValidationError, match="payload: KeyError: 'name'") as caught:
        task("t", payload=by_name).decode_payload({})
    assert isinstance(caught.value.__cause__, KeyError)


def test_attrs_validators_run() -> None:
    @attrs.define
    class Sized:
        size: int = attrs.field(validator=attrs.validators.ge(0))

    with pytest.raises(PayloadValidationError, match="size"):
        task("t", payload=Sized).decode_payload({"size": -1})


def test_the_invalid_part_of_a_large_value_is_found_quickly() -> None:
    raw: dict[str, dict[str, Any]] = {f"group {n}": {f"k{m}": m for m in range(300)} for n in range(300)}
    raw["group 250"]["k77"] = "x"
    with pytest.raises(PayloadValidationError, match=r'payload\["group 250"\]\.k77: expected int, got str'):
        task("t", payload=dict[str, dict[str, int]]).decode_payload(raw)
