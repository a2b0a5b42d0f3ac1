"""Paths to operations."""

from __future__ import annotations

import pytest

from helmr_local.document import Route
from helmr_local.http.routing import Router, RoutingError

ROUTES = [
    Route("POST", "/api/sessions", "start"),
    Route("POST", "/api/sessions/start-and-wait", "wait"),
    Route("GET", "/api/sessions/{session_id}", "get"),
    Route("PATCH", "/api/sessions/{session_id}", "patch"),
    Route("POST", "/api/sessions/{session_id}/close", "close"),
    Route("GET", "/api/sessions/by-external-id", "get-by-external-id"),
    Route("GET", "/api/sessions/{session_id}/outputs/{stream}/read", "read"),
]
ROUTER = Router(ROUTES)


@pytest.mark.parametrize(
    ("method", "path", "operation", "parameters"),
    [
        ("POST", "/api/sessions", "start", {}),
        ("POST", "/api/sessions/start-and-wait", "wait", {}),
        ("GET", "/api/sessions/start-and-wait", "get", {"session_id": "start-and-wait"}),
        ("GET", "/api/sessions/by-external-id", "get-by-external-id", {}),
        ("PATCH", "/api/sessions/by-external-id", "patch", {"session_id": "by-external-id"}),
        ("POST", "/api/sessions/by-external-id/close", "close", {"session_id": "by-external-id"}),
        ("POST", "/api/sessions//close", "close", {"session_id": ""}),
        ("GET", "/api/sessions/a b/outputs/%2F/read", "read", {"session_id": "a b", "stream": "%2F"}),
    ],
)
def test_a_path_is_routed_to_its_operation(
    method: str, path: str, operation: str, parameters: dict[str, str]
) -> None:
    found = ROUTER.find(method, path)
    assert isinstance(found, tuple)
    assert (found[0].operation_id, found[1]) == (operation, parameters)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/api/",
        "/api/sessions/",
        "/api//sessions",
        "/API/sessions",
        "/api/sessions/x/y",
        "//api/sessions",
    ],
)
def test_other_paths_have_no_route(path: str) -> None:
    assert ROUTER.find("GET", path) is None


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/sessions", {"POST"}),
        ("HEAD", "/api/sessions/x", {"GET", "PATCH"}),
        ("DELETE", "/api/sessions/start-and-wait", {"POST", "GET", "PATCH"}),
        ("DELETE", "/api/sessions/by-external-id", {"GET", "PATCH"}),
    ],
)
def test_an_unsupported_method_gets_the_list_of_allowed_ones(
    method: str, path: str, allowed: set[str]
) -> None:
    found = ROUTER.find(method, path)
    assert isinstance(found, list)
    assert (set(found), len(found)) == (allowed, len(allowed))


def test_document_and_handlers_must_agree() -> None:
    with pytest.raises(RoutingError, match=r"without a handler \['start'\].*without an operation \['more'\]"):
        Router(ROUTES[:1]).check({"more"})
    Router(ROUTES[:2]).check({"start", "wait"})
