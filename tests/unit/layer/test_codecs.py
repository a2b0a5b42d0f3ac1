"""Payload and output types: the values they accept, their encoding, and their errors."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import attrs
import msgspec
import pydantic
import pytest

from helmr_ergonomic import InputStream, OutputStream, task
from helmr_ergonomic._tasks import MISSING
from helmr_ergonomic.codecs import json_bytes
from helmr_ergonomic.errors import DefinitionError, Issue, OutputValidationError, PayloadValidationError


class StructReview(msgspec.Struct, rename="camel"):
    owner: str
    pr_number: int
    labels: list[str] = []
    weights: dict[str, dict[str, int]] = {}


@dataclasses.dataclass
class DataReview:
    owner: str
    pr_number: int


@attrs.define
class AttrsReview:
    owner: str
    pr_number: int


class DictReview(TypedDict):
    owner: str
    pr_number: int


class TupleReview(NamedTuple):
    owner: str
    pr_number: int


class ModelReview(pydantic.BaseModel):
    owner: str
    pr_number: int = pydantic.Field(alias="prNumber")


class Colour(enum.Enum):
    RED = "red"


CASES: list[tuple[Any, Any, Any]] = [
    (StructReview, StructReview("me", 4), {"owner": "me", "prNumber": 4, "labels": [], "weights": {}}),
    (DataReview, DataReview("me", 4), {"owner": "me", "pr_number": 4}),
    (AttrsReview, AttrsReview("me", 4), {"owner": "me", "pr_number": 4}),
    (DictReview, {"owner": "me", "pr_number": 4}, {"owner": "me", "pr_number": 4}),
    (TupleReview, TupleReview("me", 4), ["me", 4]),
    (ModelReview, ModelReview(owner="me", prNumber=4), {"owner": "me", "prNumber": 4}),
    (dict[str, int], {"a": 1}, {"a": 1}),
    (list[DataReview], [DataReview("me", 4)], [{"owner": "me", "pr_number": 4}]),
    (int, 4, 4),
    (float, 4, 4),
    (str, "text", "text"),
    (bool, False, False),
    (Colour, Colour.RED, "red"),
    (datetime.date, datetime.date(2026, 6, 6), "2026-06-06"),
    (Literal["a", "b"], "b", "b"),
    (Annotated[int, msgspec.Meta(ge=1)], 3, 3),
]


@pytest.mark.parametrize(("tp", "value", "raw"), CASES, ids=lambda case: str(case)[:30])
def test_values_round_trip_through_json(tp: Any, value: Any, raw: Any) -> None:
    definition = task("t", payload=tp, output=tp)
    assert definition.encode_payload(value) == raw
    assert definition.decode_payload(raw) == value
    assert definition.encode_output(value) == raw
    assert definition.decode_output(raw) == value
    assert InputStream("s", tp).encode(value) == raw
    assert OutputStream("s", tp).decode(raw) == value


def issues(definition: Any, raw: Any) -> list[str]:
    with pytest.raises(PayloadValidationError) as caught:
        definition.decode_payload(raw)
    return [str(issue) for issue in caught.value.issues]


@pytest.mark.parametrize(
    ("tp", "raw", "expected"),
    [
        (StructReview, {"owner": "me", "prNumber": "4"}, "payload.prNumber: expected int, got str"),
        (StructReview, {"owner": "me", "prNumber": 4.5}, "payload.prNumber: expected int, got float"),
        (StructReview, {"owner": "me", "prNumber": None}, "payload.prNumber: expected int, got null"),
        (StructReview, {"owner": "me"}, "payload.prNumber: required field is missing"),
        (StructReview, 7, "payload: expected object, got int"),
        (
            StructReview,
            {"owner": "m", "prNumber": 1, "labels": ["a", 2]},
            "payload.labels[1]: expected str, got int",
        ),
        (
            StructReview,
            {"owner": "m", "prNumber": 1, "weights": {"a.b": {"x": 1, "y[0]": "2"}}},
            'payload.weights["a.b"]["y[0]"]: expected int, got str',
        ),
        (DataReview, {"owner": "me", "pr_number": "4"}, "payload.pr_number: expected int, got str"),
        (AttrsReview, {"owner": 1, "pr_number": 4}, "payload.owner: expected str, got int"),
        (DictReview, {"owner": "me", "pr_number": "4"}, "payload.pr_number: expected int, got str"),
        (dict[str, int], {"a": 1, "b": "2"}, "payload.b: expected int, got str"),
        (dict[int, int], {"x": 1}, "payload: in a key: expected int, got str"),
        (list[int], [1, "2"], "payload[1]: expected int, got str"),
        (set[int], [1, "2"], "payload[1]: expected int, got str"),
        (int, "4", "payload: expected int, got str"),
        (ModelReview, {"prNumber": 4, "owner": 3}, "payload.owner: expected string, got int"),
        (ModelReview, {"owner": "me"}, "payload.prNumber: required field is missing"),
    ],
)
def test_validation_errors_have_paths(tp: Any, raw: Any, expected: str) -> None:
    assert issues(task("t", payload=tp), raw) == [expected]


def test_pydantic_reports_every_issue() -> None:
    found = issues(task("t", payload=ModelReview), {"owner": 1})
    assert found == [
        "payload.owner: expected string, got int",
        "payload.prNumber: required field is missing",
    ]


def test_the_label_names_the_task_or_stream() -> None:
    with pytest.raises(
        PayloadValidationError, match=r'^task "t" payload failed validation: payload: expected int'
    ):
        task("t", payload=int).decode_payload("x")
    with pytest.raises(
        OutputValidationError, match=r'^task "t" output failed validation: output: expected int'
    ):
        task("t", output=int).decode_output("x")
    with pytest.raises(
        PayloadValidationError, match=r'^input stream "s" data failed validation: data: expected'
    ):
        InputStream("s", int).encode("x")  # type: ignore[arg-type]  # that is the point
    with pytest.raises(
        OutputValidationError, match=r'^output stream "s" data failed validation: data: expected'
    ):
        OutputStream("s", int).decode("x")


def test_an_invalid_instance_is_not_sent() -> None:
    wrong = StructReview("me", "4")  # type: ignore[arg-type]  # that is the point: structs check nothing when made
    with pytest.raises(PayloadValidationError, match=r"payload\.prNumber: expected int, got str"):
        task("t", payload=StructReview).encode_payload(wrong)


def positive(value: Any) -> int:
    if not isinstance(value, int):
        raise ValueError("must be a whole number")
    return value


def test_a_function_can_be_a_validator() -> None:
    definition = task("t", payload=positive)
    assert definition.decode_payload(3) == 3
    assert definition.encode_payload(3) == 3
    assert issues(definition, "x") == ["payload: must be a whole number"]


def test_a_validator_function_may_report_several_issues() -> None:
    def picky(value: Any) -> int:
        raise PayloadValidationError("x", [Issue(("a",), "no"), Issue(("b",), "no")])

    assert issues(task("t", payload=picky), {}) == ["payload.a: no", "payload.b: no"]


class Result:
    def __init__(self, value: Any = None, issues: Any = None) -> None:
        self.value = value
        self.issues = issues


class Schema:
    """A validator with the interface of Standard Schema."""

    def validate(self, value: Any, /) -> Any:
        if value == "mapping":
            return {"issues": [{"message": "no", "path": [{"key": "a"}, 0]}]}
        if value == "object":
            return Result(issues=[Issue(("b",), "no")])
        return Result(value=value)


def test_a_standard_schema_can_be_a_validator() -> None:
    definition = task("t", payload=Schema())
    assert definition.decode_payload({"a": 1}) == {"a": 1}
    assert issues(definition, "mapping") == ["payload.a[0]: no"]
    assert issues(definition, "object") == ["payload.b: no"]


def test_an_unsupported_class_is_rejected_at_first_use() -> None:
    class Plain:
        pass

    with pytest.raises(DefinitionError, match="cannot be used for JSON"):
        task("t", payload=Plain).decode_payload({})


def test_an_attrs_class_whose_field_has_no_annotation_is_rejected() -> None:
    @attrs.define(these={"size": attrs.field()})
    class Untyped:
        pass

    with pytest.raises(DefinitionError, match="the field 'size' of an attrs class has no annotation"):
        task("t", payload=list[Untyped])


def test_nested_models_become_plain_json() -> None:
    assert task("t", payload=dict[str, Any]).encode_payload({"m": ModelReview(owner="a", prNumber=1)}) == {
        "m": {"owner": "a", "prNumber": 1}
    }


@pytest.mark.parametrize("value", [object(), {"a": object()}, {"a": lambda: 1}])
def test_a_value_that_json_cannot_express_is_a_validation_error(value: Any) -> None:
    with pytest.raises(PayloadValidationError, match="cannot be sent as JSON"):
        task("t", payload=dict[str, Any]).encode_payload(value)


def test_a_payload_is_parsed_from_a_string_bytes_or_a_value() -> None:
    definition = task("t", payload=StructReview)
    review = StructReview("me", 4)
    assert definition.parse_payload('{"owner": "me", "prNumber": 4}') == review
    assert definition.parse_payload(b'{"owner": "me", "prNumber": 4}') == review
    assert definition.parse_payload({"owner": "me", "prNumber": 4}) == review
    with pytest.raises(PayloadValidationError, match="not JSON"):
        definition.parse_payload("{")
    with pytest.raises(PayloadValidationError, match="not JSON"):
        definition.parse_payload(b"\xff")


def test_a_payload_is_required_if_and_only_if_the_task_defines_one() -> None:
    without, with_one = task("t"), task("t", payload=int)
    assert without.encode_payload(MISSING) is MISSING
    assert without.encode_payload(None) is MISSING
    with pytest.raises(PayloadValidationError, match=r'task "t" does not accept payload'):
        without.encode_payload({})
    with pytest.raises(PayloadValidationError, match=r'task "t" requires payload'):
        with_one.encode_payload(MISSING)
    assert without.decode_payload({}) is None
    with pytest.raises(PayloadValidationError):
        without.decode_payload({"a": 1})


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"task_id": "x", "payload": {"a": [1.0, float("nan")]}}, "payload.a[1]"),
        ({"data": float("inf")}, "data"),
        ({"metadata": {"odd key": "\ud800"}}, 'metadata["odd key"]'),
    ],
)
def test_a_value_that_json_cannot_express_is_reported_with_its_path(body: Any, where: str) -> None:
    with pytest.raises(PayloadValidationError) as refused:
        json_bytes(body, label="request body")
    assert [issue.where for issue in refused.value.issues] == [where]


class Point(pydantic.BaseModel):
    x: int
    pixel_size: int = pydantic.Field(1, alias="pixelSize")


@pytest.mark.parametrize(
    ("kind", "value", "raw"),
    [
        (list[Point], [Point(x=1, pixelSize=4)], [{"x": 1, "pixelSize": 4}]),
        (dict[str, Point], {"a": Point(x=1)}, {"a": {"x": 1, "pixelSize": 1}}),  # type: ignore[call-arg]
        (dict[int, str], {1: "one"}, {"1": "one"}),
        (object, [1, "a", None], [1, "a", None]),
        (dict[str, object], {"a": [1]}, {"a": [1]}),
    ],
)
def test_builtin_types_may_contain_models_and_integer_keys(kind: Any, value: Any, raw: Any) -> None:
    shapes = task("shapes", payload=kind)
    assert shapes.encode_payload(value) == raw
    assert shapes.decode_payload(raw) == value


def test_errors_of_models_inside_builtin_types_have_paths() -> None:
    with pytest.raises(PayloadValidationError, match=r"payload\[1\]\.x: "):
        task("shapes", payload=list[Point]).parse_payload([{"x": 1}, {"x": "far"}])
    with pytest.raises(PayloadValidationError, match=r"payload\.b\.x: "):
        task("shapes", payload=dict[str, Point]).parse_payload({"a": {"x": 1}, "b": {"x": "far"}})


def test_a_class_whose_instances_validate_is_not_a_validator() -> None:
    class Schema:
        def validate(self, value: Any) -> Any: ...

    with pytest.raises(DefinitionError, match="Schema cannot be used for JSON"):
        task("t", payload=Schema).encode_payload(1)  # the mistake itself
