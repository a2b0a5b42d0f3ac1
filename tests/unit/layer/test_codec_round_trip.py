"""Any value of any type round-trips through JSON, or its type is rejected at definition."""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from itertools import count
from typing import Annotated, Any, Literal, NamedTuple, Optional
from uuid import UUID

import attrs
import msgspec
import pydantic
import pytest
import typing_extensions
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from helmr_ergonomic import task
from helmr_ergonomic.codecs import json_bytes, json_value
from helmr_ergonomic.errors import DefinitionError


class Colour(enum.Enum):
    RED = "red"
    GREEN = "grün"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclasses.dataclass(frozen=True)
class Kind:
    """A type and a strategy for its values."""

    type: Any
    values: st.SearchStrategy[Any]
    hashable: bool = True


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
AWARE = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=OFFSETS)
SCALARS = [
    Kind(int, st.integers(-(2**63), 2**63 - 1)),
    Kind(float, st.floats(allow_nan=False, allow_infinity=False)),
    Kind(str, TEXT),
    Kind(datetime, AWARE),
    Kind(date, st.dates()),
    Kind(timedelta, st.timedeltas()),
    Kind(UUID, st.uuids()),
    Kind(Decimal, st.decimals(allow_nan=False, allow_infinity=False)),
    Kind(Colour, st.sampled_from(Colour)),
    Kind(Literal["a", "b"], st.sampled_from("ab")),
]
LEAVES = [
    *SCALARS,
    Kind(bool, st.booleans()),
    Kind(type(None), st.none()),
    Kind(time, st.times()),
    Kind(Level, st.sampled_from(Level)),
    Kind(Literal[1, 2], st.sampled_from([1, 2])),
]
LEAF = st.sampled_from(LEAVES)
names = (f"Made{number}" for number in count())


@st.composite
def containers(draw: st.DrawFn, inner: st.SearchStrategy[Kind]) -> Kind:
    one, other = draw(inner), draw(inner)
    in_set = one if one.hashable else draw(LEAF)
    key = draw(st.sampled_from(SCALARS))
    first: Any = one.type
    second: Any = other.type
    element: Any = in_set.type
    name: Any = key.type
    return draw(
        st.sampled_from(
            [
                Kind(list[first], st.lists(one.values, max_size=2), False),
                Kind(tuple[first, ...], st.lists(one.values, max_size=2).map(tuple), one.hashable),
                Kind(
                    tuple[first, second],
                    st.tuples(one.values, other.values),
                    one.hashable and other.hashable,
                ),
                Kind(set[element], st.sets(in_set.values, max_size=2), False),
                Kind(frozenset[element], st.frozensets(in_set.values, max_size=2)),
                Kind(dict[name, first], st.dictionaries(key.values, one.values, max_size=2), False),
                Kind(Optional[first], st.none() | one.values, one.hashable),  # noqa: UP045  not every form has `|`
                Kind(Annotated[first, "a note"], one.values, one.hashable),
            ]
        )
    )


def dataclass_of(draw: st.DrawFn, types: list[Any]) -> tuple[Any, bool]:
    frozen, prefix = draw(st.booleans()), draw(st.sampled_from(["f", "_f"]))
    fields: list[Any] = [(f"{prefix}{number}", kind) for number, kind in enumerate(types)]
    if draw(st.booleans()):
        fields.append(("made", int, dataclasses.field(init=False, default=7)))
    options: dict[str, Any] = {"frozen": frozen, "slots": draw(st.booleans())}
    return dataclasses.make_dataclass(next(names), fields, **options), frozen


def attrs_class_of(draw: st.DrawFn, types: list[Any]) -> tuple[Any, bool]:
    frozen, prefix = draw(st.booleans()), draw(st.sampled_from(["f", "_f"]))
    fields = {f"{prefix}{number}": attrs.field(type=kind) for number, kind in enumerate(types)}
    if draw(st.booleans()):
        fields["made"] = attrs.field(type=int, init=False, default=7)
    made = attrs.make_class(next(names), fields, frozen=frozen, slots=draw(st.booleans()))
    made.__annotations__ = {name: field.type for name, field in attrs.fields_dict(made).items()}  # attrs < 24
    return made, frozen


def struct_of(draw: st.DrawFn, types: list[Any]) -> tuple[Any, bool]:
    frozen = draw(st.booleans())
    fields: list[Any] = [(f"my_f{number}", kind) for number, kind in enumerate(types)]
    options: dict[str, Any] = {
        "rename": draw(st.sampled_from([None, "camel", "kebab", lambda name: name + ".x"])),
        "omit_defaults": draw(st.booleans()),
        "tag": draw(st.sampled_from([None, True, 3])),
        "array_like": draw(st.booleans()),
        "forbid_unknown_fields": draw(st.booleans()),
    }
    return msgspec.defstruct(next(names), fields, frozen=frozen, **options), frozen


