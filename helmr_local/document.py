"""The document that drives the server: its routes and its rules for request bodies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from helmr_api.document import METHODS, load, resolved

_API_KEY = "apiKey"


@dataclass(frozen=True)
class Permission:
    """One of the permissions that allow an operation.

    Args:
        scope: Its name, as given when a key is created.
        when: It applies only if these fields of the body (`scope.type`) have these values.
    """

    scope: str
    when: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Route:
    """One operation of the document.

    Args:
        public: True if no API key is required.
        cors: The methods that a preflight of the path allows; None where the document has no preflight.
        permissions: The API key needs any one of these.
        query: The schemas of its query parameters, by name.
    """

    method: str
    path: str
    operation_id: str
    public: bool = False
    cors: str | None = None
    permissions: tuple[Permission, ...] = ()
    query: Mapping[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])


def routes(document: dict[str, Any]) -> list[Route]:
    """Return every operation of a document."""
    found: list[Route] = []
    scopes = _scopes(document)
    for path, item in document["paths"].items():
        methods = [method for method in METHODS if method in item]
        cors = ", ".join(method.upper() for method in methods) if "options" in methods else None
        for method in methods:
            operation = item[method]
            security: list[dict[str, Any]] = operation.get("security", document.get("security", []))
            public = all(_API_KEY not in scheme for scheme in security)
            found.append(
                Route(
                    method.upper(),
                    path,
                    operation["operationId"],
                    public,
                    cors,
                    tuple(_permission(one, scopes) for one in operation.get("x-permissions", ())),
                    _query(document, [*item.get("parameters", ()), *operation.get("parameters", ())]),
                )
            )
    return found


@lru_cache(maxsize=1)
def all_routes() -> tuple[Route, ...]:
    """Return every operation of our document, which is read once per process."""
    return tuple(routes(load()))


def _scopes(document: dict[str, Any]) -> dict[str, str]:
    schemes = document.get("components", {}).get("securitySchemes", {})
    found: dict[str, str] = schemes.get(_API_KEY, {}).get("x-permissions", {})
    return found


@lru_cache(maxsize=1)
def all_scopes() -> tuple[str, ...]:
    """Return all scopes that a key can have."""
    return tuple(_scopes(load()).values())


@lru_cache(maxsize=64)
def enumeration(name: str) -> tuple[str, ...]:
    """Return the values of one of the document's enums, in order."""
    return tuple(load()["components"]["schemas"][name]["enum"])


def _permission(entry: str | dict[str, Any], scopes: dict[str, str]) -> Permission:
    if isinstance(entry, str):
        return Permission(scopes[entry])
    return Permission(scopes[entry["permission"]], entry["when"])


def _query(document: dict[str, Any], parameters: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    known = [resolved(document, parameter) for parameter in parameters]
    return {one["name"]: resolved(document, one["schema"]) for one in known if one["in"] == "query"}


def optional_bodies(document: dict[str, Any]) -> frozenset[str]:
    """Return the operationIds of operations that need no request body."""
    operations = [item[method] for item in document["paths"].values() for method in METHODS if method in item]
    return frozenset(
        operation["operationId"]
        for operation in operations
        if "requestBody" in operation
        and not resolved(document, operation["requestBody"]).get("required", False)
    )


def body_schemas(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the schema of each operation's JSON body, or of the JSON part of its form, by operationId."""
    found: dict[str, dict[str, Any]] = {}
    for item in document["paths"].values():
        for method in METHODS:
            operation = item.get(method, {})
            if "requestBody" in operation:
                content = resolved(document, operation["requestBody"])["content"]
                form = content.get("multipart/form-data", {})
                if "application/json" in content:
                    found[operation["operationId"]] = content["application/json"]["schema"]
                for part, encoding in form.get("encoding", {}).items():
                    if encoding["contentType"] == "application/json":
                        parts = resolved(document, form["schema"])["properties"]
                        found[operation["operationId"]] = parts[part]
    return found
