"""Each event class has the attributes that the document declares for its kind."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from helmr_api.formats import parse_datetime
from helmr_ergonomic import RunEvent, RunFailed
from helmr_ergonomic.events import CLASSES
from tests.unit.scripts import script

from . import responses

DOCUMENT = script("openapi_document").load(Path(__file__).resolve().parents[3] / "openapi.yaml")
SCHEMAS = DOCUMENT["components"]["schemas"]
BY_HAND = {("RunFailed", "reason"), ("RunFailed", "message"), ("RunExpired", "message")}


WITH_ATTRIBUTES = [kind for kind, found in CLASSES.items() if f"{found.__name__}Attributes" in SCHEMAS]


def event(kind: str, attributes: dict[str, Any]) -> RunEvent:
    return CLASSES[kind].from_dict(responses.event(1, kind, attributes))


@pytest.mark.parametrize("kind", WITH_ATTRIBUTES)
def test_each_attribute_of_a_kind_is_a_property(kind: str) -> None:
    name = CLASSES[kind].__name__
    schema = SCHEMAS[f"{name}Attributes"]
    for example in schema["examples"]:
        found = event(kind, example)
        for field in schema["properties"]:
            if (name, field) in BY_HAND:
                continue
            value = getattr(found, field)
            if field not in example or example[field] is None:
                assert value in (None, {})
            elif isinstance(value, datetime):
                assert value == parse_datetime(example[field])
            else:
                assert value == example[field]


@pytest.mark.parametrize("kind", CLASSES)
def test_properties_of_redacted_attributes_are_empty(kind: str) -> None:
    found = event(kind, {"redacted": True})
    own = [name for name, value in vars(type(found)).items() if isinstance(value, property)]
    assert {name: getattr(found, name) for name in own if getattr(found, name) not in (None, {})} == {}


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"failure_kind": "task_failed", "detail": {"exit_code": 3}}, "the task exited with code 3"),
        ({"failure_kind": "worker_failed", "detail": {"message": "no disk"}}, "no disk"),
        ({"origin": "workspace_mount", "message": "no mount"}, "no mount"),
        ({"failure_kind": "task_not_found"}, "task_not_found"),
        ({}, "no reason is recorded"),
    ],
)
def test_a_failure_has_a_reason_wherever_the_server_reports_it(
    attributes: dict[str, Any], reason: str
) -> None:
    found = event("run.failed", attributes)
    assert isinstance(found, RunFailed)
    assert found.reason == reason
