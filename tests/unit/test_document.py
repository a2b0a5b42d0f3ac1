"""openapi.yaml is valid and agrees with the contract.

Rules that do not depend on the contract (words, examples, links, names) are in scripts/spec_rules.py. Each
rule here is a function from a document to the list of its violations. The document must have no violations. A
copy with one planted error must have some, because a rule that cannot fail proves nothing.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.unit.scripts import ROOT, script

Node = dict[str, Any]
Rule = Callable[[Node], list[str]]

DOCUMENT: Node = script("openapi_document").load(ROOT / "openapi.yaml")
PICKLED = pickle.dumps(DOCUMENT)
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# The responses of each operation, from the contract: status -> error codes. Operations in `BY_EXTERNAL_ID`
# have a twin with the same responses. 405 and the 404 of an unknown path precede any operation; `info`
# describes them.
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
READ: dict[int, frozenset[str]] = {**AUTHENTICATED, 200: EMPTY}
READ_ONE: dict[int, frozenset[str]] = {**READ, 404: EMPTY}
DELETED: dict[int, frozenset[str]] = {**AUTHENTICATED, 204: EMPTY, 404: EMPTY}
MOUNT: dict[int, frozenset[str]] = {
    **READ_ONE,
    201: EMPTY,
    409: frozenset(
        {
            "workspace_mount_not_runnable",
            "workspace_version_missing",
            "workspace_version_not_ready",
            "workspace_version_artifact_missing",
            "workspace_version_artifact_corrupt",
            "deployment_sandbox_artifact_missing",
            "deployment_sandbox_artifact_corrupt",
            "workspace_mount_prerequisite_failed",
        }
    ),
    413: EMPTY,
}
FILE: dict[int, frozenset[str]] = {
    **READ,
    400: frozenset(
        {
            "workspace_version_id_unexpected",
            "workspace_version_id_required",
            "workspace_mount_id_unexpected",
        }
    ),
    404: frozenset(
        {"workspace_no_current_version", "workspace_version_not_readable", "workspace_file_not_found"}
    ),
    501: frozenset({"workspace_source_live_unsupported"}),
}
PROCESS_CREATED: dict[int, frozenset[str]] = {
    **READ_ONE,
    201: EMPTY,
    409: frozenset({"workspace_not_active", "workspace_writer_active", "idempotency_fingerprint_mismatch"}),
    413: EMPTY,
    500: frozenset({"idempotency_fingerprint_mismatch", "idempotency_pending"}),
}
OUTPUT: dict[int, frozenset[str]] = {**READ_ONE, 410: frozenset({"workspace_stream_cursor_expired"})}
PTY_USED: dict[int, frozenset[str]] = {**READ_ONE, 409: frozenset({"workspace_pty_not_open"}), 413: EMPTY}
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
    "listSecrets": READ,
    "getSecret": READ_ONE,
    "setSecret": {**READ, 413: EMPTY},
    "deleteSecret": DELETED,
    "listSandboxes": READ,
    "getSandbox": READ_ONE,
    "listSchedules": READ,
    "createSchedule": {**AUTHENTICATED, 201: EMPTY, 409: EMPTY, 413: EMPTY},
    "getSchedule": READ_ONE,
    "updateSchedule": {**READ_ONE, 413: EMPTY},
    "activateSchedule": {**READ_ONE, 413: EMPTY},
    "deactivateSchedule": {**READ_ONE, 413: EMPTY},
    "deleteSchedule": DELETED,
    "createWorkspace": {
        **AUTHENTICATED,
        201: EMPTY,
        202: frozenset({"idempotency_pending"}),
        404: EMPTY,
        409: frozenset({"sandbox_not_deployed", "idempotency_fingerprint_mismatch"}),
        413: EMPTY,
    },
    "listWorkspaces": READ,
    "getWorkspace": READ_ONE,
    "updateWorkspace": {**READ_ONE, 413: EMPTY},
    "archiveWorkspace": {**READ_ONE, 409: EMPTY},
    "materializeWorkspace": MOUNT,
    "connectWorkspace": MOUNT,
    "stopWorkspace": {
        **READ_ONE,
        202: frozenset({"idempotency_pending"}),
        409: frozenset({"idempotency_fingerprint_mismatch"}),
        413: EMPTY,
    },
    "listWorkspaceFiles": {**FILE, 422: frozenset({"workspace_file_not_directory"})},
    "readWorkspaceFile": {
        **FILE,
        413: frozenset({"workspace_file_too_large"}),
        422: frozenset({"workspace_file_not_regular"}),
    },
    "getWorkspaceFile": FILE,
    "listWorkspaceVersions": READ_ONE,
    "getWorkspaceVersion": {**READ, 404: frozenset({"workspace_version_not_readable"})},
    "createDeployment": {**AUTHENTICATED, 201: EMPTY, 413: EMPTY},
    "listDeployments": READ,
    "getCurrentDeployment": READ,
    "getDeployment": READ_ONE,
    "listDeploymentEvents": READ_ONE,
    "promoteDeployment": {**READ_ONE, 413: EMPTY},
    "createWorkspaceExec": PROCESS_CREATED,
    "listWorkspaceExecs": READ_ONE,
    "getWorkspaceExec": READ_ONE,
    "writeWorkspaceExecStdin": {
        **READ_ONE,
        409: frozenset(
            {
                "workspace_exec_terminal",
                "workspace_exec_stdin_closed",
                "workspace_stream_offset_conflict",
            }
        ),
        413: EMPTY,
    },
    "closeWorkspaceExecStdin": {**READ_ONE, 409: frozenset({"workspace_exec_terminal"}), 413: EMPTY},
    "listWorkspaceExecStdout": OUTPUT,
    "listWorkspaceExecStderr": OUTPUT,
    "createWorkspacePty": PROCESS_CREATED,
    "listWorkspacePtys": READ_ONE,
    "getWorkspacePty": READ_ONE,
    "writeWorkspacePtyInput": {
        **PTY_USED,
        409: frozenset(
            {"workspace_pty_terminal", "workspace_pty_not_open", "workspace_stream_offset_conflict"}
        ),
    },
    "listWorkspacePtyOutput": OUTPUT,
    "resizeWorkspacePty": PTY_USED,
    "closeWorkspacePty": PTY_USED,
    "getTask": {**AUTHENTICATED, 200: EMPTY, 404: EMPTY},
    "startSession": {**START, 201: EMPTY},
    "startSessionAndWait": START,
    "listSessions": {**AUTHENTICATED, 200: EMPTY},
    **BY_EXTERNAL_ID,
    **{f"{name}ByExternalId": statuses for name, statuses in BY_EXTERNAL_ID.items()},
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
    "cancelToken": {
        **TOKEN,
        409: frozenset({"token_cancelled"}),
        410: frozenset({"token_expired"}),
        413: EMPTY,
    },
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
    """Return the parameters of an operation, which override those of its path."""
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


def walk(node: Any, where: str) -> Iterator[tuple[str, Node]]:
    """Yield every mapping of the document with its path."""
    if isinstance(node, dict):
        mapping = cast(Node, node)
        yield where, mapping
        for key, value in mapping.items():
            yield from walk(value, f"{where}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(cast(Sequence[Any], node)):
            yield from walk(value, f"{where}/{index}")


# Rules


def is_valid_openapi(document: Node) -> list[str]:
    return [error.message for error in OpenAPIV31SpecValidator(cast(Any, document)).iter_errors()]


def declares_the_contract_responses(document: Node) -> list[str]:
    problems: list[str] = []
    found: set[str] = set()
    for _, _, _, operation in operations(document):
        name = operation_id(operation)
        found.add(name)
        expected = OPERATIONS.get(name)
        if expected is None:
            problems.append(f"{name}: not an operation of the contract")
            continue
        declared = {int(status): response for status, response in responses_of(document, operation)}
        if set(declared) != set(expected):
            problems.append(f"{name}: responses {sorted(declared)}, the contract has {sorted(expected)}")
        for status, response in declared.items():
            codes = error_codes(document, response)
            if codes != expected.get(status, EMPTY):
                problems.append(f"{name} {status}: codes {sorted(codes)}")
    problems += [f"{name}: missing" for name in OPERATIONS.keys() - found]
    return problems


def error_codes(document: Node, response: Node) -> frozenset[str]:
    content: Node = response.get("content", {}).get("application/json", {})
    bodies: list[Any] = [value for _, value in examples_of(document, content)]
    return frozenset(body["code"] for body in bodies if "error" in body and isinstance(body.get("code"), str))


def guards_every_operation(document: Node) -> list[str]:
    """401 and 403 are documented exactly where a credential is required (callback: only 401)."""
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
            # An oversized body is rejected before the version is checked, an oversized chunk after it.
            too_large = (
                status == "413" and "requestBody" in operation and not limits_chunks(document, response)
            )
            if ("Helmr-API-Version" in response.get("headers", {})) == too_large:
                problems.append(f"{name} {status}: Helmr-API-Version")
            if ("Retry-After" in response.get("headers", {})) != (status == "202"):
                problems.append(f"{name} {status}: Retry-After")
            cors = "public access token" in operation["summary"] and path.startswith("/api/v1/")
            if cors and status != "413" and "Access-Control-Allow-Origin" not in response["headers"]:
                problems.append(f"{name} {status}: Access-Control-Allow-Origin")
    return problems


def limits_chunks(document: Node, response: Node) -> bool:
    content: Node = response["content"]["application/json"]
    return any("stream chunk" in body["error"] for _, body in examples_of(document, content))


def examples_of(document: Node, holder: Node) -> Iterator[tuple[str, Any]]:
    if "example" in holder:
        yield "example", holder["example"]
    for name, example in holder.get("examples", {}).items():
        yield name, resolve(document, example)["value"]


def closes_strict_bodies(document: Node) -> list[str]:
    """Strict requests reject unknown fields at every level; responses allow them."""
    problems: list[str] = []
    lenient = {
        "SessionStartRequest",
        "SessionStartAndWaitRequest",
        "SessionWaitOptions",
        "QueueSelection",
        "TokenTimeoutParts",
        "Metadata",
        "ScheduleOptions",
        "ScheduleQueue",
        "DeploymentCreateRequest",
    }
    requests = reachable(document, document["components"]["requestBodies"])
    responses = reachable(document, document["components"]["responses"])
    for name, schema in document["components"]["schemas"].items():
        closed = schema.get("additionalProperties") is False
        if name in requests and ("properties" in schema) and name not in lenient and not closed:
            problems.append(f"{name}: is sent and open")
        if name in responses and closed:
            problems.append(f"{name}: is returned and closed")
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


def leads_from_ids(document: Node) -> list[str]:
    """A response with the id of a session, run or token links to the operation that retrieves it."""
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
    declares_the_contract_responses,
    guards_every_operation,
    sends_the_version,
    closes_strict_bodies,
    leads_from_ids,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: cast(Rule, rule).__name__)
def test_document_obeys_rule(rule: Rule) -> None:
    assert rule(DOCUMENT) == []


# Planted violations


def copied() -> Node:
    """Return a copy of the document, five times as fast as `copy.deepcopy`."""
    copy: Node = pickle.loads(PICKLED)  # noqa: S301 - pickled here
    return copy


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
    (declares_the_contract_responses, drop(*START_PATH, "responses", "202")),
    (declares_the_contract_responses, drop("paths", "/api/runs/counts")),
    (
        declares_the_contract_responses,
        put({"$ref": "#/components/responses/SessionTerminal"}, *START_PATH, "responses", "409"),
    ),
    (declares_the_contract_responses, put("peekRun", *RUN_PATH, "operationId")),
    (guards_every_operation, put([], *RUN_PATH, "security")),
    (guards_every_operation, drop(*RUN_PATH, "responses", "403")),
    (guards_every_operation, drop("paths", "/healthz", "get", "security")),
    (sends_the_version, drop(*RESPONSES, "Run", "headers", "Helmr-API-Version")),
    (sends_the_version, drop(*RESPONSES, "SessionStartPending", "headers", "Retry-After")),
    (sends_the_version, drop(*RESPONSES, "PublicForbidden", "headers", "Access-Control-Allow-Origin")),
    (sends_the_version, put([], "paths", "/api/runs", "parameters")),
    (closes_strict_bodies, drop(*SCHEMAS, "SessionUpdateRequest", "additionalProperties")),
    (closes_strict_bodies, put(False, *SCHEMAS, "Run", "additionalProperties")),
    (leads_from_ids, drop(*RESPONSES, "Run", "links", "runItself")),
)


@pytest.mark.parametrize("number", range(len(BREAKAGES)))
def test_rule_detects_violation(number: int) -> None:
    rule, breakage = BREAKAGES[number]
    broken = copied()
    breakage(broken)
    assert rule(broken) != []


def test_every_rule_has_a_planted_violation() -> None:
    assert {rule for rule, _ in BREAKAGES} == set(RULES)
