"""Rules for the `x-sdk-…` extensions of `openapi.yaml`, which client generation depends on.

`x-extensions` in the document describes each, and `extension_rules` checks its values. `spec_rules` includes
these rules.
"""

from __future__ import annotations

import keyword
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from spec import Found, Operation, Path_, Spec, rule, walk

OF_MODELS = frozenset({"additional_properties", "from_dict", "keys", "self", "to_dict", "to_multipart"})
"""The names that every model defines."""


@rule("sdk-methods")
def sdk_methods(spec: Spec) -> Iterator[Found]:
    """Every operation is a method of a resource. Only the two operations of a pair share a method.

    One operation of a pair identifies the object in the path, the other by an additional query parameter.
    """
    methods: dict[tuple[str, str], list[Operation]] = defaultdict(list)
    for operation in spec.operations:
        resource = operation.definition.get("x-sdk-resource", "")
        method = operation.definition.get("x-sdk-method", "")
        if not all(_is_name(part) for part in str(resource).split(".")):
            yield (
                (*operation.where, "x-sdk-resource"),
                f"{operation.id} needs a resource, such as runs.events",
            )
        if not _is_name(method):
            yield (*operation.where, "x-sdk-method"), f"{operation.id} needs a method, such as retrieve"
        methods[resource, method].append(operation)
    resources = {resource for resource, _ in methods}
    for (resource, method), operations in methods.items():
        ids = ", ".join(operation.id for operation in operations)
        if len(operations) > 2 or (len(operations) == 2 and not _is_pair(spec, *operations)):
            yield operations[0].where, f"{ids} are all {resource}.{method}"
        if f"{resource}.{method}" in resources:
            yield operations[0].where, f"{resource}.{method} is a method and a resource"
        definitions = [
            {name: value for name, value in operation.definition.items() if name.startswith("x-")}
            for operation in operations
        ]
        if any(definition != definitions[0] for definition in definitions):
            yield operations[-1].where, f"{ids} are one method, but their extensions differ"


@rule("sdk-resources")
def sdk_resources(spec: Spec) -> Iterator[Found]:
    """Every resource is described, either by the tag with its name or in `x-sdk-resources`."""
    named = {operation.definition.get("x-sdk-resource", "") for operation in spec.operations}
    needed = {
        ".".join(name.split(".")[:length]) for name in named for length in range(1, name.count(".") + 2)
    }
    described = spec.document.get("x-sdk-resources", {})
    tags = {re.sub(r"\W+", "_", tag.get("name", "").lower()) for tag in spec.document.get("tags", [])}
    for name in sorted(needed - tags - described.keys() - {""}):
        yield ("x-sdk-resources",), f"{name} is not described"
    for name in sorted(described.keys() - needed):
        yield ("x-sdk-resources", name), f"no operation has the resource {name}"


@rule("sdk-arguments")
def sdk_arguments(spec: Spec) -> Iterator[Found]:
    """The fields, parameters and names in an operation's extensions exist."""
    for operation in spec.operations:
        definition = operation.definition
        body, result = spec.body_fields(operation), spec.result_fields(operation)
        query = {one["name"] for one in spec.parameters(operation) if one.get("in") in {"path", "query"}}
        given = query | body.keys()
        needed: list[tuple[str, Any, Any]] = [
            *(("x-sdk-positional", name, given) for name in definition.get("x-sdk-positional", ())),
            *(("x-sdk-names", name, given) for name in definition.get("x-sdk-names", {})),
        ]
        needed += [
            (extension, definition[extension], result)
            for extension in ("x-sdk-items", "x-sdk-result")
            if extension in definition
        ]
        for extension, name, among in needed:
            if name not in among:
                yield (*operation.where, extension), f"{operation.id} has no {name}"
        for name in definition.get("x-sdk-names", {}).values():
            if not _is_name(name):
                yield (*operation.where, "x-sdk-names"), f"{name} is not a valid Python name"
        items = spec.resolve(result.get(definition.get("x-sdk-items", ""), {})) or {}
        if "x-sdk-items" in definition and items.get("type") != "array":
            yield (*operation.where, "x-sdk-items"), f"{definition['x-sdk-items']} is not an array"


