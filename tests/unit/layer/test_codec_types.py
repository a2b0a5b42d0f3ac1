"""The types that a task or stream accepts. Unsupported types are rejected at definition."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import fractions
import re
import subprocess
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Generic,
    Literal,
    NewType,
    Optional,
    TypedDict,
    TypeVar,
    Union,
)

import annotated_types
import attrs
import msgspec
import pydantic
import pytest

from helmr_ergonomic import InputStream, OutputStream, task
from helmr_ergonomic.errors import ArgumentError, DefinitionError, HelmrError

if TYPE_CHECKING:
    from decimal import Decimal as OnlyForTyping

T = TypeVar("T")


@dataclasses.dataclass
class A:
    a: int


@dataclasses.dataclass
class B:
    b: int


class Struct(msgspec.Struct):
    a: int


class OtherStruct(msgspec.Struct):
    a: int


class Cat(msgspec.Struct, tag=True):
    lives: int = 9


class Dog(msgspec.Struct, tag=True):
    name: str = "Rex"


class Half(enum.Enum):
    X = 0.5


class Mixed(enum.Enum):
    A = 1
    B = "b"


class Empty(enum.Enum):
    pass


@dataclasses.dataclass
class WithInitVar:
    a: int
    seed: dataclasses.InitVar[int] = 0


@dataclasses.dataclass
class Forward:
    x: OnlyForTyping


@dataclasses.dataclass
class Deep:
    halves: list[dict[str, Half]]


class Plain:
    pass


@attrs.define
class HasPlain:
    inside: Plain


class IntWithAName(int):
    pass


class FirstDict(TypedDict):
    a: int


class SecondDict(TypedDict):
    b: int


class Model(pydantic.BaseModel):
    a: int


class StructWithConstraint(msgspec.Struct):
    a: Annotated[int, pydantic.Field(gt=0)]


@pydantic.dataclasses.dataclass
class Order:
    amount: int = pydantic.Field(gt=0)


class StructWithOrder(msgspec.Struct):
    order: Order


@pytest.mark.parametrize(
    ("tp", "message"),
    [
        (3, "3 is not a type"),
        (1.5, "1.5 is not a type"),
        ("int", "'int' is a string: pass the type itself"),
        (b"int", "is not a type"),
        ([int], "is not a type"),
        ({"a": int}, "is not a type"),
        (..., "Ellipsis is not a type"),
        (list["A"], "'A' is a string"),
        (A | B, "more than one dataclass"),
        (Optional[A | B], "more than one dataclass"),  # noqa: UP045  the old spelling
        (list[Union[A, B]], "more than one dataclass"),  # noqa: UP007  the old spelling
        (Struct | OtherStruct, "must be tagged"),
        (FirstDict | SecondDict, "more than one TypedDict"),
        (dict[str, int] | Struct, "more than one dict-like"),
        (datetime.datetime | str, "more than one str-like"),
        (list[int] | set[int], "more than one array-like"),
        (Half, "all str or all int"),
        (Mixed, "all str or all int"),
        (Empty, "at least one item"),
        (Deep, "all str or all int"),
        (Literal[0.5], "Literal may only contain"),
        (Literal[Half.X], "Literal may only contain"),
        (WithInitVar, "InitVar"),
        (Plain, "Plain is not a data class"),
        (HasPlain, "Plain is not a data class"),
        (list[Plain], "Plain is not a data class"),
        (Plain | None, "Plain is not a data class"),
        (IntWithAName, "IntWithAName is not a data class"),
        (dict[str, IntWithAName], "IntWithAName is not a data class"),
        (complex, "complex is not a data class"),
        (type, "type is not a data class"),
        (type[int], "type is not a data class"),
        (range, "range is not a data class"),
        (fractions.Fraction, "Fraction is not a data class"),
        (re.Pattern[str], "Pattern is not a data class"),
        (Exception, "Exception is not a data class"),
        (deque[int], "deque is not a data class"),
        (OrderedDict[str, int], "OrderedDict is not a data class"),
        (defaultdict[str, int], "defaultdict is not a data class"),
        (Counter[str], "Counter is not a data class"),
        (Iterable[int], "Iterable is not a data class"),
        (Callable[[int], int], "Callable is not a data class"),
        (msgspec.Raw, "Raw is not a data class"),
        (dict[bool, int], "bool cannot be the type of keys"),
        (dict[None, int], "None cannot be the type of keys"),
        (dict[tuple[int, int], int], "cannot be the type of keys"),
        (dict[A, int], "A cannot be the type of keys"),
        (dict[int | str, int], "cannot be the type of keys"),
        (Mapping[bool, int], "bool cannot be the type of keys"),
        (Annotated[datetime.datetime, msgspec.Meta(tz=False)], "a time without a time zone is never sent"),
        (StructWithConstraint, "has no effect without pydantic: use msgspec.Meta"),
        (StructWithOrder, "Order is a pydantic dataclass, which msgspec does not check"),
        (Annotated[Model | int, msgspec.Meta(ge=1)], "pydantic does not check"),
    ],
    ids=str,
)
def test_an_unsupported_type_is_rejected_at_definition(tp: Any, message: str) -> None:
    for define in (
        lambda: task("t", payload=tp),
        lambda: task("t", output=tp),
        lambda: InputStream("s", tp),
        lambda: OutputStream("s", tp),
    ):
        with pytest.raises(DefinitionError, match=re.escape(message)) as caught:
            define()
        assert isinstance(caught.value, ArgumentError)
        assert caught.value.__cause__ is None


def test_the_error_has_the_path_of_the_unsupported_type() -> None:
    with pytest.raises(
        DefinitionError, match=r'^task "t" payload: Half cannot be used for JSON: Enums must contain'
    ):
        task("t", payload=Half)
    with pytest.raises(
        DefinitionError, match=r'^task "t" output: list\[.*Plain\] cannot be used for JSON: Plain is no'
    ):
        task("t", output=list[Plain])
    with pytest.raises(DefinitionError, match=r'^input stream "s" data: 3 cannot be used for JSON'):
        InputStream("s", 3)  # type: ignore[call-overload]  # that is the point


Recursive = TypedDict("Recursive", {"kids": "list[Recursive]"})  # noqa: UP013  the old spelling


@dataclasses.dataclass
class Tree:
    kids: list[Tree]


class Pair(msgspec.Struct, Generic[T]):
    left: T
    right: T


UserId = NewType("UserId", int)


@pytest.mark.parametrize(
    ("tp", "value"),
    [
        (Cat | Dog, Dog()),
        (list[Cat | Dog | None], [Cat(), None]),
        (Tree, Tree([Tree([])])),
        (Recursive, {"kids": [{"kids": []}]}),
        (Pair[int], Pair(1, 2)),
        (Pair[Pair[str]], Pair(Pair("a", "b"), Pair("c", "d"))),
        (UserId, 4),
        (dict[UserId, Annotated[str, "a note"]], {4: "x"}),
        (Annotated[int, msgspec.Meta(ge=1)], 3),
        (Sequence[int], [1]),
        (Collection[int], [1]),
        (Mapping[str, int], {"a": 1}),
        (AbstractSet[int], {1}),
        (list, [1, "a"]),
        (dict, {"a": [1]}),
        (object, {"a": [1, None]}),
        (Any, {"a": [1, None]}),
        (None, None),
        (type(None), None),
        (int | float | bool | str | None, 0.5),
        (decimal.Decimal | int, decimal.Decimal("0.1")),
        (Literal["a", "b"], "a"),
        (Optional[Tree], None),  # noqa: UP045  the old spelling
    ],
    ids=str,
)
def test_supported_types_are_accepted(tp: Any, value: Any) -> None:
    stream = InputStream("s", tp)
    assert stream.decode(stream.encode(value)) == value


def test_msgspecs_constraints_are_checked() -> None:
    positive = task("t", payload=Annotated[int, msgspec.Meta(gt=0)])
    with pytest.raises(HelmrError, match="payload: expected int >= 1"):
        positive.encode_payload(0)


def test_constraints_of_annotated_types_are_checked_by_pydantic() -> None:
    positive = task("t", payload=Annotated[int, annotated_types.Gt(0)])
    assert positive.encode_payload(1) == 1
    for use in (positive.encode_payload, positive.decode_payload):
        with pytest.raises(HelmrError, match="payload: Input should be greater than 0"):
            use(0)


# --- undefined names ---------------------------------------------------------------------------------------


@dataclasses.dataclass
class Early:
    later: Later


early = task("early", payload=Early, output=list[Early])
early_stream = InputStream("early", Early)


@dataclasses.dataclass
class Later:
    number: int


class EarlyModel(pydantic.BaseModel):
    later: LaterModel


early_model = task("early-model", payload=EarlyModel)
early_models = OutputStream("early-models", list[EarlyModel | int])


class LaterModel(pydantic.BaseModel):
    number: int


def test_a_forward_reference_is_resolved() -> None:
    assert early.encode_payload(Early(Later(1))) == {"later": {"number": 1}}
    assert early.decode_output([{"later": {"number": 1}}]) == [Early(Later(1))]
    assert early_stream.decode({"later": {"number": 1}}) == Early(Later(1))
    made = early_model.decode_payload({"later": {"number": 1}})
    assert early_model.encode_payload(made) == {"later": {"number": 1}}
    assert early_models.decode([{"later": {"number": 1}}, 3]) == [made, 3]


def test_an_undefined_name_is_rejected_at_first_use() -> None:
    definition = task("t", payload=Forward, output=Forward)
    for use in (
        lambda: definition.encode_payload(Forward(decimal.Decimal(1))),
        lambda: definition.decode_payload({"x": "1"}),
        lambda: definition.decode_output({"x": "1"}),
        lambda: InputStream("s", Forward).encode(Forward(decimal.Decimal(1))),
    ):
        with pytest.raises(
            DefinitionError, match=r"name 'OnlyForTyping' is not defined\. Import types at run time"
        ):
            use()


def test_a_recursive_local_class_is_rejected_at_first_use() -> None:
    @dataclasses.dataclass
    class Node:
        kids: list[Node]

    class NodeModel(pydantic.BaseModel):
        kids: list[Unknown]  # type: ignore[name-defined]  # noqa: F821  that is the point

    for local in (Node, NodeModel):
        definition = task("t", payload=local)
        with pytest.raises(DefinitionError, match="at the top of a module"):
            definition.encode_payload({"kids": []})


# --- imports -----------------------------------------------------------------------------------------------


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[3]
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_pydantic_is_imported_only_for_pydantic_types() -> None:
    code = """
import dataclasses, sys
from helmr_ergonomic import task
@dataclasses.dataclass
class A:
    a: int
t = task("t", payload=A | None, output=dict[str, list[A]])
t.encode_payload(A(1)), t.decode_output({"a": []})
print("msgspec" in sys.modules, "pydantic" in sys.modules)
"""
    assert run(code) == "True False"


def test_without_pydantic_its_constraints_are_rejected() -> None:
    code = """
import sys
from typing import Annotated
import annotated_types
sys.modules["pydantic"] = None
from helmr_ergonomic import task
try:
    task("t", payload=Annotated[int, annotated_types.Gt(0)])
except ValueError as exc:
    print(type(exc).__name__, exc)
"""
    assert run(code).startswith('DefinitionError task "t" payload: ')
    assert "it needs pydantic 2, which is not installed" in run(code)
