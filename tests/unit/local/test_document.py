"""The routes, permissions and query limits that the server derives from a document."""

from __future__ import annotations

from typing import Any

import pytest

from helmr_api.document import load
from helmr_local.document import Permission, Route, all_scopes, enumeration, routes
from helmr_local.errors import ApiError
from helmr_local.http.bodies import RequestBodies
from helmr_local.http.request import Request
from helmr_local.keys import ApiKey

LIMIT = {"name": "limit", "in": "query", "schema": {"$ref": "#/components/schemas/Limit"}}
DOCUMENT: dict[str, Any] = {
    "security": [{"apiKey": []}],
    "components": {
        "securitySchemes": {
            "apiKey": {"x-permissions": {"things.read": "things:read", "things.write": "things:write"}}
        },
        "schemas": {"Limit": {"type": "integer", "minimum": 1, "maximum": 20, "default": 10}},
        "parameters": {"Limit": LIMIT},
    },
    "paths": {
        "/things": {
            "parameters": [{"$ref": "#/components/parameters/Limit"}],
            "get": {"operationId": "listThings", "x-permissions": ["things.read"]},
            "post": {
                "operationId": "createThing",
                "x-permissions": [
                    "things.write",
                    {"permission": "things.read", "when": {"scope.type": "read"}},
                ],
            },
        },
        "/things/{id}/use": {
            "post": {"operationId": "useThing", "security": [{"publicAccessToken": []}]},
            "options": {"operationId": "preflightUseThing", "security": []},
        },
        "/health": {"get": {"operationId": "getHealth", "security": []}},
    },
}
ROUTES = {route.operation_id: route for route in routes(DOCUMENT)}


def request(operation_id: str, *scopes: str, query: bytes = b"") -> Request:
    key = ApiKey("k", "e", "p", frozenset(scopes), None)
    scope = {"query_string": query}
    return Request(ROUTES[operation_id], {}, {}, scope, receive, RequestBodies(DOCUMENT), 100, key=key)


async def receive() -> Any:
    raise AssertionError("this test reads no body")


def test_the_security_of_an_operation_decides_whether_it_needs_an_api_key() -> None:
    public = {name for name, route in ROUTES.items() if route.public}
    assert public == {"useThing", "preflightUseThing", "getHealth"}


def test_a_path_with_a_preflight_operation_allows_cors() -> None:
    assert ROUTES["useThing"].cors == "POST, OPTIONS"
    assert ROUTES["listThings"].cors is None


def test_permissions_have_the_names_of_scopes() -> None:
    assert ROUTES["createThing"].permissions == (
        Permission("things:write"),
        Permission("things:read", {"scope.type": "read"}),
    )
    assert ROUTES["getHealth"].permissions == ()


@pytest.mark.parametrize(
    ("operation", "scopes", "fields", "allowed"),
    [
        ("listThings", ["things:read"], {}, True),
        ("listThings", ["things:write"], {}, False),
        ("createThing", ["things:write"], {}, True),
        ("createThing", ["things:read"], {}, False),
        ("createThing", ["things:read"], {"scope": {"type": " read "}}, True),
        ("createThing", ["things:read"], {"scope": {"type": "write"}}, False),
        ("createThing", ["things:read"], {"scope": "read"}, False),
        ("getHealth", [], {}, True),
    ],
)
def test_a_key_needs_one_of_the_permissions(
    operation: str, scopes: list[str], fields: dict[str, Any], allowed: bool
) -> None:
    made = request(operation, *scopes)
    if allowed:
        made.authorize(fields)
    else:
        with pytest.raises(ApiError, match="permission is required"):
            made.authorize(fields)


@pytest.mark.parametrize(
    ("query", "limit"), [(b"", 10), (b"limit=", 10), (b"limit=1", 1), (b"limit=+20", 20)]
)
def test_the_limits_of_a_parameter_come_from_its_schema(query: bytes, limit: int) -> None:
    assert request("listThings", query=query).integer("limit") == limit


@pytest.mark.parametrize("query", [b"limit=0", b"limit=21", b"limit=x", b"limit=1.0"])
def test_a_parameter_beyond_its_limits_is_rejected(query: bytes) -> None:
    with pytest.raises(ApiError, match="limit must be an integer between 1 and 20"):
        request("listThings", query=query).integer("limit")


def test_each_permission_of_the_document_is_a_key_scope() -> None:
    needed = {one.scope for route in routes(load()) for one in route.permissions}
    assert needed <= set(all_scopes())
    assert "runs:create" in needed


def test_enums_keep_the_order_of_the_document() -> None:
    assert enumeration("RunStatus")[:3] == ("queued", "running", "waiting")


def test_a_route_outside_the_document_requires_a_key() -> None:
    assert not Route("GET", "/x", "x").public
