"""The document that the server is driven by: its routes, and the schemas that judge request bodies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, cast

import yaml

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    operation_id: str


def _text() -> bytes:
    packaged = resources.files("helmr_ergonomic").joinpath("openapi.yaml")
    if packaged.is_file():
        return packaged.read_bytes()
    # In a checkout the document stands at the root and is packaged by the build only.
    checkout = Path(__file__).resolve().parent.parent / "openapi.yaml"
    return checkout.read_bytes()


@lru_cache(maxsize=1)
def load() -> dict[str, Any]:
    """The document, parsed once per process."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return cast("dict[str, Any]", yaml.load(_text(), Loader=loader))  # noqa: S506  # both loaders are safe ones


def routes(document: dict[str, Any]) -> list[Route]:
    """Every operation of the document."""
    found: list[Route] = []
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                found.append(Route(method.upper(), path, item[method]["operationId"]))
    return found


class Schemas:
    """Validators of request bodies, compiled when an operation is first used."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._bodies: dict[str, Any] = {}
        for item in document["paths"].values():
            for method in METHODS:
                if method in item and "requestBody" in item[method]:
                    operation = item[method]
                    self._bodies[operation["operationId"]] = operation["requestBody"]
        self._compiled: dict[str, Any] = {}

    def refusal(self, operation_id: str, body: Any) -> str | None:
        """Why the document does not allow this body, or None."""
        validator = self._compiled.get(operation_id)
        if validator is None:
            validator = self._compiled[operation_id] = self._compile(operation_id)
        if validator.is_valid(body):  # far quicker than looking for errors, and nearly always so
            return None
        for error in validator.iter_errors(body):
            where = "".join(
                f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path
            )
            return f"{where.lstrip('.') or 'body'}: {error.message}"[:500]
        return None

    def _compile(self, operation_id: str) -> Any:
        import jsonschema_rs

        body = self._bodies.get(operation_id)
        schema: Any = True
        if body is not None:
            if "$ref" in body:
                body = self._document["components"]["requestBodies"][body["$ref"].rpartition("/")[2]]
            schema = body["content"]["application/json"]["schema"]
        # References of the document point into it, so it is the schema's root.
        root = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": self._document["components"],
            "allOf": [schema],
        }
        return jsonschema_rs.validator_for(root, validate_formats=False)
