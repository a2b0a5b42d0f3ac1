"""Render `openapi.yaml` for client generators by applying a list of rules.

The document says what a server accepts and may respond. A generated client should send less and accept more:
one form of each value in requests, and no exception for an unknown value in responses. The rendering must
also work in generators that support only part of OpenAPI.

Each rule changes a copy of the document in place; its docstring is its row in docs/guides/generators.md. Add
a rule with `@rule("name")`. Rules run in the order in which they are defined. `scripts/renderings.py` writes
the result.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from spec import METHODS, Frame, Operation, Spec, subschemas

Json = dict[str, Any]
Rule = Callable[[Spec], None]
RULES: dict[str, Rule] = {}

LIMITS = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
)
CONDITIONS = ("not", "if", "then", "else", "propertyNames", "patternProperties", "dependentRequired")
WIDTHS = {"int32": 2**31 - 1, "int64": 2**63 - 1}
NAMES_OF_KINDS = {
    "responses": "Response",
    "requestBodies": "Body",
    "parameters": "Parameter",
    "headers": "Header",
    "examples": "Example",
    "securitySchemes": "Auth",
}
"""The suffix for component names of each kind, which keeps them distinct from those of other kinds."""


class NameTaken(Exception):
    """Two components would have the same name."""


def rule(name: str) -> Callable[[Rule], Rule]:
    def register(change: Rule) -> Rule:
        RULES[name] = change
        return change

    return register


def for_clients(document: Mapping[str, Any]) -> Json:
    """Return the document for client generators, still in OpenAPI 3.1.

    Raises:
        NameTaken: two components would have the same name.
    """
    rendered: Json = copy.deepcopy(dict(document))
    for change in RULES.values():
        change(Spec(rendered))
    return rendered


def _listed(spec: Spec, *sides: str) -> Iterator[Json]:
    """Yield each schema that requests or responses refer to, directly or indirectly, once."""
    seen: set[int] = set()
    pending = [schema for side in sides for schema in _roots(spec, side)]
    while pending:
        for _, schema in subschemas(pending.pop(), ()):
            if id(schema) in seen:
                continue
            seen.add(id(schema))
            yield schema
            if "$ref" in schema:
                pending.append(spec.resolve(schema))


def _roots(spec: Spec, side: str) -> Iterator[Any]:
    for operation in spec.operations:
        if side == "requests":
            bodies = [spec.resolve(operation.definition.get("requestBody")) or {}]
            for parameter in spec.parameters(operation):
                yield parameter.get("schema", {})
        else:
            bodies = list(spec.responses(operation).values())
            for frame in operation.definition.get("x-event-stream", {}).get("frames", ()):
                yield frame["data"]
            for response in bodies:
                for header in response.get("headers", {}).values():
                    yield (spec.resolve(header) or {}).get("schema", {})
        for body in bodies:
            for content in body.get("content", {}).values():
                yield content.get("schema", {})


def _components(spec: Spec, kind: str) -> Json:
    found: Json = spec.document.get("components", {}).get(kind, {})
    return found


# Operations -------------------------------------------------------------------------------------------------


@rule("no-preflights")
def no_preflights(spec: Spec) -> None:
    """Remove OPTIONS operations, which only browsers send."""
    for path, item in list(spec.document["paths"].items()):
        item.pop("options", None)
        if not any(method in item for method in METHODS):
            del spec.document["paths"][path]


@rule("event-streams")
def event_streams(spec: Spec) -> None:
    """Explain in the description of an operation with an event stream how any HTTP client can follow it.

    The explanation covers the header to send, the frames to expect, the frame after which the server ends the
    response, and how to resume after a disconnect. The schemas of the frames' data stay in the document;
    `frames` in `x-event-stream` refers to them.
    """
    for operation in spec.operations:
        facts = operation.definition.get("x-event-stream")
        if facts is None:
            continue
        frames = list(spec.frames(operation))
        operation.definition["description"] += _how_to_follow(spec, operation, facts, frames)  # type: ignore[index]
        facts["frames"] = [
            {**({"event": frame.events[0]} if frame.events else {}), "data": dict(frame.data)}
            for frame in frames
        ]
    known = spec.document.get("x-extensions", {}).get("x-event-stream")
    if known is not None:
        known["description"] += "`frames`: the names of the frames, and the schemas of their data.\n"
        known["schema"]["properties"]["frames"] = {"type": "array", "items": {"type": "object"}}


def _how_to_follow(spec: Spec, operation: Operation, facts: Json, frames: list[Frame]) -> str:
    switches = [
        f"`{one['name']}={one['x-sdk-stream-value']}`"
        for one in spec.parameters(operation)
        if "x-sdk-stream-value" in one
    ]
    with_switches = f" with {' and '.join(switches)}" if switches else ""
    kinds = [
        f"   The `data` of each is a `{_name(frame.data)}` as JSON." for frame in frames if not frame.events
    ]
    kinds += [
        f"   - `{name}`: {' '.join(frame.description.split())} Its `data` is a `{_name(frame.data)}` as JSON."
        for frame in frames
        for name in frame.events
    ]
    ends = facts.get("ends-after", {}).items()
    last = [f"after a frame whose `{field}` is {_any_of(values)}" for field, values in ends]
    end = last[0] if last else "when no more frames can follow"
    resume = " or as ".join(
        f"`{name}`" + ("" if name == "Last-Event-ID" else " in the query") for name in facts["resume"]
    )
    return "\n".join(
        [
            "",
            "**Event stream.** Generated clients do not follow it. Use an HTTP client of your language:",
            "",
            f"1. Send the request{with_switches} and the header `Accept: text/event-stream`. An error has",
            "   the status and the JSON body that it has without the stream.",
            "2. Read frames: the lines `id:`, `event:` and `data:`, up to an empty line. Lines that start",
            "   with a colon are comments.",
            *kinds,
            f"3. The server ends the response {end}, and after {facts['max-seconds']} s in any case.",
            f"   When nothing else comes, a comment comes every {facts['keep-alive-seconds']} s: end a",
            "   connection that is silent for much longer.",
            "4. After any other end, send the request again with the `id` of the last frame as",
            f"   {resume}. The stream continues after that frame.",
            f"5. The end of the stream does not say what became of its subject: `{facts['then']}` does.",
            "",
        ]
    )


def _any_of(values: list[str]) -> str:
    return " or ".join(f"`{value}`" for value in values)


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


@rule("json-only")
def json_only(spec: Spec) -> None:
    """Keep only the JSON of a response that may also be an event stream, and remove the stream's parameters.

    Generators put both media types into `Accept`, and the server then sends a stream that stays open.
    """
    for operation in spec.operations:
        for response in spec.responses(operation).values():
            content = response.get("content", {})
            if {"application/json", "text/event-stream"} <= content.keys():
                del content["text/event-stream"]
        if "x-event-stream" in operation.definition:
            only_streams = {
                one["name"]
                for one in spec.parameters(operation)
                if "x-sdk-stream-value" in one or one.get("x-sdk-stream-only")
            }
            _drop_parameters(spec, operation, only_streams)


def _drop_parameters(spec: Spec, operation: Operation, names: set[str]) -> None:
    for holder in (operation.definition, operation.item):
        if "parameters" in holder:
            kept = [one for one in holder["parameters"] if (spec.resolve(one) or {}).get("name") not in names]
            holder["parameters"] = kept  # type: ignore[index]


@rule("one-way-to-send")
def one_way_to_send(spec: Spec) -> None:
    """Remove alternative parameter names and bodies that no server reads (`x-sdk-omit`)."""
    for operation in spec.operations:
        omitted = {one["name"] for one in spec.parameters(operation) if one.get("x-sdk-omit")}
        _drop_parameters(spec, operation, omitted)
        if (spec.resolve(operation.definition.get("requestBody")) or {}).get("x-sdk-omit"):
            del operation.definition["requestBody"]  # type: ignore[attr-defined]


@rule("one-success")
def one_success(spec: Spec) -> None:
    """Give each success one schema: remove the 202 with an error body, so that clients treat it as an error.

    The server returns it while a request with the same idempotency key is in progress; clients send the
    request again.
    """
    for operation in spec.operations:
        responses = operation.definition["responses"]
        for status, response in spec.responses(operation).items():
            if status.startswith("2") and "x-codes" in response:
                del responses[status]


# Requests ---------------------------------------------------------------------------------------------------


@rule("no-null-in-requests")
def no_null_in_requests(spec: Spec) -> None:
    """Remove null from the types of request fields, where it means the same as omitting the field."""
    for schema in _listed(spec, "requests"):
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                schema[keyword] = [one for one in schema[keyword] if one.get("type") != "null"]
        if isinstance(schema.get("type"), list):
            kinds = [kind for kind in schema["type"] if kind != "null"]
            schema["type"] = kinds[0] if len(kinds) == 1 else kinds
            if "enum" in schema:
                schema["enum"] = [value for value in schema["enum"] if value is not None]
    _collapse(spec)


@rule("one-branch")
def one_branch(spec: Spec) -> None:
    """Replace a union in a request by its first alternative, and a union of objects by one object.

    The document puts the canonical form first: `TokenTimeout` is a string such as `1h`. The object has the
    fields of all alternatives and requires those that every alternative requires.
    """
    for schema in _listed(spec, "requests"):
        for keyword in ("anyOf", "oneOf"):
            if len(schema.get(keyword, ())) < 2:
                continue
            branches = [spec.resolve(one) or {} for one in schema[keyword]]
            if all("properties" in one for one in branches):
                schema.pop("discriminator", None)
                del schema[keyword]
                schema.update(_one_object(branches))
            else:
                schema[keyword] = schema[keyword][:1]
    _collapse(spec)


def _one_object(branches: list[Json]) -> Json:
    properties: Json = {}
    for branch in branches:
        for name, definition in branch["properties"].items():
            known = properties.setdefault(name, dict(definition))
            if known.get("const", ...) != definition.get("const", ...):
                constants = [*known.get("enum", [known.pop("const", None)]), definition["const"]]
                known["enum"] = list(dict.fromkeys(constants))
                known["description"] = " ".join(
                    f"`{one['properties'][name]['const']}`: {one['properties'][name]['description']}"
                    for one in branches
                )
    required = set.intersection(*(set(one.get("required", ())) for one in branches))
    return {
        "type": "object",
        "required": [name for name in properties if name in required],
        "properties": properties,
    }


def _collapse(spec: Spec) -> None:
    """Replace a union of one alternative by that alternative and keep its siblings."""
    for _, schema in spec.schemas():
        for keyword in ("anyOf", "oneOf"):
            if len(schema.get(keyword, ())) == 1:
                (only,) = schema.pop(keyword)
                for name, value in only.items():
                    schema.setdefault(name, value)


# Schemas ----------------------------------------------------------------------------------------------------


@rule("no-conditions")
def no_conditions(spec: Spec) -> None:
    """Remove `not`, `if`, `propertyNames` and `patternProperties`, which generators turn into types."""
    for _, schema in list(spec.schemas()):
        for keyword in CONDITIONS:
            schema.pop(keyword, None)


@rule("one-object")
def one_object(spec: Spec) -> None:
    """Merge an `allOf` of objects into one object."""
    for _, schema in list(spec.schemas()):
        parts = [spec.resolve(one) or {} for one in schema.get("allOf", ())]
        if parts and all("properties" in one for one in parts):
            del schema["allOf"]
            own = {"properties": schema.get("properties", {}), "required": schema.get("required", [])}
            schema["type"] = "object"
            schema["properties"] = {
                name: value for one in [*parts, own] for name, value in one["properties"].items()
            }
            required = [name for one in [*parts, own] for name in one.get("required", ())]
            if required:
                schema["required"] = list(dict.fromkeys(required))


@rule("string-unions")
def string_unions(spec: Spec) -> None:
    """Replace a union of strings by a string."""
    for _, schema in list(spec.schemas()):
        for keyword in ("anyOf", "oneOf"):
            branches = [spec.resolve(one) or {} for one in schema.get(keyword, ())]
            if branches and all(one.get("type") == "string" for one in branches):
                del schema[keyword]
                schema["type"] = "string"


@rule("open-enums")
def open_enums(spec: Spec) -> None:
    """Replace an enum in responses by a string with its known values in `x-extensible-enum`.

    A server may add values within a version. A client that raises on an unknown value cannot return the rest
    of the response.
    """
    for schema in _listed(spec, "responses"):
        values = schema.pop("enum", None)
        constant = schema.pop("const", None)
        if constant is not None:
            values = [constant]
        if values is not None and all(isinstance(value, str) for value in values):
            schema["type"] = "string"
            schema["x-extensible-enum"] = values


@rule("no-limits")
def no_limits(spec: Spec) -> None:
    """Remove patterns, all limits in responses, and the limits in requests that only repeat a format.

    Pattern dialects differ, and the server validates strings anyway. Clients do not need limits in responses.
    """
    for schema in _listed(spec, "requests", "responses"):
        schema.pop("pattern", None)
        width = WIDTHS.get(schema.get("format", ""))
        for keyword in ("minimum", "maximum"):
            if width is not None and abs(schema.get(keyword, 0)) >= width:
                del schema[keyword]
    for schema in _listed(spec, "responses"):
        for keyword in LIMITS:
            schema.pop(keyword, None)


@rule("open-objects")
def open_objects(spec: Spec) -> None:
    """Allow additional properties in every object.

    Otherwise clients would reject new fields in responses, and request types would be no better.
    """
    for _, schema in list(spec.schemas()):
        if schema.get("additionalProperties") is False:
            del schema["additionalProperties"]


@rule("any-json")
def any_json(spec: Spec) -> None:
    """Replace each reference to the schema of any JSON value by an empty schema.

    Generators turn a component into an empty class.
    """
    reference = {"$ref": "#/components/schemas/Json"}
    for _, schema in list(spec.schemas()):
        if schema.get("$ref") == reference["$ref"]:
            del schema["$ref"]
        if schema.get("additionalProperties") == reference:
            schema["additionalProperties"] = True
    _components(spec, "schemas").pop("Json", None)


@rule("json-parts")
def json_parts(spec: Spec) -> None:
    """Declare a JSON part of a multipart form as a string, with its schema in `x-content-schema`.

    Most generators serialize an object there with their language's default formatting, which is not JSON.
    """
    for operation in spec.operations:
        body = spec.resolve(operation.definition.get("requestBody")) or {}
        form = body.get("content", {}).get("multipart/form-data", {})
        for part in (spec.resolve(form.get("schema", {})) or {}).get("properties", {}).values():
            if "properties" not in (spec.resolve(part) or {}):
                continue
            words = f"{part.get('description', '')} Write it as JSON, with the fields of `{_name(part)}`."
            reference = part["$ref"]
            part.clear()
            part.update(type="string", description=words.strip())
            part["x-content-schema"] = {"$ref": reference}
        form.pop("encoding", None)  # the remaining encodings are the defaults


@rule("bare-references")
def bare_references(spec: Spec) -> None:
    """Remove the keywords beside references, and replace a component that is only a reference by a copy.

    In OpenAPI 3.0, keywords beside a reference require an `allOf`, which some generators turn into a separate
    class.
    """
    for name, schema in _components(spec, "schemas").items():
        if "$ref" in schema:
            target = spec.resolve(schema)
            words = {key: value for key, value in schema.items() if key != "$ref"}
            spec.document["components"]["schemas"][name] = {**copy.deepcopy(target), **words}
    for _, schema in list(spec.schemas()):
        if "$ref" in schema and len(schema) > 1:
            reference = schema["$ref"]
            schema.clear()
            schema["$ref"] = reference


# Components -------------------------------------------------------------------------------------------------


@rule("no-links")
def no_links(spec: Spec) -> None:
    """Remove links, which clients do not follow."""
    for operation in spec.operations:
        for response in spec.responses(operation).values():
            response.pop("links", None)  # type: ignore[attr-defined]
    spec.document["components"].pop("links", None)


@rule("no-unused-components")
def no_unused_components(spec: Spec) -> None:
    """Remove components that are no longer referenced."""
    while True:
        used = set(_references(spec.document))
        unused = [
            (kind, name)
            for kind, components in spec.document["components"].items()
            for name in components
            if kind != "securitySchemes" and f"#/components/{kind}/{name}" not in used
        ]
        for kind, name in unused:
            del spec.document["components"][kind][name]
        if not unused:
            return


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


@rule("named-enums")
def named_enums(spec: Spec) -> None:
    """Move each enum in a request to a component named after its object and field, or after its parameter.

    Generators name an inline enum after its field only, so two enums get inconsistent names.
    """
    schemas = _components(spec, "schemas")
    found: list[tuple[str, Json]] = []
    for name, schema in list(schemas.items()):
        for field, definition in schema.get("properties", {}).items():
            if "enum" in definition:
                found.append((f"{name}{_pascal(field)}", definition))
    for name, parameter in _components(spec, "parameters").items():
        if "enum" in parameter.get("schema", {}):
            found.append((name, parameter["schema"]))
    for name, schema in found:
        if name in schemas:
            raise NameTaken(f"there is a schema {name} already")
        schemas[name] = dict(schema)
        schema.clear()
        schema["$ref"] = f"#/components/schemas/{name}"


def _pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"\W|_", name))


@rule("one-name-one-component")
def one_name_one_component(spec: Spec) -> None:
    """Add the kind to the names of components other than schemas: `SessionResponse`, `SessionStartBody`.

    Generators that use one namespace for all components fail, or number the components, if two kinds share a
    name.
    """
    renamed: dict[str, str] = {}
    components = spec.document["components"]
    for kind, ending in NAMES_OF_KINDS.items():
        for name in components.get(kind, {}):
            renamed[f"#/components/{kind}/{name}"] = name if name.endswith(ending) else f"{name}{ending}"
    taken: set[str] = {name.lower() for name in components["schemas"]}
    for new in renamed.values():
        if new.lower() in taken:
            raise NameTaken(f"two components would be {new}")
        taken.add(new.lower())
    for kind in NAMES_OF_KINDS:
        if kind in components:
            components[kind] = {
                renamed[f"#/components/{kind}/{name}"]: value for name, value in components[kind].items()
            }
    schemes = {old.rpartition("/")[2]: new for old, new in renamed.items() if "/securitySchemes/" in old}
    for holder in [spec.document, *(one.definition for one in spec.operations)]:
        if "security" in holder:
            holder["security"] = [  # type: ignore[index]
                {schemes[name]: scopes for name, scopes in alternative.items()}
                for alternative in holder["security"]
            ]
    _redirect_references(spec.document, renamed)


def _redirect_references(node: Any, renamed: Mapping[str, str]) -> None:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference in renamed:
            node["$ref"] = f"{reference.rpartition('/')[0]}/{renamed[reference]}"
        for value in node.values():
            _redirect_references(value, renamed)
    elif isinstance(node, list):
        for value in node:
            _redirect_references(value, renamed)


@rule("no-examples")
def no_examples(spec: Spec) -> None:
    """Remove examples that are no longer valid for their schema."""
    for _, _, body in list(spec.media_types()):
        examples = body.get("examples", {})
        for name in [
            name
            for name, example in examples.items()
            if spec.problems(body.get("schema", {}), (spec.resolve(example) or {}).get("value"))
        ]:
            del examples[name]
        if not examples:
            body.pop("examples", None)
    for _, schema in list(spec.schemas()):
        kept = [one for one in schema.get("examples", ()) if not spec.problems(schema, one)]
        if kept:
            schema["examples"] = kept
        else:
            schema.pop("examples", None)
    no_unused_components(spec)


@rule("no-sdk-extensions")
def no_sdk_extensions(spec: Spec) -> None:
    """Remove `x-sdk-…` extensions, which are for this project's generator only."""
    _without_sdk(spec.document)


def _without_sdk(node: Any) -> None:
    if isinstance(node, dict):
        for name in [name for name in node if str(name).startswith("x-sdk-")]:
            del node[name]
        for value in node.values():
            _without_sdk(value)
    elif isinstance(node, list):
        for value in node:
            _without_sdk(value)
