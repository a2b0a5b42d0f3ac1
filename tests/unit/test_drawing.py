"""The values that tests draw from schemas are allowed, varied, and the same in every run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drawing import Drawing
from tests.unit.scripts import ROOT, script

SCHEMAS: dict[str, Any] = script("openapi_document").load(ROOT / "openapi.yaml")["components"]["schemas"]
COUNT = 60
NAMES = ("Run", "Session", "RunEvent", "Deployment", "WorkspaceEnvelope", "ErrorEnvelope", "RunLogChunk")


def drawn(name: str) -> list[Any]:
    return Drawing(SCHEMAS, name).values({"$ref": f"#/components/schemas/{name}"}, COUNT)


def test_the_same_values_are_drawn_in_every_run() -> None:
    assert drawn("Run") == drawn("Run")


@pytest.mark.parametrize("name", NAMES)
def test_each_field_and_each_enum_value_is_drawn_and_each_optional_field_is_left_out(name: str) -> None:
    values = drawn(name)
    schema = SCHEMAS[name]
    for field, described in schema.get("properties", {}).items():
        found = [value[field] for value in values if field in value]
        assert found, field
        assert (len(found) == COUNT) is (field in schema.get("required", ())), field
        while "$ref" in described:
            described = SCHEMAS[described["$ref"].rpartition("/")[2]]
        assert {*described.get("enum", ())} <= {one for one in found if isinstance(one, str)}, field
    assert any(value.keys() - schema.get("properties", {}).keys() for value in values)


def test_each_condition_of_a_schema_is_met() -> None:
    kinds = {value["kind"] for value in drawn("RunEvent")}
    assert {"run.created", "run.failed", "run.completed", "run.expired", "run.retry_scheduled"} <= kinds


def test_a_schema_whose_values_are_not_found_is_an_error() -> None:
    with pytest.raises(AssertionError, match="drew no value"):
        Drawing({}, "x").values({"not": {}}, 1)
    with pytest.raises(AssertionError, match="drew no string"):
        Drawing({}, "x").values({"type": "string", "pattern": "^abc$"}, 1)
