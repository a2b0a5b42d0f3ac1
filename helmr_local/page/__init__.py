"""The page at `/`: static files, and `document.json` with the parts of the API document that they need.

The page sends its requests with the key from its link, like any other client.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from helmr_api.document import METHODS, load, resolved

PREFIX = "/page/"
_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "json": "application/json",
}
# Only the page's own files run or load, and no string becomes markup or code (Trusted Types).
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = (
    ("content-security-policy", _POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
)


def find(method: str, path: str) -> tuple[bytes, list[tuple[bytes, bytes]]] | None:
    """Return the body and headers of a file of the page, or None if there is no such file."""
    if method != "GET":
        return None
    name = "index.html" if path == "/" else path.removeprefix(PREFIX) if path.startswith(PREFIX) else ""
    body = _files().get(name)
    if body is None:
        return None
    headers = (("content-type", _TYPES[name.rpartition(".")[2]]), *_HEADERS)
    return body, [(name.encode(), value.encode()) for name, value in headers]


def link(url: str, api_key: str) -> str:
    """Return the link that opens the page. A browser does not send what follows `#` to the server."""
    return f"{url}/#key={api_key}"


@lru_cache(maxsize=1)
def _files() -> Mapping[str, bytes]:
    found = {"document.json": json.dumps(described_document(load()), separators=(",", ":")).encode()}
    _collect(resources.files(__name__), "", found)
    return found


def _collect(folder: Traversable, prefix: str, found: dict[str, bytes]) -> None:
    for entry in folder.iterdir():
        name = prefix + entry.name
        if entry.is_dir():
            _collect(entry, name + "/", found)
        elif name.rpartition(".")[2] in _TYPES:
            found[name] = entry.read_bytes()


def described_document(document: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of the document that the page needs: operations, the values of enums, and their final
    values.
    """
    operations: dict[str, Any] = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                operations[operation["operationId"]] = {
                    "method": method.upper(),
                    "path": path,
                    "limit": _limit(document, operation),
                    "stream": operation.get("x-event-stream"),
                }
    schemas = document["components"]["schemas"]
    enums = {name: schema["enum"] for name, schema in schemas.items() if "enum" in schema}
    final: dict[str, Any] = {}
    constants: dict[str, Any] = {}
    for name, schema in schemas.items():
        for constant, value in schema.get("x-sdk-constants", {}).items():
            if isinstance(value, list):  # the others are keywords of the schema
                constants[constant] = value
                if constant.startswith("TERMINAL_"):
                    final[name] = value
    return {
        "version": document["info"]["version"],
        "operations": operations,
        "enums": enums,
        "final": final,
        "constants": constants,
    }


def _limit(document: dict[str, Any], operation: dict[str, Any]) -> int | None:
    """Return the maximum number of items in a response."""
    for parameter in operation.get("parameters", ()):
        named = resolved(document, parameter)
        if named["name"] == "limit":
            maximum: int | None = named["schema"].get("maximum")
            return maximum
    return None
