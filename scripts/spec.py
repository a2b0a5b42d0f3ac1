"""An OpenAPI document, the traversals that its rules share, and the registry of the rules.

Each rule is a function from a document to its findings; its docstring states the rule. Add one by decorating
it with `@rule("name")`, and add a broken document for it to `tests/unit/test_spec_rules.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jsonschema_rs

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# Keywords whose value is a schema, a list of schemas, or a mapping of names to schemas.
SCHEMA_KEYWORDS = (
    "items",
    "additionalProperties",
    "propertyNames",
    "contains",
    "contentSchema",
    "if",
    "then",
    "else",
    "not",
)
SCHEMA_LIST_KEYWORDS = ("allOf", "anyOf", "oneOf", "prefixItems")
SCHEMA_TABLE_KEYWORDS = ("properties", "patternProperties", "$defs", "dependentSchemas")

ERROR = "ErrorEnvelope"
"""The schema of every error body."""

Path_ = tuple[str, ...]


@dataclass(frozen=True, order=True)
class Finding:
    """A violation of a rule in the document."""

    where: Path_
    rule: str
    text: str

    @property
    def pointer(self) -> str:
        return "#" + "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in self.where)


Found = tuple[Path_, str]
Rule = Callable[["Spec"], Iterator[Found]]
RULES: dict[str, Rule] = {}


def rule(name: str) -> Callable[[Rule], Rule]:
    def register(check: Rule) -> Rule:
        RULES[name] = check
        return check

    return register


def check(document: Mapping[str, Any], *, only: str | None = None) -> list[Finding]:
    """Return all findings, sorted by their pointers. With `only`, check that rule only."""
    spec = Spec(document)
    wanted = RULES if only is None else {only: RULES[only]}
    found = {Finding(where, name, text) for name, check_ in wanted.items() for where, text in check_(spec)}
    return sorted(found)


@dataclass(frozen=True)
class Operation:
    where: Path_
    path: str
    method: str
    item: Mapping[str, Any]
    definition: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.definition.get("operationId", f"{self.method} {self.path}"))


@dataclass(frozen=True)
class Frame:
    """The frames of an event stream that have the same schema."""

    events: tuple[str, ...]
    """Their event names; empty if all frames of the stream have the same schema."""
    data: Mapping[str, Any]
    """The schema of the JSON in `data`."""
    description: str


class Spec:
    """A document with the traversals that several rules share."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.components: Mapping[str, Mapping[str, Any]] = document.get("components", {})

    @cached_property
    def operations(self) -> list[Operation]:
        return [
            Operation(("paths", path, method), path, method, item, item[method])
            for path, item in self.document.get("paths", {}).items()
            for method in METHODS
            if method in item
        ]

    def operation(self, operation_id: str) -> Operation | None:
        return next(
            (one for one in self.operations if one.definition.get("operationId") == operation_id), None
        )

    def resolve(self, node: Any) -> Any:
        """Return `node` with its reference resolved; None if the target does not exist."""
        for _ in range(20):  # a longer chain is circular
            if not (isinstance(node, dict) and "$ref" in node):
                return node
            node = self.at(node["$ref"])
        return None

    def at(self, reference: str) -> Any:
        node: Any = self.document
        for part in reference.removeprefix("#/").split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(node, dict) or name not in node:
                return None
            node = node[name]
        return node

    def parameters(self, operation: Operation) -> list[dict[str, Any]]:
        """Return the resolved parameters of the operation and its path.

        The operation's parameters take precedence.
        """
        listed = [*operation.definition.get("parameters", []), *operation.item.get("parameters", [])]
        resolved = [self.resolve(parameter) or {} for parameter in listed]
        seen: dict[tuple[Any, Any], dict[str, Any]] = {}
        for parameter in resolved:
            seen.setdefault((parameter.get("in"), parameter.get("name")), parameter)
        return list(seen.values())

    def responses(self, operation: Operation) -> dict[str, Mapping[str, Any]]:
        listed = operation.definition.get("responses", {})
        return {status: self.resolve(response) or {} for status, response in listed.items()}

    def stream(self, operation: Operation) -> Mapping[str, Any] | None:
        """Return the schema of the operation's event stream."""
        for response in self.responses(operation).values():
            content = response.get("content", {}).get("text/event-stream")
            if content is not None:
                found: Mapping[str, Any] = self.resolve(content.get("schema", {})) or {}
                return found
        return None

    def frames(self, operation: Operation) -> Iterator[Frame]:
        """Yield the frames of the operation's event stream."""
        yield from self._frames(self.stream(operation) or {})

    def _frames(self, schema: Mapping[str, Any]) -> Iterator[Frame]:
        """Yield the frames of a string with a content schema, or of objects with `event` and `data`.

        The content schema of the string may also describe such objects.
        """
        if schema.get("contentMediaType") == "text/event-stream":
            schema = self.resolve(schema.get("contentSchema", {})) or {}
        for alternative in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
            yield from self._frames(self.resolve(alternative) or {})
        words = str(schema.get("description", ""))
        if "contentSchema" in schema:
            yield Frame((), schema["contentSchema"], words)
        properties = schema.get("properties", {})
        if "data" in properties:
            data = self.resolve(properties["data"]) or {}
            event = self.resolve(properties.get("event", {})) or {}
            names = [event["const"]] if "const" in event else event.get("enum", [])
            yield Frame(tuple(names), data.get("contentSchema", {}), words)

    def fields(self, schema: Any) -> dict[str, Any]:
        """Return the fields of an object, including those of `allOf`, `anyOf` and `oneOf`."""
        resolved = self.resolve(schema)
        if not isinstance(resolved, dict):
            return {}
        found = dict(resolved.get("properties", {}))
        for key in ("allOf", "anyOf", "oneOf"):
            for one in resolved.get(key, ()):
                found |= self.fields(one)
        return found

    def body_fields(self, operation: Operation) -> dict[str, Any]:
        """Return the fields of the request body."""
        body = self.resolve(operation.definition.get("requestBody", {})) or {}
        contents = list(body.get("content", {}).values())
        return self.fields(contents[0].get("schema", {})) if contents else {}

    def result_fields(self, operation: Operation) -> dict[str, Any]:
        """Return the fields of the successful response."""
        for status, response in self.responses(operation).items():
            body = response.get("content", {}).get("application/json")
            if status.startswith("2") and body is not None and ERROR not in str(body.get("schema")):
                return self.fields(body.get("schema", {}))
        return {}

    def security(self, operation: Operation) -> set[str]:
        """Return the security schemes that the operation accepts; empty if it needs none."""
        required = operation.definition.get("security", self.document.get("security", []))
        return {name for alternative in required for name in alternative}

    def media_types(self) -> Iterator[tuple[Path_, str, dict[str, Any]]]:
        """Yield (place, media type, definition) of every body in the document."""
        for where, node in walk(self.document, ()):
            if (
                isinstance(node, dict)
                and isinstance(node.get("content"), dict)
                and "properties" not in where[-1:]
            ):
                for name, body in node["content"].items():
                    if isinstance(body, dict) and (
                        "schema" in body or "examples" in body or "example" in body
                    ):
                        yield (*where, "content", name), name, body

    def schemas(self) -> Iterator[tuple[Path_, dict[str, Any]]]:
        """Yield every schema object: components, nested schemas and inline schemas."""
        for name, schema in self.components.get("schemas", {}).items():
            yield from subschemas(schema, ("components", "schemas", name))
        for where, holder in self.schema_holders():
            yield from subschemas(holder["schema"], (*where, "schema"))

    def schema_holders(self) -> Iterator[tuple[Path_, dict[str, Any]]]:
        """Yield the parameters, headers and media types that have a schema."""
        outside = {
            name: node for name, node in self.components.items() if name not in {"schemas", "examples"}
        }
        roots = {"paths": self.document.get("paths", {}), "components": outside}
        for where, node in walk(roots, (), skip=("schema", "example", "examples", "value", "default")):
            if isinstance(node, dict) and isinstance(node.get("schema"), dict):
                yield where, node

    @cached_property
    def registry(self) -> jsonschema_rs.Registry:
        resource = {
            **self.document,
            "$id": "urn:openapi",
            "$schema": "https://json-schema.org/draft/2020-12/schema",
        }
        return jsonschema_rs.Registry([("urn:openapi", resource)])

    def problems(self, schema: Any, value: Any) -> list[str]:
        """Return the violations of `schema` in `value`, one line each."""
        validator = jsonschema_rs.Draft202012Validator(
            absolute(schema), registry=self.registry, validate_formats=True
        )
        return [_described(error) for error in validator.iter_errors(value)]


