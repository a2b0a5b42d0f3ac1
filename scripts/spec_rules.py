"""Rules for `openapi.yaml` beyond valid OpenAPI, used by `make spec-lint` and the tests.

Each rule is a function from a document to its findings; its docstring states the rule. Add one by decorating
it with `@rule("name")`, and add a broken document for it to `tests/unit/test_spec_rules.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import example_rules  # noqa: F401  its rules are among these
import extension_rules  # noqa: F401  its rules are among these
import sdk_rules  # noqa: F401  its rules are among these
from openapi_document import LOADER as LOADER
from openapi_document import load as load
from spec import RULES as RULES
from spec import Found, Operation, Path_, rule, walk
from spec import Spec as Spec
from spec import check as check
from spec import subschemas as subschemas

# Operations -------------------------------------------------------------------------------------------------

VERBS = (
    *("activate", "append", "archive", "cancel", "close", "complete", "connect", "count", "create"),
    *("deactivate", "delete", "get", "list", "materialize", "preflight", "promote", "read", "resize"),
    *("set", "start", "stop", "update", "write"),
)
OPERATION_ID = re.compile(rf"(?:{'|'.join(VERBS)})(?:[A-Z][a-z0-9]+)+")


@rule("operation-id")
def operation_id(spec: Spec) -> Iterator[Found]:
    """Every operation has a unique id in camel case: a verb of the list, then nouns."""
    seen: dict[str, str] = {}
    for operation in spec.operations:
        given = operation.definition.get("operationId")
        if given is None:
            yield operation.where, "no operationId"
        elif not OPERATION_ID.fullmatch(given):
            yield (
                (*operation.where, "operationId"),
                f"{given} is not a verb ({', '.join(VERBS)}) and nouns in camel case; "
                "a new verb goes into VERBS in scripts/spec_rules.py",
            )
        elif given.lower() in seen:
            yield (*operation.where, "operationId"), f"{given} is also the id of {seen[given.lower()]}"
        else:
            seen[given.lower()] = f"{operation.method.upper()} {operation.path}"


@rule("operation-words")
def operation_words(spec: Spec) -> Iterator[Found]:
    """Every operation has one declared tag, a one-line summary without a full stop, and a description."""
    declared = {tag.get("name") for tag in spec.document.get("tags", [])}
    used = set()
    for operation in spec.operations:
        tags = operation.definition.get("tags", [])
        used |= set(tags)
        if len(tags) != 1 or not set(tags) <= declared:
            yield (
                (*operation.where, "tags"),
                f"{operation.id} needs exactly one tag of those declared, has {tags}",
            )
        summary = operation.definition.get("summary", "")
        if not summary or "\n" in summary or summary.endswith(".") or len(summary) > 100:
            yield (
                (*operation.where, "summary"),
                "a summary is one line of at most 100 characters without a full stop",
            )
        if not operation.definition.get("description", "").strip():
            yield (*operation.where, "description"), f"{operation.id} has no description"
    for index, tag in enumerate(spec.document.get("tags", [])):
        if tag.get("name") not in used:
            yield ("tags", str(index)), f"no operation has the tag {tag.get('name')}"
        if not tag.get("description"):
            yield ("tags", str(index)), f"the tag {tag.get('name')} has no description"


@rule("path-parameters")
def path_parameters(spec: Spec) -> Iterator[Found]:
    """An operation has exactly the path parameters that its path names."""
    for operation in spec.operations:
        given = {one.get("name") for one in spec.parameters(operation) if one.get("in") == "path"}
        named = set(re.findall(r"{(\w+)}", operation.path))
        if given != named:
            yield operation.where, f"path parameters {sorted(map(str, given))} do not match {operation.path}"


@rule("body-where-it-belongs")
def body_where_it_belongs(spec: Spec) -> Iterator[Found]:
    """Operations that create or change something have a request body; others do not."""
    for operation in spec.operations:
        has_body = "requestBody" in operation.definition
        changes = operation.method in {"post", "put", "patch"}
        if has_body != changes:
            yield operation.where, f"{operation.id} {'takes a' if has_body else 'has no'} body"


# (operationId, status) → why an operation lacks a response that similar operations have.
NOT_DUE = {
    ("completeTokenByCallback", "404"): "an unknown token returns 401, like a wrong secret",
}
VERSIONED = "/api/"  # paths below it read and return Helmr-API-Version


@rule("due-statuses")
def due_statuses(spec: Spec) -> Iterator[Found]:
    """Every operation documents a success and the errors that operations of its kind can return."""
    for operation in spec.operations:
        responses = operation.definition.get("responses", {})
        for status, reason in _due(spec, operation).items():
            if status not in responses and (operation.id, status) not in NOT_DUE:
                yield (*operation.where, "responses"), f"{operation.id} lacks {status}: {reason}"
        if not any(status.startswith("2") for status in responses):
            yield (*operation.where, "responses"), f"{operation.id} lacks a success response"
        if "default" in responses:
            yield (*operation.where, "responses", "default"), "name each status: `default` names none"


def _due(spec: Spec, operation: Operation) -> dict[str, str]:
    if not operation.path.startswith(VERSIONED):
        return {}
    due = {"400": "an unsupported version"}
    if operation.method == "options":
        return due  # a preflight checks nothing else
    due["500"] = "a server error"
    schemes = spec.security(operation)
    if schemes:
        due |= {"401": "no credential, or an unknown one", "403": "a credential that does not allow it"}
    if "apiKey" in schemes:
        due["503"] = "keys cannot be checked"
    if (
        "{" in operation.path.replace("{callback_secret}", "").replace("{stream}", "")
        or "by-external-id" in operation.path
    ) and operation.method != "put":  # because PUT may create the object
        due["404"] = "the id does not exist"
    if "requestBody" in operation.definition:
        due["413"] = "the body is too large"
    return due


@rule("version-header")
def version_header(spec: Spec) -> Iterator[Found]:
    """Every operation below /api takes Helmr-API-Version and every response of it carries it."""
    for operation in spec.operations:
        if not operation.path.startswith(VERSIONED):
            continue
        if not any(parameter.get("name") == "Helmr-API-Version" for parameter in spec.parameters(operation)):
            yield operation.where, f"{operation.id} does not take Helmr-API-Version"
        for status, response in spec.responses(operation).items():
            early = status == "413"  # the server checks Content-Length before the version header
            if not early and "Helmr-API-Version" not in response.get("headers", {}):
                yield (
                    (*operation.where, "responses", status),
                    "the response lacks the header Helmr-API-Version",
                )


# Errors -----------------------------------------------------------------------------------------------------

NAMES_CODE = re.compile(r"\b[Cc]ode (`[a-z_]+`(?: and `[a-z_]+`)*)|^- (`[a-z_]+`):", re.MULTILINE)
NO_CODE = re.compile(r"\b(?:[Nn]o code|otherwise none)\b")


@rule("error-codes")
def error_codes(spec: Spec) -> Iterator[Found]:
    """Every error is an ErrorEnvelope.

    Its description names the possible codes, and an example shows each.
    """
    known = {
        value["code"]
        for _, _, body in spec.media_types()
        for value in _values(spec, body)
        if isinstance(value, dict) and isinstance(value.get("code"), str)
    }
    for operation in spec.operations:
        for status, response in spec.responses(operation).items():
            is_envelope = "ErrorEnvelope" in str(response.get("content"))
            if not is_envelope and (status[0] not in "45" or not operation.path.startswith(VERSIONED)):
                continue
            where = (*operation.where, "responses", status)
            body = response.get("content", {}).get("application/json")
            if not is_envelope or body is None:
                yield where, "the body of an error is an ErrorEnvelope"
                continue
            values = [value for value in _values(spec, body) if isinstance(value, dict)]
            shown = {value["code"] for value in values if "code" in value}
            words = response.get("description", "")
            named = set(re.findall("[a-z_]+", " ".join("".join(pair) for pair in NAMES_CODE.findall(words))))
            named = (named - {"and"}) | {code for code in known if f"`{code}`" in words}
            if not named and not NO_CODE.search(words):
                yield where, "the description neither names a code nor states that there is none"
            if NO_CODE.search(words) and all("code" in value for value in values):
                yield where, "no example shows the error without a code"
            stated = set(response.get("x-codes", ()))  # compared with the examples by response-codes
            for code in sorted(named - shown - stated):
                yield where, f"the description names the code {code}, which no example shows"
            for code in sorted((shown - named) & stated):
                yield (
                    where,
                    f"an example has the code {code}, which the description does not list: add it there",
                )


def _values(spec: Spec, body: Mapping[str, Any]) -> list[Any]:
    return [(spec.resolve(example) or {}).get("value") for example in body.get("examples", {}).values()]


# Examples ---------------------------------------------------------------------------------------------------


@rule("examples-are-there")
def examples_are_there(spec: Spec) -> Iterator[Found]:
    """Every body has named examples with summaries; every parameter and header has an example.

    Parameters that clients do not send must not have one: tools fill in the examples of all parameters, which
    would make the request invalid.
    """
    for where, _, body in spec.media_types():
        examples = body.get("examples", {})
        if not examples:
            yield where, "a body without examples"
        for name, example in examples.items():
            resolved = spec.resolve(example) or {}
            if not resolved.get("summary") or "value" not in resolved:
                yield (*where, "examples", name), "an example needs a summary and a value"
    for kind in ("parameters", "headers"):
        for name, holder in spec.components.get(kind, {}).items():
            has_example = "example" in holder or bool(holder.get("examples"))
            if has_example == bool(holder.get("x-sdk-omit")):
                what = "an example of a parameter that clients do not send" if has_example else "no example"
                yield ("components", kind, name), what


@rule("examples-validate")
def examples_validate(spec: Spec) -> Iterator[Found]:
    """Every example is valid for its schema."""
    for where, media_type, body in spec.media_types():
        for name, example in body.get("examples", {}).items():
            value = (spec.resolve(example) or {}).get("value")
            place = (*where, "examples", name)
            if media_type == "text/event-stream" and isinstance(value, str):
                for problem in _stream_problems(spec, body.get("schema", {}), value):
                    yield place, problem
            else:
                for problem in spec.problems(body.get("schema", {}), value):
                    yield place, problem
    for where, holder in spec.schema_holders():
        if "example" in holder:
            for problem in spec.problems(holder["schema"], holder["example"]):
                yield (*where, "example"), problem
    for where, schema in spec.schemas():
        for index, value in enumerate(schema.get("examples", [])):
            for problem in spec.problems(schema, value):
                yield (*where, "examples", str(index)), problem
        if "default" in schema:
            for problem in spec.problems(schema, schema["default"]):
                yield (*where, "default"), problem


def _stream_problems(spec: Spec, schema: Any, text: str) -> Iterator[str]:
    """Yield the problems of an example stream.

    The schema describes the frames (objects) or their data only.
    """
    resolved = spec.resolve(schema) or {}
    if resolved.get("contentMediaType") == "text/event-stream":
        schema = resolved.get("contentSchema", {})
        resolved = spec.resolve(schema) or {}
    frames = list(event_frames(text))
    if not frames:
        yield "an event stream without a frame"
    for frame in frames:
        whole = resolved.get("type") != "string"
        problems = spec.problems(schema, frame) if whole else []
        data = resolved.get("contentSchema", {})
        if whole:
            data = resolved.get("properties", {}).get("data", {}).get("contentSchema", {})
        try:
            problems += spec.problems(data, json.loads(frame.get("data", "")))
        except ValueError:
            problems.append("its data is not JSON")
        yield from (f"in the frame {frame.get('id')}: {problem}" for problem in problems)


def event_frames(text: str) -> Iterator[dict[str, str]]:
    """Yield the events of an SSE body as objects with their fields, without comments."""
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if lines:
            yield {
                name: value.removeprefix(" ") for name, _, value in (line.partition(":") for line in lines)
            }


# Links ------------------------------------------------------------------------------------------------------


@rule("links-resolve")
def links_resolve(spec: Spec) -> Iterator[Found]:
    """A link refers to an operation, passes all its required parameters, and reads existing values."""
    for operation in spec.operations:
        for status, response in spec.responses(operation).items():
            for name, reference in response.get("links", {}).items():
                link = spec.resolve(reference)
                where = (*operation.where, "responses", status, "links", name)
                target = spec.operation((link or {}).get("operationId", ""))
                if target is None:
                    yield where, f"the link refers to an unknown operation: {(link or {}).get('operationId')}"
                    continue
                known = {
                    parameter["name"]: parameter
                    for parameter in spec.parameters(target)
                    if "name" in parameter
                }
                given = {
                    name_.rpartition(".")[2]: value for name_, value in link.get("parameters", {}).items()
                }
                for unknown in sorted(given.keys() - known.keys()):
                    yield where, f"{target.id} has no parameter {unknown}"
                for parameter in known.values():
                    if parameter.get("required") and parameter["name"] not in given:
                        yield where, f"{target.id} requires {parameter['name']}, which the link does not pass"
                for expression in given.values():
                    if problem := _unresolved(spec, operation, response, expression):
                        yield where, problem


def _unresolved(spec: Spec, operation: Operation, response: Mapping[str, Any], expression: Any) -> str | None:
    if not isinstance(expression, str) or not expression.startswith("$"):
        return None  # a constant
    if expression.startswith("$response.body#/"):
        schema = response.get("content", {}).get("application/json", {}).get("schema")
        parts = expression.removeprefix("$response.body#/").split("/")
        return None if _has(spec, schema, parts) else f"the response's schema has no value at {expression}"
    if expression.startswith("$request.body#/"):
        body = spec.resolve(operation.definition.get("requestBody", {}))
        schema = body.get("content", {}).get("application/json", {}).get("schema")
        parts = expression.removeprefix("$request.body#/").split("/")
        return None if _has(spec, schema, parts) else f"the request's schema has no value at {expression}"
    if match := re.fullmatch(r"\$request\.(path|query|header)\.(.+)", expression):
        place, name = match.groups()
        sent = {(parameter.get("in"), parameter.get("name")) for parameter in spec.parameters(operation)}
        return None if (place, name) in sent else f"{operation.id} has no parameter for {expression}"
    return f"{expression} is not a supported expression"


def _has(spec: Spec, schema: Any, parts: list[str]) -> bool:
    schema = spec.resolve(schema)
    if not isinstance(schema, dict):
        return False
    if not parts:
        kinds = schema.get("type")
        named = [kinds] if isinstance(kinds, str) else kinds or []
        return bool({"string", "integer"} & set(named))  # an id or a cursor
    if parts[0].isdigit() and "items" in schema:
        return _has(spec, schema["items"], parts[1:])
    if parts[0] in schema.get("properties", {}):
        return _has(spec, schema["properties"][parts[0]], parts[1:])
    alternatives = [item for keyword in ("allOf", "anyOf", "oneOf") for item in schema.get(keyword, [])]
    return any(_has(spec, item, parts) for item in alternatives)


# Schemas ----------------------------------------------------------------------------------------------------

LOGIC = {
    "if",
    "then",
    "else",
    "not",
}  # subschemas of these are conditions, which need no name or description


@rule("no-anonymous-objects")
def no_anonymous_objects(spec: Spec) -> Iterator[Found]:
    """Every object schema has a name, which generators use for its class."""
    for where, schema in spec.schemas():
        named = where[:2] == ("components", "schemas") and len(where) == 3
        if named or LOGIC & set(where):
            continue
        types = schema.get("type", ())
        if "properties" in schema or "object" in ([types] if isinstance(types, str) else types):
            yield where, "an object schema without a name: give it one under components/schemas"


@rule("everything-described")
def everything_described(spec: Spec) -> Iterator[Found]:
    """Schemas, fields, parameters, headers, responses, bodies and links have descriptions."""
    for where, schema in spec.schemas():
        if LOGIC & set(where):
            continue
        named = where[:2] == ("components", "schemas") and len(where) == 3
        field = len(where) > 3 and where[-2] == "properties"
        if (named or field) and not schema.get("description", "").strip() and "$ref" not in schema:
            yield where, "no description"
        for name in schema.get("required", []):
            if "properties" in schema and name not in schema["properties"]:
                yield where, f"{name} is required but not declared"
    for kind in ("parameters", "headers", "responses", "requestBodies", "links", "securitySchemes"):
        for name, node in spec.components.get(kind, {}).items():
            if not node.get("description", "").strip():
                yield ("components", kind, name), "no description"


@rule("prose-in-comments")
def prose_in_comments(spec: Spec) -> Iterator[Found]:
    """No description contains `*/`, which would end a comment in generated code."""
    for where, node in walk(spec.document, ()):
        words = node.get("description") if isinstance(node, dict) else None
        if isinstance(words, str) and "*/" in words:
            yield (*where, "description"), "*/ ends the comments of generated code: reword it"


@rule("enum-values-described")
def enum_values_described(spec: Spec) -> Iterator[Found]:
    """The description of an enum explains each value."""
    for where, schema in spec.schemas():
        if LOGIC & set(where):
            continue
        holder = spec.at("#/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in where[:-1]))
        words = schema.get("description", "")
        if where[-1] == "schema" and isinstance(holder, dict):
            words += holder.get("description", "")  # the parameter's description
        for value in schema.get("enum", []):
            # A parameter may refer to the schema that describes its values.
            if value is not None and f"`{value}`" not in words and not _is_run_status(spec, holder, value):
                yield where, f"the description does not explain `{value}`"


def _is_run_status(spec: Spec, holder: Any, value: Any) -> bool:
    statuses = spec.components.get("schemas", {}).get("RunStatus", {}).get("enum", [])
    return isinstance(holder, dict) and "run status" in holder.get("description", "") and value in statuses


@rule("parameter-limits")
def parameter_limits(spec: Spec) -> Iterator[Found]:
    """An integer has a minimum, a maximum and a format; a path parameter has a pattern or format."""
    for name, parameter in spec.components.get("parameters", {}).items():
        schema = spec.resolve(parameter.get("schema", {})) or {}
        where = ("components", "parameters", name, "schema")
        if schema.get("type") == "integer" and not {"minimum", "maximum", "format"} <= schema.keys():
            yield where, "an integer needs minimum, maximum and format"
        bounded = {"pattern", "format", "enum", "maxLength", "minLength"} & schema.keys()
        if parameter.get("in") == "path" and schema.get("type") == "string" and not bounded:
            yield where, "a path parameter needs a format, a pattern or a length"


# Components -------------------------------------------------------------------------------------------------


@rule("no-unused-components")
def no_unused_components(spec: Spec) -> Iterator[Found]:
    """Every component is used by an operation, directly or indirectly."""
    used: set[Path_] = set()
    pending: list[Any] = [spec.document.get("paths", {}), spec.document.get("webhooks", {})]
    while pending:
        for _, node in walk(pending.pop(), ()):
            for reference in _references(node):
                where = tuple(reference.removeprefix("#/").split("/"))
                if where not in used:
                    used.add(where)
                    pending.append(spec.at(reference))
    schemes = {name for operation in spec.operations for name in spec.security(operation)}
    used |= {("components", "securitySchemes", name) for name in schemes}
    for kind, fields in spec.components.items():
        for name in fields:
            if ("components", kind, name) not in used:
                yield ("components", kind, name), "nothing refers to it"


def _references(node: Any) -> Iterator[str]:
    if not isinstance(node, dict):
        return
    if isinstance(node.get("$ref"), str):
        yield node["$ref"]
    mapping = node.get("mapping")
    if "propertyName" in node and isinstance(mapping, dict):  # a discriminator
        yield from mapping.values()


@rule("references-resolve")
def references_resolve(spec: Spec) -> Iterator[Found]:
    """Every reference has a target of the right kind in this file."""
    for where, node in walk(spec.document, ()):
        if "value" in where or "example" in where:
            continue
        for reference in _references(node):
            if not reference.startswith("#/"):
                yield where, f"{reference} refers to another file"
            elif spec.at(reference) is None:
                yield where, f"{reference} does not exist"
