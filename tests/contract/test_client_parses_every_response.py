"""The generated client parses every documented response and serializes it back without loss."""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import Any

import httpx
import pytest

import helmr_api.api
import helmr_api.models
from helmr_api.models import ErrorEnvelope
from helmr_api.types import File
from helmr_contract.document import Operation
from tests.contract.bodies import (
    CHANGES,
    FEW,
    JSON,
    MANY,
    UNKNOWN,
    changed,
    difference,
    document,
    response,
    responses,
    samples,
    with_unknown_enum_values,
    with_unknown_members,
)

pytestmark = pytest.mark.xdist_group("response-samples")  # one worker draws the samples

RESPONSES = [(operation, status, schema) for operation, status, schema in responses()]


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


ENDPOINTS: dict[str, str] = {
    module.name.rpartition(".")[2]: module.name
    for package in pkgutil.iter_modules(helmr_api.api.__path__, "helmr_api.api.")
    for module in pkgutil.iter_modules(importlib.import_module(package.name).__path__, f"{package.name}.")
}


def endpoint(operation: Operation) -> Any:
    return importlib.import_module(ENDPOINTS[snake(operation.id)])


def body_of(operation: Operation) -> Any:
    """Return the example of a request body as the endpoint's model, with its fields checked."""
    (content,) = (operation.request_body or {})["content"].values()
    example = document().resolve(next(iter(content["examples"].values())))["value"]
    model = getattr(helmr_api.models, endpoint(operation).request.__annotations__["body"], None)
    if model is None:  # bytes, or any JSON value
        return example
    made = model.from_dict(example)
    for name, kind in type(made).__annotations__.items():
        if kind is File:
            setattr(made, name, File(b"content"))
    return made


def made_request(operation: Operation) -> Any:
    """Build a request with the required arguments of the operation."""
    needed = [one for one in operation.parameters if one.get("required")]
    arguments: dict[str, Any] = {one["name"]: "x" for one in needed}
    if operation.request_body is not None and operation.request_body.get("required"):
        arguments["body"] = body_of(operation)
    return endpoint(operation).request(**arguments)


def is_error(status: str, response: Any) -> bool:
    """True for an error response: one with the error envelope or without a body."""
    content = response.get("content", {}).get(JSON, {})
    return "ErrorEnvelope" in str(content.get("schema")) or (status >= "400" and not content)


def read(request: Any, status: str, body: Any) -> Any:
    """Return the result, or the error envelope, that the client parses from a response."""
    if int(status) in request.statuses:
        return request.read(response(status, body))
    return ErrorEnvelope.from_dict(response(status, body).json())


def test_every_operation_has_an_endpoint() -> None:
    assert {snake(operation) for operation in document().operations} == set(ENDPOINTS)


@pytest.mark.parametrize(
    ("operation", "status", "schema"),
    RESPONSES,
    ids=[f"{operation.id}-{status}" for operation, status, _ in RESPONSES],
)
def test_a_response_survives_a_round_trip(operation: Operation, status: str, schema: Any) -> None:
    request = made_request(operation)
    content = operation.responses[status].get("content", {})
    if content and schema is None and int(status) in request.statuses:
        sent = b"\x00\xff\r\n bytes"
        read_back = request.read(httpx.Response(int(status), content=sent))
        assert read_back == (sent if "application/octet-stream" in content else sent.decode())
        return
    if schema is None:
        assert request.read(httpx.Response(int(status))) is None
        return

    for body in samples(schema, FEW if status >= "300" else MANY, f"{operation.id} {status}"):
        for change in CHANGES:
            sent = changed(change, schema, body)
            lost = difference(sent, read(request, status, sent).to_dict())
            assert lost is None, lost


@pytest.mark.parametrize("name", ["RunEvent", "RunLogChunk"])
def test_an_event_stream_frame_survives_a_round_trip(name: str) -> None:
    model = getattr(importlib.import_module(f"helmr_api.models.{snake(name)}"), name)
    schema = {"$ref": f"#/components/schemas/{name}"}

    for body in samples(schema, MANY * 2, name):
        for change in CHANGES:
            sent = changed(change, schema, body)
            lost = difference(sent, model.from_dict(sent).to_dict())
            assert lost is None, lost


@pytest.mark.parametrize("operation", document().operations.values(), ids=lambda operation: operation.id)
def test_the_documents_examples_survive_a_round_trip(operation: Operation) -> None:
    for status, documented in operation.responses.items():
        for name, example in documented.get("content", {}).get(JSON, {}).get("examples", {}).items():
            value = document().resolve(example)["value"]
            parsed = read(made_request(operation), status, value)
            assert difference(value, parsed.to_dict()) is None, f"{status} {name}"


def test_the_client_parses_a_result_for_every_successful_status() -> None:
    for operation in document().operations.values():
        results = {
            int(status) for status, response in operation.responses.items() if not is_error(status, response)
        }
        assert set(made_request(operation).statuses) == results


# The generator itself --------------------------------------------------------------------------------------


def test_unknown_fields_and_enum_values_are_really_sent() -> None:
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
def test_a_loss_is_detected(sent: Any, given_back: Any) -> None:
    assert difference(sent, given_back) is not None


def test_another_notation_of_the_same_time_is_not_a_loss() -> None:
    assert difference("2026-06-06T01:00:00.5+01:00", "2026-06-06T00:00:00.500000Z") is None