def _described(error: jsonschema_rs.ValidationError) -> str:
    path = "/".join(map(str, error.instance_path))
    return f"{path or 'the value'}: {error.message}"


def absolute(schema: Any) -> Any:
    """Return the schema with absolute references, so that it can be compiled on its own."""
    if isinstance(schema, list):
        return [absolute(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: f"urn:openapi{value}"
        if name == "$ref" and isinstance(value, str) and value.startswith("#")
        else absolute(value)
        for name, value in schema.items()
    }


def subschemas(schema: Any, where: Path_) -> Iterator[tuple[Path_, dict[str, Any]]]:
    """Yield the schema and all nested schemas. References are not followed."""
    if not isinstance(schema, dict):
        return
    yield where, schema
    for keyword in SCHEMA_KEYWORDS:
        yield from subschemas(schema.get(keyword), (*where, keyword))
    for keyword in SCHEMA_LIST_KEYWORDS:
        for index, item in enumerate(schema.get(keyword, [])):
            yield from subschemas(item, (*where, keyword, str(index)))
    for keyword in SCHEMA_TABLE_KEYWORDS:
        for name, item in schema.get(keyword, {}).items():
            yield from subschemas(item, (*where, keyword, name))


def walk(node: Any, where: Path_, skip: tuple[str, ...] = ()) -> Iterator[tuple[Path_, Any]]:
    """Yield the node and everything in it, a holder before what it holds, except the fields to skip."""
    # A list and not recursion: nested generators take three times as long.
    left = [(where, node)]
    while left:
        where, node = found = left.pop()
        yield found
        if isinstance(node, dict):
            inside = [((*where, str(name)), value) for name, value in node.items() if name not in skip]
            left += reversed(inside)
        elif isinstance(node, list):
            inside = [((*where, str(index)), value) for index, value in enumerate(node)]
            left += reversed(inside)
