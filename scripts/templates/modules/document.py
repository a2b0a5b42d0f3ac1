"""The OpenAPI document that this package was generated from."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

from .formats import is_object

__all__ = ["METHODS", "load", "resolved"]

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""The fields of a path item that hold an operation, in the document's order."""


@cache
def load() -> dict[str, Any]:
    """Return the document. It is parsed once per process: do not change it."""
    package = __name__.rpartition(".")[0]
    document: dict[str, Any] = json.loads(files(package).joinpath("openapi.json").read_bytes())
    return document


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Return the target of a node's `$ref`, or the node itself if it has none.

    Raises `LookupError` if the reference has no target in the document.
    """
    seen: set[str] = set()
    while isinstance(reference := node.get("$ref"), str):
        if reference in seen or not reference.startswith("#/"):
            raise LookupError(f"cannot resolve the reference {reference!r}")
        seen.add(reference)
        target: object = document
        for part in reference[2:].split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            target = target.get(name) if is_object(target) else None
        if not is_object(target):
            raise LookupError(f"the reference {reference!r} has no target")
        node = target
    return node