def named_tuple_of(draw: st.DrawFn, types: list[Any]) -> tuple[Any, bool]:
    fields: Any = [(f"f{number}", kind) for number, kind in enumerate(types)]
    return NamedTuple(next(names), fields), True


def model_of(draw: st.DrawFn, types: list[Any]) -> tuple[Any, bool]:
    config = pydantic.ConfigDict(
        strict=draw(st.booleans()),
        frozen=True,
        alias_generator=draw(st.sampled_from([None, lambda name: f"{name}-a"])),
        validate_by_name=True,
        validate_by_alias=True,
        extra=draw(st.sampled_from(["forbid", "ignore"])),
    )
    fields: Any = {f"f{number}": (kind, ...) for number, kind in enumerate(types)}
    made = pydantic.create_model(next(names), __config__=config, **fields)
    return made, True


CLASSES: list[Callable[[st.DrawFn, list[Any]], tuple[Any, bool]]] = [
    dataclass_of,
    attrs_class_of,
    struct_of,
    named_tuple_of,
    model_of,
]


@st.composite
def classes(draw: st.DrawFn, inner: st.SearchStrategy[Kind]) -> Kind:
    parts = draw(st.lists(inner, max_size=3))
    try:
        made, frozen = draw(st.sampled_from(CLASSES))(draw, [part.type for part in parts])
    except pydantic.errors.PydanticUserError:
        reject()  # pydantic has no schema for Structs and attrs classes
    is_model = hasattr(made, "model_fields")

    def build(values: tuple[Any, ...]) -> Any:
        return made(**dict(zip(made.model_fields, values, strict=True))) if is_model else made(*values)

    hashable = frozen and all(part.hashable for part in parts)
    return Kind(made, st.tuples(*[part.values for part in parts]).map(build), hashable)


@st.composite
def typed_dicts(draw: st.DrawFn, inner: st.SearchStrategy[Kind]) -> Kind:
    parts = draw(st.lists(inner, max_size=3))
    typed_dict: Any = typing_extensions.TypedDict
    made = typed_dict(next(names), {f"f {number}": part.type for number, part in enumerate(parts)})
    values = st.fixed_dictionaries({f"f {number}": part.values for number, part in enumerate(parts)})
    return Kind(made, values, False)


def nodes(inner: st.SearchStrategy[Kind]) -> st.SearchStrategy[Kind]:
    return containers(inner) | classes(inner) | typed_dicts(inner)


KINDS = LEAF | nodes(LEAF) | nodes(LEAF | nodes(LEAF)) | nodes(nodes(nodes(LEAF)))


@settings(derandomize=True, max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))  # pyright: ignore[reportArgumentType]
@given(st.data())
@pytest.mark.filterwarnings("ignore:Field name:UserWarning")
def test_every_value_round_trips(data: st.DataObject) -> None:
    kind = data.draw(KINDS)
    value = data.draw(kind.values)
    try:
        definition = task("t", payload=kind.type, output=kind.type)
    except DefinitionError:
        return
    raw = definition.encode_payload(value)
    back = definition.decode_output(json.loads(json_bytes(raw, label="x")))
    assert back == value
    assert type(back) is type(value)
    assert definition.encode_payload(back) == raw


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(PLAIN)
def test_plain_json_values_are_unchanged(value: Any) -> None:
    assert json_value(value, label="x") == value
    assert task("t", payload=Any).decode_payload(value) == value


class Everything(msgspec.Struct, rename="camel", tag_field="kind", tag="everything"):
    a_number: int
    some_text: str | None = None
    a_list: list[dict[str, bytes]] = []
    when: tuple[date, time, timedelta, UUID, Decimal] | None = None


@given(
    st.builds(
        Everything,
        st.integers(-(2**53), 2**53),
        st.none() | TEXT,
        st.lists(st.dictionaries(TEXT, st.binary(max_size=4), max_size=2), max_size=2),
        st.tuples(st.dates(), st.times(), st.timedeltas(), st.uuids(), st.decimals(allow_nan=False)),
    )
)
def test_structs_are_encoded_like_msgspec_does(value: Everything) -> None:
    # Compares JSON, because msgspec does not convert tuples to lists.
    assert json_bytes(json_value(value, label="x"), label="x") == msgspec.json.encode(value)