@rule("sdk-fields")
def sdk_fields(spec: Spec) -> Iterator[Found]:
    """The Python name of a field is valid, unique in its schema, and not defined by every model."""
    for name, schema in spec.components.get("schemas", {}).items():
        taken: dict[str, str] = {}
        for field, definition in schema.get("properties", {}).items():
            where = ("components", "schemas", name, "properties", field)
            given = definition.get("x-sdk-name", field)
            python = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|\W", "_", given).lower()
            if "x-sdk-name" in definition and not _is_name(given):
                yield where, f"{given} is not a valid Python name"
            if python in OF_MODELS:
                yield where, f"every model defines {python}: rename the field with x-sdk-name"
            if python in taken:
                yield where, f"{python} is also the name of {taken[python]}"
            taken[python] = field


@rule("sdk-request-nulls")
def sdk_request_nulls(spec: Spec) -> Iterator[Found]:
    """No required field of a request is nullable, because generated clients treat `None` as omitted."""
    for operation in spec.operations:
        body = spec.resolve(operation.definition.get("requestBody", {})) or {}
        for media_type, content in body.get("content", {}).items():
            where = (*operation.where, "requestBody", media_type)
            for name, found in _nulls(spec, content.get("schema", {}), set()):
                yield where, f"{name}.{found} is required and may be null"


def _nulls(spec: Spec, schema: Any, seen: set[int]) -> Iterator[tuple[str, str]]:
    """Yield (schema, field) for each required nullable field below a schema."""
    resolved = spec.resolve(schema)
    if not isinstance(resolved, dict) or id(resolved) in seen:
        return
    seen.add(id(resolved))
    for field in resolved.get("required", ()):
        definition = spec.resolve(resolved.get("properties", {}).get(field)) or {}
        if _is_nullable(spec, definition):
            yield str(schema.get("$ref", "the body")).rpartition("/")[2], field
    inside = [*resolved.get("properties", {}).values(), resolved.get("items")]
    inside += [one for key in ("allOf", "anyOf", "oneOf") for one in resolved.get(key, ())]
    for one in inside:
        yield from _nulls(spec, one, seen)


def _is_nullable(spec: Spec, schema: Mapping[str, Any]) -> bool:
    types = schema.get("type", ())
    alternatives = [spec.resolve(one) or {} for key in ("anyOf", "oneOf") for one in schema.get(key, ())]
    return "null" in ([types] if isinstance(types, str) else types) or any(
        _is_nullable(spec, one) for one in alternatives
    )


@rule("sdk-constants")
def sdk_constants(spec: Spec) -> Iterator[Found]:
    """A constant has an upper-case name and one value: a number, a list of values, or a sibling keyword."""
    values: dict[str, Any] = {}
    for where, node in walk(spec.document, (), skip=("x-extensions",)):
        stated = node.get("x-sdk-constants") if isinstance(node, dict) else None
        if not isinstance(stated, dict):
            continue
        place: Path_ = (*where, "x-sdk-constants")
        for name, given in stated.items():
            if not re.fullmatch(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*", str(name)):
                yield (*place, name), f"{name} is not upper-case"
            if isinstance(given, str) and given not in node:
                yield (*place, name), f"it refers to {given}, which is not a sibling keyword"
                continue
            value = node[given] if isinstance(given, str) else given
            if isinstance(value, list) and not set(value) <= set(node.get("enum", value)):
                yield (*place, name), "it has a value that the enum does not have"
            if values.setdefault(name, value) != value:
                yield (*place, name), f"{name} has another value elsewhere"


def _is_name(text: Any) -> bool:
    return (
        isinstance(text, str) and bool(re.fullmatch(r"[a-z][a-z0-9_]*", text)) and not keyword.iskeyword(text)
    )


def _is_pair(spec: Spec, one: Operation, other: Operation) -> bool:
    def named(operation: Operation, place: str) -> set[str]:
        return {parameter["name"] for parameter in spec.parameters(operation) if parameter.get("in") == place}

    by_path, by_query = sorted((one, other), key=lambda operation: -len(named(operation, "path")))
    return (
        one.method == other.method
        and len(named(by_path, "path") - named(by_query, "path")) == 1
        and len(named(by_query, "query") - named(by_path, "query")) == 1
        and one.definition.get("requestBody") == other.definition.get("requestBody")
    )
