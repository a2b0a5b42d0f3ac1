"""Rules for the extensions of `openapi.yaml`.

`x-extensions` in the document describes them and has the JSON Schema of each. `spec_rules` includes these
rules. `sdk_rules` has the rules that involve several `x-sdk-…` extensions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from spec import ERROR, METHODS, Found, Operation, Path_, Spec, rule

SAFE_METHODS = frozenset({"get", "head", "options"})
"""Methods whose requests may be repeated unless the operation says otherwise."""
LAST_EVENT_ID = "Last-Event-ID"
"""A header that every EventSource sends automatically, so no operation has a parameter for it."""
NAMED_PERMISSION = re.compile(r"`([a-z_]+(?:\.[a-z_]+)+)`")
ANY_FOR_WORKSPACES = re.compile(r"any permission for workspaces(?: except `([a-z_.]+)`)?")
LENGTH_OF_TIME = re.compile(r"[1-9][0-9]*h")


def place(where: Path_) -> str | None:
    """Return the kind of a place in the document, as named in `x-extensions`."""
    match where:
        case ():
            return "document"
        case ("info",):
            return "info"
        case ("paths", _, method) if method in METHODS:
            return "operation"
        case ("components", "responses", _) | (*_, "responses", _):
            return "response"
        case ("components", "securitySchemes", _):
            return "security scheme"
        case ("components", "parameters", _):
            return "parameter"
        case ("components", "requestBodies", _):
            return "request body"
        case (*_, name) if name.startswith("x-"):
            return "extension"
        case _ if "schemas" in where or "schema" in where:
            return "schema"
    return None


def extensions(node: Any, where: Path_ = ()) -> Iterator[tuple[Path_, str, Any]]:
    """Yield (place of the extended object, name, value) for every extension, including nested ones."""
    if isinstance(node, dict):
        for name, value in node.items():
            if str(name).startswith("x-") and where[-1:] != ("properties",):
                yield where, name, value
                if name == "x-extensions":
                    continue
            if name not in {"value", "example", "examples", "default"}:
                yield from extensions(value, (*where, str(name)))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from extensions(value, (*where, str(index)))


@rule("extensions")
def known_extensions(spec: Spec) -> Iterator[Found]:
    """Every extension is described in `x-extensions`, is used where that allows it, and has a valid value."""
    index: Mapping[str, Any] = spec.document.get("x-extensions", {})
    used: set[str] = set()
    for where, name, value in extensions(spec.document):
        used.add(name)
        known = index.get(name)
        if known is None:
            yield (*where, name), f"{name} is not described in x-extensions"
        elif place(where) not in known["on"]:
            yield (*where, name), f"{name} stands on {' or '.join(known['on'])}"
        else:
            for problem in spec.problems(known["schema"], value):
                yield (*where, name), problem
    for name, known in index.items():
        if not known.get("description", "").strip():
            yield ("x-extensions", name), "no description"
        if name not in used:
            yield ("x-extensions", name), f"nothing has {name}"


@rule("error-code-list")
def error_code_list(spec: Spec) -> Iterator[Found]:
    """`x-error-codes` lists exactly the codes of responses and event streams, sorted."""
    listed = spec.document.get("x-error-codes", {})
    used = {code for where, name, codes in extensions(spec.document) if name == "x-codes" for code in codes}
    for code in sorted(used - listed.keys() - {None}):
        yield ("x-error-codes",), f"{code} is not described: say what it means and what to do"
    for code in sorted(listed.keys() - used):
        yield ("x-error-codes", code), f"no x-codes has {code}"
    if list(listed) != sorted(listed):
        yield ("x-error-codes",), "the codes are not in alphabetical order"


@rule("permissions")
def permissions(spec: Spec) -> Iterator[Found]:
    """An operation with an API key names the permissions it needs, in `x-permissions` and its description."""
    scheme = spec.components.get("securitySchemes", {}).get("apiKey", {})
    known: Mapping[str, str] = scheme.get("x-permissions", {})
    for name, scope in known.items():
        if f"| `{name}` | `{scope}` |" not in scheme.get("description", ""):
            yield ("components", "securitySchemes", "apiKey"), f"its description has no row for {name}"
    for operation in spec.operations:
        where = (*operation.where, "x-permissions")
        needed = permissions_of(operation)
        if ("apiKey" in spec.security(operation)) != bool(needed):
            yield where, f"{operation.id} {'takes no API key' if needed else 'needs x-permissions'}"
            continue
        for name in sorted(needed - known.keys()):
            yield where, f"the API key has no permission {name}"
        words = operation.definition.get("description", "")
        named = named_permissions(words, known)
        if needed and not words.startswith("Like `") and named != needed:
            yield where, f"the description names {', '.join(sorted(named)) or 'no permission'}"
        fields = spec.body_fields(operation)
        for entry in operation.definition.get("x-permissions", ()):
            for field in entry.get("when", {}) if isinstance(entry, dict) else ():
                if field.partition(".")[0] not in fields:
                    yield where, f"{operation.id} has no field {field}"


def named_permissions(words: str, known: Iterable[str]) -> set[str]:
    """Return the permissions that a description names, including the group of workspace permissions."""
    found = set(NAMED_PERMISSION.findall(words))
    if group := ANY_FOR_WORKSPACES.search(" ".join(words.split())):
        found.discard(group[1])  # the description excludes this permission from the group
        found |= {name for name in known if name.startswith("workspace.") and name != group[1]}
    return found & set(known)


def permissions_of(operation: Operation) -> set[str]:
    """Return all permissions that an operation names."""
    return {
        entry["permission"] if isinstance(entry, dict) else entry
        for entry in operation.definition.get("x-permissions", ())
    }


@rule("repeats")
def repeats(spec: Spec) -> Iterator[Found]:
    """An operation that changes something states when it is safe to repeat, by its own fields and codes."""
    for operation in spec.operations:
        where = (*operation.where, "x-repeat")
        stated = operation.definition.get("x-repeat")
        if stated is None:
            if operation.method not in SAFE_METHODS:
                yield (
                    where,
                    f"{operation.id} needs x-repeat: may it be sent again when its response was lost?",
                )
            continue
        if operation.method in SAFE_METHODS and stated.get("safe") == "always":
            yield where, f"a {operation.method} is so by itself"
        identifying = {"key", "identity"} & stated.keys()
        takes_uses = stated.get("safe") == "never" and "publicAccessToken" in spec.security(operation)
        if (stated.get("safe") == "identified") != bool(identifying) and not takes_uses:
            yield where, "`identified` and a field that identifies the request belong together"
        fields = spec.body_fields(operation)
        named = [*stated.get("identity", ()), *(stated[key] for key in ("key",) if key in stated)]
        kept = stated.get("kept", "forever")
        named += [] if kept == "forever" or LENGTH_OF_TIME.fullmatch(kept) else [kept]
        for name in named:
            if name not in fields:
                yield where, f"{operation.id} has no field {name}"
        responses = spec.responses(operation)
        if stated.get("repeated", "200") not in responses and "repeated" in stated:
            yield where, f"{operation.id} has no response {stated['repeated']}"
        for key, status in (("mismatch", "409"), ("pending", "202")):
            if key in stated and stated[key] not in responses.get(status, {}).get("x-codes", ()):
                yield where, f"the {status} of {operation.id} does not have the code {stated[key]}"


@rule("pagination")
def pagination(spec: Spec) -> Iterator[Found]:
    """A list operation states how it is paged, using its own parameters and fields."""
    for operation in spec.operations:
        definition, where = operation.definition, (*operation.where, "x-pagination")
        stated = definition.get("x-pagination")
        if (stated is None) == ("x-sdk-items" in definition):
            yield where, f"{operation.id} {'needs x-pagination' if stated is None else 'has no x-sdk-items'}"
        if stated is None or "x-sdk-items" not in definition:
            continue
        result = spec.result_fields(operation)
        items = spec.resolve(result.get(definition["x-sdk-items"])) or {}
        parameters = _parameters(spec, operation)
        yield from _absent(where, stated, ("limit", "cursor"), parameters, "parameter")
        yield from _absent(where, stated, ("next",), result, "field")
        yield from _absent(where, stated, ("item",), spec.fields(items.get("items", {})), "field of an item")


@rule("event-streams")
def event_streams(spec: Spec) -> Iterator[Found]:
    """An event stream states how to resume it and when it ends, using existing parameters and operations."""
    for operation in spec.operations:
        where = (*operation.where, "x-event-stream")
        stated = operation.definition.get("x-event-stream")
        streams = any(
            "text/event-stream" in response.get("content", {})
            for response in spec.responses(operation).values()
        )
        if (stated is None) == streams:
            yield where, f"{operation.id} {'needs x-event-stream' if streams else 'has no event stream'}"
        if stated is None:
            continue
        for name in stated.get("resume", ()):
            if name not in {LAST_EVENT_ID, *_parameters(spec, operation)}:
                yield where, f"{operation.id} has no parameter {name}"
        if spec.operation(stated.get("then", "")) is None:
            yield where, f"there is no operation {stated.get('then')}"


@rule("waits")
def waits(spec: Spec) -> Iterator[Found]:
    """A long-polling operation has the field that reports whether the wait timed out."""
    for operation in spec.operations:
        stated = operation.definition.get("x-wait")
        if stated is not None:
            where = (*operation.where, "x-wait")
            yield from _absent(where, stated, ("timed-out",), spec.result_fields(operation), "field")


def _parameters(spec: Spec, operation: Operation) -> set[str]:
    return {one["name"] for one in spec.parameters(operation) if one.get("in") in {"query", "header"}}


def _absent(
    where: Path_, stated: Mapping[str, Any], keys: Iterable[str], among: Iterable[str], kind: str
) -> Iterator[Found]:
    for key in keys:
        if key in stated and stated[key] not in among:
            yield where, f"there is no {kind} {stated[key]}"


@rule("response-codes")
def response_codes(spec: Spec) -> Iterator[Found]:
    """An error response has `x-codes`, which lists exactly the codes in its examples."""
    for operation in spec.operations:
        for status, response in spec.responses(operation).items():
            body = response.get("content", {}).get("application/json", {})
            where = (*operation.where, "responses", status)
            stated = response.get("x-codes")
            if (ERROR in str(body.get("schema"))) != (stated is not None):
                yield where, "x-codes belongs to a response whose body is an error, and only there"
            if stated is None:
                continue
            values = [(spec.resolve(one) or {}).get("value") for one in body.get("examples", {}).values()]
            shown = {value.get("code") for value in values if isinstance(value, dict)}
            for code in sorted(set(stated) - shown, key=str):
                what = f"the code {code}" if code else "the error without a code"
                yield where, f"no example shows {what}: add one, or remove it from x-codes"
            for code in sorted(shown - set(stated), key=str):
                what = f"the code {code}" if code else "no code"
                yield where, f"an example has {what}, which is not in x-codes: add it there, or correct it"
