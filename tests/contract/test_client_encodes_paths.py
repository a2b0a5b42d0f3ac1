"""Every operation of the committed client encodes a path parameter as one segment, whatever it contains."""

from __future__ import annotations

import importlib
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from helmr_contract.document import Operation
from tests.contract.bodies import document
from tests.contract.test_client_parses_every_response import body_of, endpoint

HOSTILE = ["a/b", "..", ".", "a b", "50%", "%2F", "?a=b", "#a", "a;b", "Ünïcode", "a\\b", "a+b"]
WITH_PATH_PARTS = [operation for operation in document().operations.values() if "{" in operation.path]


def _arguments(operation: Operation, part: str) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for parameter in operation.parameters:
        if parameter["in"] == "path":
            arguments[parameter["name"]] = part
        elif parameter.get("required"):
            arguments[parameter["name"]] = "x"
    if operation.request_body is not None and operation.request_body.get("required"):
        arguments["body"] = body_of(operation)
    return arguments


@pytest.mark.parametrize("operation", WITH_PATH_PARTS, ids=lambda operation: operation.id)
def test_a_path_parameter_stays_one_segment(operation: Operation) -> None:
    for part in HOSTILE:
        request = endpoint(operation).request(**_arguments(operation, part))
        sent = httpx.Request(request.method, "http://127.0.0.1" + request.path).url.raw_path.decode()
        template = operation.path.split("/")
        segments = sent.partition("?")[0].split("/")
        assert len(segments) == len(template), (part, sent)
        for expected, segment in zip(template, segments, strict=True):
            assert unquote(segment) == (part if expected.startswith("{") else expected), (part, sent)


def test_an_empty_path_parameter_is_rejected() -> None:
    get_run = importlib.import_module("helmr_api.api.runs.get_run")
    with pytest.raises(ValueError, match="must not be empty"):
        get_run.request("")
