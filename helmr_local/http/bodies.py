"""Request bodies: the document's rules for them, decoding and validation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from helmr_api.document import load, resolved

from ..document import body_schemas, optional_bodies
from ..wire.decoding import ANY, BOOL, DURATION, FLOAT, INT32, INT64, STRING, STRINGS, TIME, Body

Schema = dict[str, Any]
_DURATION = "#/components/schemas/Duration"
_NULL = "null"
# A pattern of names: fields that the document allows but does not describe.
_LISTED_NAMES = re.compile(r"\^\(\?:([a-z_|]+)\)\$")


@dataclass(frozen=True)
class _Kinds:
    """Derives the kind of each field from the document's schemas."""

    document: dict[str, Any]

    def body(self, schema: Schema, name: str = "") -> Body:
        """Return the rules for an object."""
        chosen, found = self._alternatives(schema)
        name = name or _name_of(chosen[0]) if chosen else name
        fields: dict[str, str | Body] = {}
        strict, forbidden = False, list[str]()
        for one in found:
            required = one.get("required", ())
            for field, inner in one.get("properties", {}).items():
                kind = self._kind(inner, field in required, f"{name}.{field}")
                fields[field] = _wider(fields[field], kind) if field in fields else kind
            for pattern in one.get("patternProperties", {}):
                listed = _LISTED_NAMES.fullmatch(pattern)
                fields |= dict.fromkeys(listed[1].split("|") if listed else (), STRING)
            strict = strict or one.get("additionalProperties") is False
            forbidden += one.get("propertyNames", {}).get("not", {}).get("enum", ())
        return Body(name or "Request", fields, strict, tuple(forbidden))

    def _kind(self, schema: Schema, required: bool, name: str) -> str | Body:
        written, found = self._alternatives(schema)
        types = {kind for one in found for kind in _types(one)}
        nullable = _NULL in types or any(_NULL in _types(one) for one in self._with_null(schema))
        # Where null differs from an omitted field, the value is kept unchanged for the handler to check.
        if not (required or nullable):
            return ANY
        types.discard(_NULL)
        if len(types) != 1:
            return ANY
        (kind,) = types
        if kind == "object":
            has_fields = all("properties" in one for one in found)
            return (
                self.body(schema, "" if any("$ref" in one for one in written) else name)
                if has_fields
                else ANY
            )
        if kind == "string" and any(one.get("$ref") == _DURATION for one in written):
            return DURATION
        return _simple(kind, found[0], self.document)

    def _alternatives(self, schema: Schema) -> tuple[list[Schema], list[Schema]]:
        """Return the alternatives of a schema except null, both as written and with references resolved."""
        written: list[Schema] = []
        found: list[Schema] = []
        pending = [schema]
        while pending:
            one = pending.pop(0)
            inner = resolved(self.document, one)
            parts = [*inner.get("oneOf", ()), *inner.get("anyOf", ()), *inner.get("allOf", ())]
            if inner.get("type") == _NULL:
                continue
            if parts and "properties" not in inner:
                pending = [*parts, *pending]
                if "$ref" in one:
                    written.append(one)
                continue
            written.append(one)
            found.append(inner)
        return written, found

    def _with_null(self, schema: Schema) -> list[Schema]:
        inner = resolved(self.document, schema)
        return [resolved(self.document, part) for word in ("oneOf", "anyOf") for part in inner.get(word, ())]


def _types(schema: Schema) -> list[str]:
    if "type" in schema:
        kind = schema["type"]
        return [kind] if isinstance(kind, str) else list(kind)
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return ["string"] if values and all(isinstance(value, str) for value in values) else ["any"]


def _simple(kind: str, schema: Schema, document: dict[str, Any]) -> str:
    if kind == "string":
        return TIME if schema.get("format") == "date-time" else STRING
    if kind == "integer":
        return INT64 if schema.get("format") == "int64" else INT32
    if kind == "array":
        return STRINGS if _types(resolved(document, schema.get("items", {}))) == ["string"] else ANY
    return {"boolean": BOOL, "number": FLOAT}.get(kind, ANY)


def _wider(one: str | Body, other: str | Body) -> str | Body:
    """Return the kind of a field that has two alternatives."""
    if ANY in (one, other) and STRING in (one, other):
        return STRING
    return one if one == other else ANY


def _name_of(schema: Schema) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


class RequestBodies:
    """The rules of every operation's body; each is derived from the document on first use."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._schemas = body_schemas(document)
        self.optional = optional_bodies(document)
        """The operations whose body may be empty."""
        self._bodies: dict[str, Body] = {}
        self._compiled: dict[str, Any] = {}

    def of(self, operation_id: str) -> Body:
        """Return the decoding rules for an operation's body."""
        body = self._bodies.get(operation_id)
        if body is None:
            body = self._bodies[operation_id] = _Kinds(self._document).body(self._schemas[operation_id])
        return body

    def refusal(self, operation_id: str, form: Any) -> str | None:
        """Return the reason why the document does not allow this body, or None."""
        validator = self._compiled.get(operation_id)
        if validator is None:
            validator = self._compiled[operation_id] = self._compile(operation_id)
        if validator.is_valid(form):  # much faster than listing the errors, and almost always enough
            return None
        for error in validator.iter_errors(form):
            where = "".join(
                f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path
            )
            return f"{where.lstrip('.') or 'body'}: {error.message}"[:500]
        return None

    def _compile(self, operation_id: str) -> Any:
        import jsonschema_rs

        # The document's references point into the document, so the document is the schema's root.
        root = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": self._document["components"],
            "allOf": [self._schemas.get(operation_id, True)],
        }
        return jsonschema_rs.validator_for(root, validate_formats=False)


@lru_cache(maxsize=1)
def known_bodies() -> RequestBodies:
    """Return the rules of our document, which all servers of a process share."""
    return RequestBodies(load())
