"""Whatever the document lets a server return, the generated client reads, and writes back without loss."""

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
    """The example of a request body, as the model that the endpoint takes: its fields are checked."""
    (content,) = (operation.request_body or {})["content"].values()
    example = document().resolve(next(iter(content["examples"].values())))["value"]
    model = getattr(helmr_api.models, endpoint(operation).request.__annotations__["body"], None)
    if model is None:  # bytes, or any JSON value
        return example
    made = model.from_dict(example)
    for name, kind in type(made).__annotations__.items():
        if kind == "File":
            setattr(made, name, File(b"content"))
    return made


def made_request(operation: Operation) -> Any:
    """A request of the operation, with what it demands."""
    needed = [one for one in operation.parameters if one.get("required")]
    arguments: dict[str, Any] = {one["name"]: "x" for one in needed}
    if operation.request_body is not None and operation.request_body.get("required"):
        arguments["body"] = body_of(operation)
    return endpoint(operation).request(**arguments)


def is_error(status: str, response: Any) -> bool:
    """Whether a response is an error: it has the envelope, or no body."""
    content = response.get("content", {}).get(JSON, {})
    return "ErrorEnvelope" in str(content.get("schema")) or (status >= "400" and not content)


def read(request: Any, status: str, body: Any) -> Any:
    """What the client reads from a response: its result, or the envelope of its error."""
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
def test_a_response_is_parsed_and_written_back_without_loss(
    operation: Operation, status: str, schema: Any
) -> None:
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
def test_a_frame_of_an_event_stream_is_parsed_and_written_back_without_loss(name: str) -> None:
    model = getattr(importlib.import_module(f"helmr_api.models.{snake(name)}"), name)
    schema = {"$ref": f"#/components/schemas/{name}"}

    for body in samples(schema, MANY * 2, name):
        for change in CHANGES:
            sent = changed(change, schema, body)
            lost = difference(sent, model.from_dict(sent).to_dict())
            assert lost is None, lost


@pytest.mark.parametrize("operation", document().operations.values(), ids=lambda operation: operation.id)
def test_the_documents_examples_are_parsed_and_written_back_without_loss(operation: Operation) -> None:
    for status, documented in operation.responses.items():
        for name, example in documented.get("content", {}).get(JSON, {}).get("examples", {}).items():
            value = document().resolve(example)["value"]
            parsed = read(made_request(operation), status, value)
            assert difference(value, parsed.to_dict()) is None, f"{status} {name}"


def test_the_statuses_with_a_result_are_those_without_an_error() -> None:
    for operation in document().operations.values():
        results = {
            int(status) for status, response in operation.responses.items() if not is_error(status, response)
        }
        assert set(made_request(operation).statuses) == results


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
