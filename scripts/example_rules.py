"""Rules for examples and prose of `openapi.yaml`: they use only what the document declares.

`spec_rules` includes these rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from spec import Found, Operation, Spec, rule, subschemas

NAME = re.compile(r"`([a-z][a-z0-9]*(?:_[a-z0-9]+)+)`")
"""Matches the name of a field, parameter or code: words with underscores."""
UNDECLARED = "declare it there, or remove it from the example"
VERSION_EXAMPLE = "#/components/examples/UnsupportedVersion"


@rule("examples-declared")
def examples_declared(spec: Spec) -> Iterator[Found]:
    """An example has only fields that its schema declares, unless the schema allows additional properties."""
    for where, _, body in spec.media_types():
        for name, example in body.get("examples", {}).items():
            resolved = spec.resolve(example) or {}
            for field in undeclared(spec, body.get("schema"), resolved.get("value")):
                yield (*where, "examples", name), f"the schema does not declare {field}: {UNDECLARED}"
    for where, schema in spec.schemas():
        for index, value in enumerate(schema.get("examples", [])):
            for field in undeclared(spec, schema, value):
                yield (*where, "examples", str(index)), f"the schema does not declare {field}: {UNDECLARED}"


def undeclared(spec: Spec, schema: Any, value: Any, at: str = "") -> Iterator[str]:
    """Return the fields of a value that its schema does not declare."""
    parts = list(_parts(spec, schema))
    if isinstance(value, list):
        items = [part["items"] for part in parts if "items" in part]
        for one in value:
            yield from undeclared(spec, {"anyOf": items}, one, f"{at}[]")
    if not isinstance(value, dict) or not any("properties" in part for part in parts):
        return
    declared: dict[str, list[Any]] = {}
    for part in parts:
        for name, definition in part.get("properties", {}).items():
            declared.setdefault(name, []).append(definition)
    is_open = any(part.get("additionalProperties") not in (None, False) for part in parts)
    for name, one in value.items():
        place = f"{at}.{name}".lstrip(".")
        if name in declared:
            yield from undeclared(spec, {"anyOf": declared[name]}, one, place)
        elif not is_open:
            yield place


def _parts(spec: Spec, schema: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the schema and, recursively, those in its `allOf`, `anyOf` and `oneOf`."""
    resolved = spec.resolve(schema)
    if isinstance(resolved, dict):
        yield resolved
        for keyword in ("allOf", "anyOf", "oneOf"):
            for one in resolved.get(keyword, ()):
                yield from _parts(spec, one)


@rule("examples-order")
def examples_order(spec: Spec) -> Iterator[Found]:
    """The first example, which mock servers send, is a common case, not that of an unsupported version."""
    for where, _, body in spec.media_types():
        references = [one.get("$ref") for one in body.get("examples", {}).values()]
        if len(references) > 1 and references[0] == VERSION_EXAMPLE:
            yield (*where, "examples"), "the example of an unsupported version goes last"


@rule("prose-names")
def prose_names(spec: Spec) -> Iterator[Found]:
    """A name in the description of an operation belongs to that operation, or to one that it refers to."""
    by_id = {operation.id: operation for operation in spec.operations}
    for operation in spec.operations:
        words = operation.definition.get("description", "")
        known = _names(spec, operation)
        for other in re.findall(r"`(\w+)`", words):
            if other in by_id:
                known |= _names(spec, by_id[other])
        for name in sorted(set(NAME.findall(words)) - known):
            yield (
                (*operation.where, "description"),
                f"{operation.id} has no {name}: take it out of the text, or put the name right",
            )


def _names(spec: Spec, operation: Operation) -> set[str]:
    """Return the fields, parameters, codes and values of an operation."""
    names = {one.get("name", "") for one in spec.parameters(operation)}
    names |= set(re.findall(r"{(\w+)}", operation.path))
    roots = [one.get("schema", {}) for one in spec.parameters(operation)]
    bodies: list[Any] = [spec.resolve(operation.definition.get("requestBody")) or {}]
    for response in spec.responses(operation).values():
        names |= {code for code in response.get("x-codes", ()) if code}
        bodies.append(response)
    for body in bodies:
        for content in body.get("content", {}).values():
            roots.append(content.get("schema", {}))
    seen: set[int] = set()
    while roots:
        for _, schema in subschemas(roots.pop(), ()):
            if id(schema) not in seen:
                seen.add(id(schema))
                names |= _own_names(schema)
                if "$ref" in schema:
                    roots.append(spec.resolve(schema))
    return names


def _own_names(schema: Mapping[str, Any]) -> set[str]:
    values = [*schema.get("enum", ()), schema.get("const")]
    return set(schema.get("properties", {})) | {value for value in values if isinstance(value, str)}
