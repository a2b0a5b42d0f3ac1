"""Whatever the document lets a server answer, the generated client reads, and writes back without loss."""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import Any

import helmr_api.api
import httpx
import pytest
from bodies import (
    CHANGES,
    FEW,
    JSON,
    MANY,
    UNKNOWN,
    answer,
    answers,
    bodies,
    changed,
    difference,
    document,
    examples,
    with_unknown_enum_values,
    with_unknown_members,
)
from hypothesis import given
from hypothesis import strategies as st

from helmr_contract.document import Operation

ANSWERS = [(operation, status, schema) for operation, status, schema in answers()]


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


ENDPOINTS: dict[str, str] = {
    module.name.rpartition(".")[2]: module.name
    for package in pkgutil.iter_modules(helmr_api.api.__path__, "helmr_api.api.")
    for module in pkgutil.iter_modules(importlib.import_module(package.name).__path__, f"{package.name}.")
}


def endpoint(operation: Operation) -> Any:
    return importlib.import_module(ENDPOINTS[snake(operation.id)])


def test_every_operation_has_an_endpoint() -> None:
    assert {snake(operation) for operation in document().operations} == set(ENDPOINTS)


@pytest.mark.parametrize(
    ("operation", "status", "schema"),
    ANSWERS,
    ids=[f"{operation.id}-{status}" for operation, status, _ in ANSWERS],
)
def test_an_answer_is_parsed_and_written_back_without_loss(
    operation: Operation, status: str, schema: Any
) -> None:
    parse = endpoint(operation).parse_response
    if schema is None:
        assert parse(httpx.Response(int(status))) is None
        return

    @examples(FEW if status >= "300" else MANY)
    @given(bodies(schema), st.sampled_from(CHANGES))
    def check(body: Any, change: str) -> None:
        body = changed(change, schema, body)
        parsed = parse(answer(status, body))
        assert parsed is not None
        lost = difference(body, parsed.to_dict())
        assert lost is None, lost

    check()


@pytest.mark.parametrize("name", ["RunEvent", "RunLogChunk"])
def test_a_frame_of_an_event_stream_is_parsed_and_written_back_without_loss(name: str) -> None:
    model = getattr(importlib.import_module(f"helmr_api.models.{snake(name)}"), name)
    schema = {"$ref": f"#/components/schemas/{name}"}

    @examples(MANY * 2)
    @given(bodies(schema))
    def check(body: Any) -> None:
        for change in CHANGES:
            sent = changed(change, schema, body)
            lost = difference(sent, model.from_dict(sent).to_dict())
            assert lost is None, lost

    check()


@pytest.mark.parametrize("operation", document().operations.values(), ids=lambda operation: operation.id)
def test_the_documents_examples_are_parsed_and_written_back_without_loss(operation: Operation) -> None:
    for status, response in operation.responses.items():
        for name, example in response.get("content", {}).get(JSON, {}).get("examples", {}).items():
            value = document().resolve(example)["value"]
            parsed = endpoint(operation).parse_response(answer(status, value))
            assert difference(value, parsed.to_dict()) is None, f"{status} {name}"


def test_an_undocumented_status_is_no_answer_of_the_document() -> None:
    for operation in document().operations.values():
        assert endpoint(operation).parse_response(httpx.Response(418, json={})) is None


# The generator of these tests is itself tested: each change must reach the client --------------------------


def test_unknown_members_and_enum_values_are_really_sent() -> None:
    schema = {"$ref": "#/components/schemas/RunList"}
    run = {"id": "x", "status": "queued", "metadata": {}}
    changed = with_unknown_members(schema, {"runs": [run]})
    assert "member_of_a_newer_server" in changed
    assert "member_of_a_newer_server" in changed["runs"][0]
    assert with_unknown_enum_values(schema, {"runs": [run]})["runs"][0]["status"] == UNKNOWN


@pytest.mark.parametrize(
    ("sent", "given_back"),
    [
        ({"a": 1}, {}),
        ({}, {"a": None}),
        ({"a": None}, {}),
        ([1, 2], [1]),
        ("2026-06-06T00:00:00.123456789Z", "2026-06-06T00:00:00.123456Z"),
        ("2026-06-06T00:00:00Z", "2026-06-06T00:00:00+01:00"),
        (True, 1),
        ("queued", "running"),
    ],
)
def test_a_loss_is_seen(sent: Any, given_back: Any) -> None:
    assert difference(sent, given_back) is not None


def test_another_spelling_of_one_moment_is_no_loss() -> None:
    assert difference("2026-06-06T01:00:00.5+01:00", "2026-06-06T00:00:00.500000Z") is None
