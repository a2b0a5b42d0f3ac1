"""The document that the server is driven by: its routes, and what it says of request bodies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import yaml

from helmr_ergonomic.document import openapi

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_API_KEY = "apiKey"


@dataclass(frozen=True)
class Route:
    """One operation of the document.

    Args:
        public: No API key is asked for.
        cors: The methods that a preflight of the path allows; None where the document has no preflight.
    """

    method: str
    path: str
    operation_id: str
    public: bool = False
    cors: str | None = None


@lru_cache(maxsize=1)
def load() -> dict[str, Any]:
    """The document, parsed once per process."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return cast("dict[str, Any]", yaml.load(openapi(), Loader=loader))  # noqa: S506  # both loaders are safe ones


def routes(document: dict[str, Any]) -> list[Route]:
    """Every operation of the document."""
    found: list[Route] = []
    for path, item in document["paths"].items():
        methods = [method for method in METHODS if method in item]
        cors = ", ".join(method.upper() for method in methods) if "options" in methods else None
        for method in methods:
            operation = item[method]
            security: list[dict[str, Any]] = operation.get("security", document.get("security", []))
            public = all(_API_KEY not in scheme for scheme in security)
            found.append(Route(method.upper(), path, operation["operationId"], public, cors))
    return found


def resolved(document: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """What a reference points to; anything else as it is."""
    while "$ref" in value:
        found: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def body_schemas(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The schema of each operation's request body, by operationId."""
    found: dict[str, dict[str, Any]] = {}
    for item in document["paths"].values():
        for method in METHODS:
            operation = item.get(method, {})
            if "requestBody" in operation:
                content = resolved(document, operation["requestBody"])["content"]
                if "application/json" in content:
                    found[operation["operationId"]] = content["application/json"]["schema"]
    return found
