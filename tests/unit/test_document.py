"""openapi.yaml holds what its readers and the tools that are fed with it rely on.

Each rule is a function from a document to the list of its violations. The document must have none, and a copy
of it with one thing broken must have some: a rule that cannot fail would prove nothing.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import jsonschema_rs
import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

Node = dict[str, Any]
Rule = Callable[[Node], list[str]]

DOCUMENT: Node = yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_text(encoding="utf-8"))
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# What each operation answers, from the contract: status -> error codes. Those in `BY_EXTERNAL_ID` have a twin
# that answers the same. 405 and the 404 of an unknown path come before any operation and are told in `info`.
EMPTY: frozenset[str] = frozenset()
AUTHENTICATED: dict[int, frozenset[str]] = {400: EMPTY, 401: EMPTY, 403: EMPTY, 500: EMPTY, 503: EMPTY}
START_CONFLICT = frozenset(
    {
        "task_not_deployed",
        "task_archived",
        "session_terminal",
        "session_fingerprint_mismatch",
        "session_has_no_current_run",
        "idempotency_fingerprint_mismatch",
        "idempotency_external_id_mismatch",
        "sandbox_not_deployed",
        "workspace_sandbox_incompatible",
        "workspace_resource_floor_unsatisfied",
    }
)
START: dict[int, frozenset[str]] = {
    **AUTHENTICATED,
    200: EMPTY,
    202: frozenset({"idempotency_pending"}),
    400: frozenset({"workspace_version_artifact_corrupt", "deployment_sandbox_artifact_corrupt"}),
    409: START_CONFLICT,
    413: EMPTY,
    503: frozenset({"coordination_unavailable"}),
}
SESSION: dict[int, frozenset[str]] = {**AUTHENTICATED, 200: EMPTY, 404: EMPTY}
STREAM: dict[int, frozenset[str]] = {**AUTHENTICATED, 404: frozenset({"stream_not_found"})}
PUBLIC: dict[int, frozenset[str]] = {
    400: EMPTY,
    401: frozenset({"token_scope_denied"}),
    403: frozenset({"token_scope_denied"}),
    500: EMPTY,
}
TOKEN: dict[int, frozenset[str]] = {**AUTHENTICATED, 200: EMPTY, 404: frozenset({"token_not_found"})}
PREFLIGHT: dict[int, frozenset[str]] = {204: EMPTY, 400: EMPTY}

BY_EXTERNAL_ID: dict[str, dict[int, frozenset[str]]] = {
    "getSession": SESSION,
    "updateSession": {
        **SESSION,
        400: frozenset({"session_expires_at_not_extendable"}),
        409: frozenset({"session_terminal"}),
        413: EMPTY,
    },
    "closeSession": {**SESSION, 409: frozenset({"session_terminal", "close_run_active"}), 413: EMPTY},
    "cancelSession": {**SESSION, 409: frozenset({"session_terminal"}), 413: EMPTY},
    "listSessionRuns": SESSION,
    "listSessionStreams": SESSION,
    "appendInputRecord": {
        **STREAM,
        201: EMPTY,
        409: frozenset({"session_terminal", "idempotency_fingerprint_mismatch"}),
        410: frozenset({"session_expired"}),
        413: EMPTY,
        500: frozenset({"stream_direction_mismatch"}),
    },
    "listInputRecords": {**STREAM, 200: EMPTY},
    "appendOutputRecord": {
        **STREAM,
        201: EMPTY,
        409: frozenset({"idempotency_fingerprint_mismatch"}),
        413: EMPTY,
        500: frozenset({"stream_direction_mismatch"}),
    },
    "listOutputRecords": {**STREAM, 200: EMPTY},
    "readOutputRecord": {**STREAM, 200: EMPTY},
    "appendInputRecordWithPublicAccessToken": {
        **PUBLIC,
        201: EMPTY,
        404: frozenset({"stream_not_found"}),
        409: frozenset({"session_terminal", "idempotency_fingerprint_mismatch"}),
        410: frozenset({"token_expired", "session_expired"}),
        413: EMPTY,
        500: frozenset({"stream_direction_mismatch"}),
    },
    "preflightAppendInputRecord": PREFLIGHT,
    "readOutputRecordWithPublicAccessToken": {
        **PUBLIC,
        200: EMPTY,
        404: frozenset({"stream_not_found"}),
        410: frozenset({"token_expired"}),
    },
    "preflightReadOutputRecord": PREFLIGHT,
}
OPERATIONS: dict[str, dict[int, frozenset[str]]] = {
    "listTasks": {**AUTHENTICATED, 200: EMPTY},
    "getTask": {**AUTHENTICATED, 200: EMPTY, 404: EMPTY},
    "startSession": {**START, 201: EMPTY},
    "startSessionAndWait": START,
    "listSessions": {**AUTHENTICATED, 200: EMPTY},
    **BY_EXTERNAL_ID,
    **{f"{name}ByExternalId": answers for name, answers in BY_EXTERNAL_ID.items()},
    "listRuns": {**AUTHENTICATED, 200: EMPTY},
    "countRuns": {**AUTHENTICATED, 200: EMPTY},
    "getRun": {**AUTHENTICATED, 200: EMPTY, 404: EMPTY},
    "cancelRun": {**AUTHENTICATED, 200: EMPTY, 404: EMPTY, 409: EMPTY, 413: EMPTY},
    "listRunEvents": {**AUTHENTICATED, 200: EMPTY, 404: EMPTY},
    "getRunLogs": {**AUTHENTICATED, 200: EMPTY, 404: EMPTY},
    "createToken": {
        **AUTHENTICATED,
        200: EMPTY,
        201: EMPTY,
        409: frozenset({"idempotency_fingerprint_mismatch"}),
        413: EMPTY,
    },
    "listTokens": {**AUTHENTICATED, 200: EMPTY},
    "getToken": TOKEN,
    "completeToken": {
        **TOKEN,
        409: frozenset({"token_completion_conflict", "token_cancelled"}),
        410: frozenset({"token_expired"}),
        413: EMPTY,
    },
    "cancelToken": {**TOKEN, 409: frozenset({"token_cancelled"}), 410: frozenset({"token_expired"})},
    "createPublicAccessToken": {
        **AUTHENTICATED,
        201: EMPTY,
        404: frozenset({"stream_not_found"}),
        410: frozenset({"token_expired"}),
        413: EMPTY,
    },
    "completeTokenWithPublicAccessToken": {
        **PUBLIC,
        200: EMPTY,
        404: frozenset({"token_not_found"}),
        409: frozenset({"token_completion_conflict", "token_cancelled"}),
        410: frozenset({"token_expired"}),
        413: EMPTY,
    },
    "preflightCompleteToken": PREFLIGHT,
    "completeTokenByCallback": {
        200: EMPTY,
        400: EMPTY,
        401: frozenset({"token_scope_denied"}),
        409: frozenset({"token_completion_conflict"}),
        410: frozenset({"token_expired"}),
        413: EMPTY,
        500: EMPTY,
    },
    "getHealth": {200: EMPTY},
    "getReadiness": {200: EMPTY, 503: EMPTY},
}


# Reading a document


def resolve(document: Node, node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        target: Any = document
        for part in cast(str, node["$ref"]).removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return cast(Any, node)


def operations(document: Node) -> Iterator[tuple[str, str, Node, Node]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item, item[method]


def operation_id(operation: Node) -> str:
    return cast(str, operation.get("operationId", "?"))


def parameters_of(document: Node, item: Node, operation: Node) -> list[Node]:
    """An operation's parameters; its own ones stand in for those of its path."""
    declared: list[Node] = [
        resolve(document, each) for each in (*item.get("parameters", ()), *operation.get("parameters", ()))
    ]
    return list({(each["in"], each["name"]): each for each in declared}.values())


def responses_of(document: Node, operation: Node) -> Iterator[tuple[str, Node]]:
    for status, response in operation["responses"].items():
        yield status, resolve(document, response)


def security_of(document: Node, operation: Node) -> list[str]:
    requirements = cast(list[Node], operation.get("security", document["security"]))
    return [scheme for requirement in requirements for scheme in requirement]


def validator(document: Node, schema: Any) -> jsonschema_rs.Draft202012Validator:
    rooted = {"allOf": [schema], "components": document["components"]}
    return jsonschema_rs.Draft202012Validator(rooted, validate_formats=True)


def walk(node: Any, where: str) -> Iterator[tuple[str, Node]]:
    """Every mapping of the document with its place."""
    if isinstance(node, dict):
        mapping = cast(Node, node)
        yield where, mapping
        for key, value in mapping.items():
            yield from walk(value, f"{where}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(cast(Sequence[Any], node)):
            yield from walk(value, f"{where}/{index}")


def subschemas(schema: Any, where: str, *, asserting: bool = False) -> Iterator[tuple[str, Node, bool]]:
    """A schema and those below it; the flag is set below keywords that only assert (`if`, `not`, …)."""
    if not isinstance(schema, dict):
        return
    node = cast(Node, schema)
    yield where, node, asserting
    for key in ("items", "additionalProperties", "contentSchema"):
        yield from subschemas(node.get(key), f"{where}/{key}", asserting=asserting)
    for key in ("allOf", "anyOf", "oneOf"):
        for index, each in enumerate(node.get(key, ())):
            yield from subschemas(each, f"{where}/{key}/{index}", asserting=asserting)
    for name, each in node.get("properties", {}).items():
        yield from subschemas(each, f"{where}/{name}", asserting=asserting)
    for name, each in node.get("patternProperties", {}).items():
        yield from subschemas(each, f"{where}/{name}", asserting=True)
    for key in ("if", "then", "else", "not", "propertyNames"):
        yield from subschemas(node.get(key), f"{where}/{key}", asserting=True)


def schemas(document: Node) -> Iterator[tuple[str, Node]]:
    """Every place where a schema stands, outermost first."""
    components = document["components"]
    for name, schema in components["schemas"].items():
        yield f"schemas/{name}", schema
    for kind in ("parameters", "headers"):
        for name, each in components[kind].items():
            yield f"{kind}/{name}", each["schema"]
    for kind in ("requestBodies", "responses"):
        for name, each in components[kind].items():
            for media_type, content in each.get("content", {}).items():
                yield f"{kind}/{name}/{media_type}", content["schema"]
    for _, _, item, operation in operations(document):
        for each in (*item.get("parameters", ()), *operation.get("parameters", ())):
            if "schema" in each:
                yield f"{operation_id(operation)}/{each.get('name')}", each["schema"]
        for status, response in operation["responses"].items():
            for media_type, content in response.get("content", {}).items():
                yield f"{operation_id(operation)}/{status}/{media_type}", content["schema"]


# Rules


def is_valid_openapi(document: Node) -> list[str]:
    return [error.message for error in OpenAPIV31SpecValidator(cast(Any, document)).iter_errors()]


def describes_every_operation(document: Node) -> list[str]:
    problems: list[str] = []
    seen: set[str] = set()
    tags = {tag["name"] for tag in document["tags"]}
    for path, method, _, operation in operations(document):
        name = operation_id(operation)
        if not re.fullmatch(r"[a-z]+(?:[A-Z][a-z]*)*", name):
            problems.append(f"{method} {path}: operationId {name!r} is not in camel case")
        if name in seen:
            problems.append(f"{name}: operationId is used twice")
        seen.add(name)
        problems += [f"{name}: no {key}" for key in ("summary", "description") if not operation.get(key)]
        if len(operation.get("tags", ())) != 1 or not tags.issuperset(operation.get("tags", ())):
            problems.append(f"{name}: not exactly one declared tag")
        if method in ("post", "patch", "put") and name != "cancelToken" and "requestBody" not in operation:
            problems.append(f"{name}: no request body")
    return problems


def describes_every_part(document: Node) -> list[str]:
    problems: list[str] = []
    components = document["components"]
    for kind in ("parameters", "headers", "requestBodies", "responses", "links", "securitySchemes"):
        problems += [
            f"{kind}/{name}: no description"
            for name, each in components[kind].items()
            if not str(each.get("description", "")).strip()
        ]
    for name, schema in components["schemas"].items():
        if not schema.get("description"):
            problems.append(f"schemas/{name}: no description")
        for member, each in schema.get("properties", {}).items():
            if not each.get("description") and "$ref" not in each:
                problems.append(f"schemas/{name}/{member}: no description")
        for value in schema.get("enum", ()):
            if f"`{value}`" not in schema.get("description", ""):
                problems.append(f"schemas/{name}: value {value} is not explained")
    return problems


def has_path_parameters(document: Node) -> list[str]:
    problems: list[str] = []
    for path, _, item, operation in operations(document):
        declared = {each["name"] for each in parameters_of(document, item, operation) if each["in"] == "path"}
        if declared != set(re.findall(r"{(\w+)}", path)):
            problems.append(
                f"{operation_id(operation)}: path parameters {sorted(declared)} do not fit {path}"
            )
    return problems


def answers_what_the_contract_says(document: Node) -> list[str]:
    problems: list[str] = []
    found: set[str] = set()
    for _, _, _, operation in operations(document):
        name = operation_id(operation)
        found.add(name)
        expected = OPERATIONS.get(name)
        if expected is None:
            problems.append(f"{name}: not an operation of the contract")
            continue
        answered = {int(status): response for status, response in responses_of(document, operation)}
        if set(answered) != set(expected):
            problems.append(f"{name}: answers {sorted(answered)}, the contract has {sorted(expected)}")
        for status, response in answered.items():
            codes = error_codes(document, response)
            if codes != expected.get(status, EMPTY):
                problems.append(f"{name} {status}: codes {sorted(codes)}")
    problems += [f"{name}: missing" for name in OPERATIONS.keys() - found]
    return problems


def error_codes(document: Node, response: Node) -> frozenset[str]:
    content: Node = response.get("content", {}).get("application/json", {})
    bodies: list[Any] = [value for _, value in examples_of(document, content)]
    return frozenset(body["code"] for body in bodies if "error" in body and isinstance(body.get("code"), str))


def lists_every_code(document: Node) -> list[str]:
    """The codes of a response's examples are the ones that its description names."""
    problems: list[str] = []
    known = {code for answers in OPERATIONS.values() for codes in answers.values() for code in codes}
    for name, response in document["components"]["responses"].items():
        content = response.get("content", {}).get("application/json")
        if content is None or content["schema"].get("$ref") != "#/components/schemas/ErrorEnvelope":
            continue
        if not content.get("examples"):
            problems.append(f"{name}: no example")
        named = frozenset(known).intersection(re.findall(r"`(\w+)`", response["description"]))
        if named != error_codes(document, response):
            problems.append(f"{name}: names {sorted(named)}, shows {sorted(error_codes(document, response))}")
    return problems


def guards_every_operation(document: Node) -> list[str]:
    """401 and 403 are answered where a credential is required, and only there (callback: 401)."""
    problems: list[str] = []
    for path, _, _, operation in operations(document):
        name = operation_id(operation)
        schemes = security_of(document, operation)
        refusals = {"401", "403"} & operation["responses"].keys()
        expected = {"401", "403"} if schemes else {"401"} if name == "completeTokenByCallback" else set[str]()
        if refusals != expected:
            problems.append(f"{name}: secured by {schemes}, refuses with {sorted(refusals)}")
        public = path.startswith(("/api/v1/", "/healthz", "/readyz"))
        if not public and schemes != ["apiKey"]:
            problems.append(f"{name}: does not ask for an API key")
        if public and "apiKey" in schemes:
            problems.append(f"{name}: asks for an API key")
    return problems


def sends_the_version(document: Node) -> list[str]:
    problems: list[str] = []
    for path, _, item, operation in operations(document):
        if not path.startswith("/api/"):
            continue
        name = operation_id(operation)
        if not any(each["name"] == "Helmr-API-Version" for each in parameters_of(document, item, operation)):
            problems.append(f"{name}: does not take Helmr-API-Version")
        for status, response in responses_of(document, operation):
            if ("Helmr-API-Version" in response.get("headers", {})) != (status != "413"):
                problems.append(f"{name} {status}: Helmr-API-Version")
            if ("Retry-After" in response.get("headers", {})) != (status == "202"):
                problems.append(f"{name} {status}: Retry-After")
            cors = "public access token" in operation["summary"] and path.startswith("/api/v1/")
            if cors and status != "413" and "Access-Control-Allow-Origin" not in response["headers"]:
                problems.append(f"{name} {status}: Access-Control-Allow-Origin")
    return problems


def examples_of(document: Node, holder: Node) -> Iterator[tuple[str, Any]]:
    if "example" in holder:
        yield "example", holder["example"]
    for name, example in holder.get("examples", {}).items():
        yield name, resolve(document, example)["value"]


def has_valid_examples(document: Node) -> list[str]:
    problems: list[str] = []

    def check(where: str, schema: Any, value: Any) -> None:
        problems.extend(
            f"{where}: {error.message}" for error in validator(document, schema).iter_errors(value)
        )

    components = document["components"]
    for kind in ("parameters", "headers"):
        for name, each in components[kind].items():
            examples = list(examples_of(document, each))
            if not examples:
                problems.append(f"{kind}/{name}: no example")
            for label, value in examples:
                check(f"{kind}/{name}/{label}", each["schema"], value)
    for kind in ("requestBodies", "responses"):
        for name, each in components[kind].items():
            for media_type, content in each.get("content", {}).items():
                examples = list(examples_of(document, content))
                if not examples:
                    problems.append(f"{kind}/{name}: no example of {media_type}")
                for label, value in examples:
                    check(f"{kind}/{name}/{label}", content["schema"], value)
    for place, schema in schemas(document):
        for where, each, _ in subschemas(schema, place):
            for index, value in enumerate(each.get("examples", ())):
                check(f"{where}/examples/{index}", each, value)
            if "default" in each:
                check(f"{where}/default", each, each["default"])
    return problems


def has_resolvable_references(document: Node) -> list[str]:
    problems: list[str] = []
    for where, node in walk(document, "#"):
        if isinstance(node.get("$ref"), str):
            try:
                resolve(document, {"$ref": node["$ref"]})
            except (KeyError, TypeError):
                problems.append(f"{where}: {node['$ref']} leads nowhere")
    return problems


def has_no_anonymous_object(document: Node) -> list[str]:
    """An object has a name in components/schemas, so that readers can find it and generators can name it."""
    problems: list[str] = []
    for place, schema in schemas(document):
        for where, each, asserting in subschemas(schema, place):
            named = where == place and place.startswith("schemas/")
            types = each.get("type", ())
            is_object = (
                "properties" in each or types == "object" or (isinstance(types, list) and "object" in types)
            )
            if is_object and not named and not asserting:
                problems.append(where)
    return problems


def uses_every_component(document: Node) -> list[str]:
    used = {node["$ref"] for _, node in walk(document, "#") if isinstance(node.get("$ref"), str)}
    for _, node in walk(document, "#"):
        used.update(node.get("mapping", {}).values() if isinstance(node.get("mapping"), dict) else ())
    schemes = {
        scheme for _, _, _, operation in operations(document) for scheme in security_of(document, operation)
    }
    used.update(f"#/components/securitySchemes/{scheme}" for scheme in schemes)
    return [
        f"{kind}/{name}: not used"
        for kind, entries in document["components"].items()
        for name in entries
        if f"#/components/{kind}/{name}" not in used
    ]


def closes_strict_bodies(document: Node) -> list[str]:
    """A strict request refuses unknown members at every level; a response stays open."""
    problems: list[str] = []
    lenient = {
        "SessionStartRequest",
        "SessionStartAndWaitRequest",
        "SessionWaitOptions",
        "QueueSelection",
        "TokenTimeoutParts",
        "Metadata",
    }
    requests = reachable(document, document["components"]["requestBodies"])
    responses = reachable(document, document["components"]["responses"])
    for name, schema in document["components"]["schemas"].items():
        closed = schema.get("additionalProperties") is False
        if name in requests and ("properties" in schema) and name not in lenient and not closed:
            problems.append(f"{name}: is sent and open")
        if name in responses and closed:
            problems.append(f"{name}: is answered and closed")
    return problems


def reachable(document: Node, start: Any) -> set[str]:
    found: set[str] = set()
    queue: list[Any] = [start]
    while queue:
        for _, node in walk(queue.pop(), "#"):
            reference = node.get("$ref")
            if isinstance(reference, str):
                name = reference.rsplit("/", 1)[1]
                if reference.startswith("#/components/schemas/") and name not in found:
                    found.add(name)
                    queue.append(document["components"]["schemas"][name])
    return found


def has_working_links(document: Node) -> list[str]:
    """Links lead to operations that exist, fill parameters that those have, from what the answer has."""
    problems: list[str] = []
    by_id = {operation_id(operation): (item, operation) for _, _, item, operation in operations(document)}
    for _, _, item, operation in operations(document):
        own = {(each["in"], each["name"]) for each in parameters_of(document, item, operation)}
        for status, response in responses_of(document, operation):
            for label, link in response.get("links", {}).items():
                link = resolve(document, link)
                where = f"{operation_id(operation)} {status} {label}"
                if link["operationId"] not in by_id:
                    problems.append(f"{where}: no operation {link['operationId']}")
                    continue
                target = parameters_of(document, *by_id[link["operationId"]])
                names = {each["name"] for each in target}
                required = {each["name"] for each in target if each.get("required")}
                if not required <= set(link["parameters"]) <= names:
                    problems.append(
                        f"{where}: parameters {sorted(link['parameters'])} do not fit {link['operationId']}"
                    )
                schema = response.get("content", {}).get("application/json", {}).get("schema")
                problems += [
                    f"{where}: {expression} leads nowhere"
                    for expression in link["parameters"].values()
                    if not expression_resolves(document, expression, schema, own)
                ]
    return problems


def expression_resolves(document: Node, expression: str, schema: Any, own: set[tuple[str, str]]) -> bool:
    request = re.fullmatch(r"\$request\.(path|query|header)\.([\w-]+)", expression)
    if request is not None:
        return request.groups() in own
    body = re.fullmatch(r"\$response\.body#((?:/\w+)+)", expression)
    if body is None:
        return False
    for part in body[1].removeprefix("/").split("/"):
        schema = resolve(document, schema)
        schema = schema.get("items") if part.isdigit() else schema.get("properties", {}).get(part)
        if schema is None:
            return False
    return resolve(document, schema).get("type") in ("string", "integer")


def leads_from_ids(document: Node) -> list[str]:
    """An answer with the id of a session, run or token links to the operation that gets it."""
    problems: list[str] = []
    getters = {"Session": "getSession", "Run": "getRun", "Token": "getToken", "SessionRun": "getRun"}
    for name, response in document["components"]["responses"].items():
        content = response.get("content", {}).get("application/json")
        if content is None:
            continue
        linked = {resolve(document, link)["operationId"] for link in response.get("links", {}).values()}
        direct = content["schema"]["$ref"].rsplit("/", 1)[1]
        inside = [
            resolve_name(each) for each in resolve(document, content["schema"]).get("properties", {}).values()
        ]
        for schema in (direct, *inside):
            if schema in getters and getters[schema] not in linked:
                problems.append(f"{name}: no link to {getters[schema]}")
    return problems


def resolve_name(schema: Node) -> str:
    reference = schema.get("$ref") or schema.get("items", {}).get("$ref") or ""
    return cast(str, reference).rsplit("/", 1)[-1]


RULES: Sequence[Rule] = (
    is_valid_openapi,
    describes_every_operation,
    describes_every_part,
    has_path_parameters,
    answers_what_the_contract_says,
    lists_every_code,
    guards_every_operation,
    sends_the_version,
    has_valid_examples,
    has_resolvable_references,
    has_no_anonymous_object,
    uses_every_component,
    closes_strict_bodies,
    has_working_links,
    leads_from_ids,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: cast(Rule, rule).__name__)
def test_document(rule: Rule) -> None:
    assert rule(DOCUMENT) == []


# Breaking one thing at a time


def drop(*place: str | int) -> Callable[[Node], None]:
    def breakage(document: Node) -> None:
        *parents, last = place
        node: Any = document
        for part in parents:
            node = node[part]
        del node[last]

    return breakage


def put(value: Any, *place: str | int) -> Callable[[Node], None]:
    def breakage(document: Node) -> None:
        *parents, last = place
        node: Any = document
        for part in parents:
            node = node[part]
        node[last] = value

    return breakage


START_PATH = ("paths", "/api/sessions", "post")
RUN_PATH = ("paths", "/api/runs/{run_id}", "get")
SCHEMAS = ("components", "schemas")
RESPONSES = ("components", "responses")
BREAKAGES: Sequence[tuple[Rule, Callable[[Node], None]]] = (
    (is_valid_openapi, drop("info", "title")),
    (describes_every_operation, drop(*START_PATH, "summary")),
    (describes_every_operation, drop(*START_PATH, "description")),
    (describes_every_operation, drop(*START_PATH, "requestBody")),
    (describes_every_operation, put(["Other"], *START_PATH, "tags")),
    (describes_every_operation, put("start_session", *START_PATH, "operationId")),
    (describes_every_operation, put("getRun", *START_PATH, "operationId")),
    (describes_every_part, drop(*SCHEMAS, "Run", "description")),
    (describes_every_part, drop(*SCHEMAS, "Run", "properties", "version", "description")),
    (describes_every_part, put(["queued", "lost"], *SCHEMAS, "RunStatus", "enum")),
    (describes_every_part, drop("components", "parameters", "RunId", "description")),
    (has_path_parameters, put("id", "components", "parameters", "RunId", "name")),
    (answers_what_the_contract_says, drop(*START_PATH, "responses", "202")),
    (answers_what_the_contract_says, drop("paths", "/api/runs/counts")),
    (
        answers_what_the_contract_says,
        put({"$ref": "#/components/responses/SessionTerminal"}, *START_PATH, "responses", "409"),
    ),
    (answers_what_the_contract_says, put("peekRun", *RUN_PATH, "operationId")),
    (lists_every_code, put("It is over.", *RESPONSES, "SessionTerminal", "description")),
    (
        lists_every_code,
        drop(*RESPONSES, "SessionCloseConflict", "content", "application/json", "examples", "closeRunActive"),
    ),
    (guards_every_operation, put([], *RUN_PATH, "security")),
    (guards_every_operation, drop(*RUN_PATH, "responses", "403")),
    (guards_every_operation, drop("paths", "/healthz", "get", "security")),
    (sends_the_version, drop(*RESPONSES, "Run", "headers", "Helmr-API-Version")),
    (sends_the_version, drop(*RESPONSES, "SessionStartPending", "headers", "Retry-After")),
    (sends_the_version, drop(*RESPONSES, "PublicForbidden", "headers", "Access-Control-Allow-Origin")),
    (sends_the_version, put([], "paths", "/api/runs", "parameters")),
    (has_valid_examples, drop("components", "examples", "RunNotFound", "value", "error")),
    (has_valid_examples, put("not a UUID", "components", "parameters", "RunId", "example")),
    (has_valid_examples, put("yesterday", *SCHEMAS, "RunLogChunk", "examples", 0, "at")),
    (has_valid_examples, put(0, "components", "parameters", "Limit200", "schema", "default")),
    (has_valid_examples, drop(*RESPONSES, "RunCounts", "content", "application/json", "examples")),
    (has_resolvable_references, drop(*SCHEMAS, "TerminalOutcome")),
    (has_no_anonymous_object, put({"type": "object"}, *SCHEMAS, "Run", "properties", "metadata")),
    (uses_every_component, put({"type": "string"}, *SCHEMAS, "Orphan")),
    (uses_every_component, put([{"publicAccessToken": []}], "security")),
    (closes_strict_bodies, drop(*SCHEMAS, "SessionUpdateRequest", "additionalProperties")),
    (closes_strict_bodies, put(False, *SCHEMAS, "Run", "additionalProperties")),
    (has_working_links, put("peekRun", "components", "links", "RunItself", "operationId")),
    (has_working_links, put({"id": "$response.body#/id"}, "components", "links", "RunItself", "parameters")),
    (
        has_working_links,
        put("$response.body#/run_id", "components", "links", "RunItself", "parameters", "run_id"),
    ),
    (
        has_working_links,
        put("$request.path.id", "components", "links", "NextRunEvents", "parameters", "run_id"),
    ),
    (leads_from_ids, drop(*RESPONSES, "Run", "links", "runItself")),
)


@pytest.mark.parametrize("number", range(len(BREAKAGES)))
def test_rules_notice(number: int) -> None:
    rule, breakage = BREAKAGES[number]
    broken = copy.deepcopy(DOCUMENT)
    breakage(broken)
    assert rule(broken) != []


def test_every_rule_is_broken_once() -> None:
    assert {rule for rule, _ in BREAKAGES} == set(RULES)
