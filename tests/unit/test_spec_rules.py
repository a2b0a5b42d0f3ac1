"""The rules of `make spec-lint`: the document obeys all, and each detects a planted violation.

A rule that cannot fail proves nothing.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.unit.scripts import ROOT, script

spec_rules = script("spec_rules")
spec_lint = script("spec_lint")

DOCUMENT = spec_rules.load(ROOT / "openapi.yaml")
PICKLED = pickle.dumps(DOCUMENT)
Breakage = Callable[[dict[str, Any]], None]


def copied() -> dict[str, Any]:
    """Return a copy of the document, five times as fast as `copy.deepcopy`."""
    copy: dict[str, Any] = pickle.loads(PICKLED)  # noqa: S301 - pickled here
    return copy


def drop(*place: str | int) -> Breakage:
    def breakage(document: dict[str, Any]) -> None:
        holder, last = _holder(document, place)
        del holder[last]

    return breakage


def put(value: Any, *place: str | int) -> Breakage:
    def breakage(document: dict[str, Any]) -> None:
        holder, last = _holder(document, place)
        holder[last] = value

    return breakage


def _holder(document: dict[str, Any], place: tuple[str | int, ...]) -> tuple[Any, str | int]:
    *parents, last = place
    node: Any = document
    for part in parents:
        node = node[part]
    return node, last


START = ("paths", "/api/sessions", "post")
EVENT_LIST = ("paths", "/api/runs/{run_id}/events", "get")
SESSION_BY_NAME = ("paths", "/api/sessions/by-external-id", "get")
RUN = ("paths", "/api/runs/{run_id}", "get")
RUN_CANCEL = ("paths", "/api/runs/{run_id}/cancel", "post")
START_AND_WAIT = ("paths", "/api/sessions/start-and-wait", "post")
RECORD_LIST = ("paths", "/api/sessions/{session_id}/outputs/{stream}", "get")
PUBLIC_TOKEN = ("paths", "/api/public-access-tokens", "post")
START_EXAMPLE = (
    "components",
    "requestBodies",
    "SessionStart",
    "content",
    "application/json",
    "examples",
    "full",
)
BAD_RUN = ("components", "responses", "RunBadRequest", "content", "application/json", "examples")
API_KEY = ("components", "securitySchemes", "apiKey")
SCHEMAS = ("components", "schemas")
RESPONSES = ("components", "responses")
LINKS = ("components", "links")
PARAMETERS = ("components", "parameters")
JSON_SCHEMA = ("content", "application/json", "schema")
EVENTS = (*RESPONSES, "RunEvents", "content", "text/event-stream", "examples", "frames", "value")

BREAKAGES: list[tuple[str, Breakage]] = [
    ("operation-id", drop(*START, "operationId")),
    ("operation-id", put("start_session", *START, "operationId")),
    ("operation-id", put("sessionStart", *START, "operationId")),
    ("operation-id", put("getRun", *START, "operationId")),
    ("operation-id", put("getrun", *START, "operationId")),
    ("extensions", put("x", *START, "x-sdk-methods")),
    ("extensions", put("x", *RUN, "x-sdk-secret")),
    ("extensions", put("yes", *SCHEMAS, "RunEventPage", "properties", "cursor", "x-sdk-opaque")),
    ("extensions", put(True, *SCHEMAS, "Run", "properties", "id", "x-sdk-method")),
    ("extensions", put("yes", *SCHEMAS, "Run", "properties", "id", "x-sdk-secret")),
    ("sdk-methods", drop(*START, "x-sdk-resource")),
    ("sdk-methods", drop(*START, "x-sdk-method")),
    ("sdk-methods", put("Start", *START, "x-sdk-method")),
    ("sdk-methods", put("class", *START, "x-sdk-method")),
    ("sdk-methods", put("runs..events", *START, "x-sdk-resource")),
    ("sdk-methods", put("list", *START, "x-sdk-method")),
    ("sdk-methods", put("events", *RUN, "x-sdk-method")),
    ("sdk-methods", put("x", *SESSION_BY_NAME, "x-sdk-result")),
    ("sdk-methods", put([], *SESSION_BY_NAME[:2], "parameters")),
    ("sdk-resources", drop("x-sdk-resources", "runs.events")),
    ("sdk-resources", put("x", "x-sdk-resources", "runs.metrics")),
    ("sdk-resources", put("queues", *START, "x-sdk-resource")),
    ("sdk-arguments", put(["nothing"], *START, "x-sdk-positional")),
    ("sdk-arguments", put({"nothing": "x"}, *START, "x-sdk-names")),
    ("sdk-arguments", put({"task_id": "class"}, *START, "x-sdk-names")),
    ("sdk-arguments", put("nothing", *EVENT_LIST, "x-sdk-items")),
    ("sdk-arguments", put("next_cursor", *EVENT_LIST, "x-sdk-items")),
    ("sdk-arguments", put("nothing", *EVENT_LIST, "x-sdk-result")),
    ("extensions", put(1, *START, "x-codes")),
    ("extensions", put(1, *START, "x-unknown")),
    ("extensions", put("yesterday", "info", "x-as-of")),
    ("extensions", drop("info", "x-as-of")),
    ("extensions", put(" ", "x-extensions", "x-wait", "description")),
    ("extensions", put({"safe": "sometimes"}, *RUN_CANCEL, "x-repeat")),
    ("extensions", drop(*RUN_CANCEL, "x-repeat", "scope")),
    ("extensions", put({"returns": "page"}, *EVENT_LIST, "x-pagination")),
    ("extensions", put({"returns": "all", "limit": "limit"}, *EVENT_LIST, "x-pagination")),
    ("extensions", put("empty-page", *EVENT_LIST, "x-pagination", "end")),
    ("extensions", put([], *RUN, "x-permissions")),
    ("extensions", put(False, *RUN, "x-needs-worker")),
    ("extensions", drop(*EVENT_LIST, "x-event-stream", "max-seconds")),
    ("error-code-list", drop("x-error-codes", "token_expired")),
    ("error-code-list", put({"meaning": "x", "action": "x"}, "x-error-codes", "zebra")),
    ("error-code-list", put({"meaning": "x", "action": "x"}, "x-error-codes", "account")),
    ("permissions", drop(*RUN, "x-permissions")),
    ("permissions", put([], *RUN, "security")),
    ("permissions", put(["runs.create"], *RUN, "x-permissions")),
    ("permissions", put(["runs.write"], *SESSION_BY_NAME, "x-permissions")),
    ("permissions", put("Returns the run.", *RUN, "description")),
    ("permissions", put("runs:write", *API_KEY, "x-permissions", "runs.manage")),
    ("permissions", put({"nothing.type": "x"}, *PUBLIC_TOKEN, "x-permissions", 0, "when")),
    ("repeats", drop(*RUN_CANCEL, "x-repeat")),
    ("repeats", put({"safe": "always"}, *RUN, "x-repeat")),
    ("repeats", put({"safe": "identified"}, *RUN_CANCEL, "x-repeat")),
    ("repeats", put("never", *RUN_CANCEL, "x-repeat", "safe")),
    ("repeats", put("nothing", *RUN_CANCEL, "x-repeat", "key")),
    ("repeats", put("nothing", *RUN_CANCEL, "x-repeat", "kept")),
    ("repeats", put(["nothing"], *RUN_CANCEL, "x-repeat", "identity")),
    ("repeats", put("204", *RUN_CANCEL, "x-repeat", "repeated")),
    ("repeats", put("session_terminal", *RUN_CANCEL, "x-repeat", "mismatch")),
    ("repeats", put("session_terminal", *START, "x-repeat", "pending")),
    ("pagination", drop(*EVENT_LIST, "x-pagination")),
    ("pagination", drop(*EVENT_LIST, "x-sdk-items")),
    ("pagination", put("nothing", *EVENT_LIST, "x-pagination", "cursor")),
    ("pagination", put("nothing", *EVENT_LIST, "x-pagination", "limit")),
    ("pagination", put("nothing", *EVENT_LIST, "x-pagination", "next")),
    ("pagination", put("nothing", *RECORD_LIST, "x-pagination", "item")),
    ("event-streams", drop(*EVENT_LIST, "x-event-stream")),
    ("event-streams", put(["nothing"], *EVENT_LIST, "x-event-stream", "resume")),
    ("event-streams", put("nothing", *EVENT_LIST, "x-event-stream", "then")),
    ("event-streams", drop(*RESPONSES, "RunEvents", "content", "text/event-stream")),
    ("waits", put("nothing", *START_AND_WAIT, "x-wait", "timed-out")),
    ("examples-declared", put(1, *START_EXAMPLE, "value", "resource_kind")),
    ("examples-declared", put({"maxTries": 3}, *START_EXAMPLE, "value", "retry")),
    ("examples-declared", put({}, *SCHEMAS, "RunLogChunk", "examples", 0, "lease")),
    ("examples-order", put({"$ref": "#/components/examples/UnsupportedVersion"}, *BAD_RUN, "runIdInvalid")),
    ("prose-in-comments", put("A step: `*/n`.", *SCHEMAS, "Cron", "description")),
    ("prose-names", put("Does `gone_field`. Needs the permission `runs.read`.", *RUN, "description")),
    ("response-codes", drop(*RESPONSES, "SessionTerminal", "x-codes")),
    ("response-codes", put(["session_terminal"], *RESPONSES, "Run", "x-codes")),
    ("response-codes", put(["session_terminal", None], *RESPONSES, "SessionTerminal", "x-codes")),
    ("response-codes", put(["session_expired"], *RESPONSES, "SessionTerminal", "x-codes")),
    ("sdk-fields", put("output json", *SCHEMAS, "Run", "properties", "output", "x-sdk-name")),
    ("sdk-fields", put("status", *SCHEMAS, "Run", "properties", "output", "x-sdk-name")),
    ("sdk-fields", put({"type": "string"}, *SCHEMAS, "Run", "properties", "keys")),
    ("sdk-request-nulls", put(["seconds"], *SCHEMAS, "TokenTimeoutParts", "required")),
    ("sdk-request-nulls", put(["reason"], *SCHEMAS, "SessionCloseRequest", "required")),
    ("sdk-request-nulls", put(["tags"], *SCHEMAS, "TokenCreateRequest", "required")),
    ("sdk-constants", put({"Terminal": 1}, *SCHEMAS, "RunStatus", "x-sdk-constants")),
    ("sdk-constants", put({"TERMINAL": ["over"]}, *SCHEMAS, "RunStatus", "x-sdk-constants")),
    ("sdk-constants", put({"TERMINAL": "maximum"}, *SCHEMAS, "RunStatus", "x-sdk-constants")),
    ("sdk-constants", put({"MAX_TAGS": 11}, *SCHEMAS, "RunStatus", "x-sdk-constants")),
    ("operation-words", put(["Other"], *START, "tags")),
    ("operation-words", put(["Sessions", "Runs"], *START, "tags")),
    ("operation-words", drop(*START, "summary")),
    ("operation-words", put("Start a session.", *START, "summary")),
    ("operation-words", drop(*START, "description")),
    ("operation-words", drop("tags", 0, "description")),
    ("operation-words", put({"name": "Idle", "description": "x"}, "tags", 0)),
    ("path-parameters", put("id", *PARAMETERS, "RunId", "name")),
    ("path-parameters", drop("paths", "/api/runs/{run_id}", "parameters", 0)),
    ("body-where-it-belongs", drop(*START, "requestBody")),
    ("body-where-it-belongs", put({"$ref": "#/components/requestBodies/RunCancel"}, *RUN, "requestBody")),
    ("due-statuses", drop(*START, "responses", "413")),
    ("due-statuses", drop(*START, "responses", "401")),
    ("due-statuses", drop(*RUN, "responses", "404")),
    ("due-statuses", drop(*RUN, "responses", "400")),
    ("due-statuses", drop(*RUN, "responses", "500")),
    ("due-statuses", drop(*RUN, "responses", "503")),
    ("due-statuses", drop(*RUN, "responses", "200")),
    ("due-statuses", put({"description": "Any."}, *RUN, "responses", "default")),
    ("due-statuses", drop("paths", "/api/sessions/by-external-id", "get", "responses", "404")),
    ("version-header", drop(*RESPONSES, "Run", "headers", "Helmr-API-Version")),
    ("version-header", put([], "paths", "/api/runs", "parameters")),
    ("error-codes", put("It is over.", *RESPONSES, "SessionTerminal", "description")),
    ("error-codes", put("No code. It is over.", *RESPONSES, "SessionTerminal", "description")),
    ("error-codes", put("Code `session_over`. It is over.", *RESPONSES, "SessionTerminal", "description")),
    ("response-codes", drop("components", "examples", "SessionTerminal", "value", "code")),
    (
        "error-codes",
        put({"$ref": "#/components/schemas/Health"}, *RESPONSES, "Forbidden", *JSON_SCHEMA),
    ),
    ("error-codes", drop(*RESPONSES, "Forbidden", "content")),
    ("examples-are-there", drop(*RESPONSES, "RunCounts", "content", "application/json", "examples")),
    ("examples-are-there", drop("components", "examples", "RunNotFound", "summary")),
    ("examples-are-there", drop(*PARAMETERS, "RunId", "example")),
    ("examples-are-there", put(str(UUID(int=0)), *PARAMETERS, "FileMountId", "example")),
    ("examples-are-there", drop("components", "headers", "ApiVersion", "example")),
    ("examples-validate", drop("components", "examples", "RunNotFound", "value", "error")),
    ("examples-validate", put("not a UUID", *PARAMETERS, "RunId", "example")),
    ("examples-validate", put("yesterday", *SCHEMAS, "RunLogChunk", "examples", 0, "at")),
    ("examples-validate", put(0, *PARAMETERS, "Limit200", "schema", "default")),
    ("examples-validate", put(": keep-alive\n\n", *EVENTS)),
    ("examples-validate", put("id: 1\nevent: run_event\ndata: {}\n\n", *EVENTS)),
    ("examples-validate", put("id: 1\nevent: run_event\ndata: -\n\n", *EVENTS)),
    ("links-resolve", put("peekRun", *LINKS, "RunItself", "operationId")),
    ("links-resolve", put({"id": "$response.body#/id"}, *LINKS, "RunItself", "parameters")),
    ("links-resolve", put("$response.body#/run", *LINKS, "RunItself", "parameters", "run_id")),
    ("links-resolve", put("$response.body#/metadata", *LINKS, "RunItself", "parameters", "run_id")),
    ("links-resolve", put("$request.path.id", *LINKS, "NextRunEvents", "parameters", "run_id")),
    ("links-resolve", put("$url", *LINKS, "RunItself", "parameters", "run_id")),
    (
        "links-resolve",
        put("$request.body#/scope/x", *LINKS, "PublicTokenReadByExternalId", "parameters", "external_id"),
    ),
    ("no-anonymous-objects", put({"type": "object"}, *SCHEMAS, "Run", "properties", "metadata")),
    ("no-anonymous-objects", put({"properties": {}}, *SCHEMAS, "RunList", "properties", "runs", "items")),
    (
        "no-anonymous-objects",
        put({"type": ["object", "null"]}, *RESPONSES, "Run", *JSON_SCHEMA),
    ),
    ("everything-described", drop(*SCHEMAS, "Run", "description")),
    ("everything-described", drop(*SCHEMAS, "Run", "properties", "version", "description")),
    ("everything-described", put(["id", "nothing"], *SCHEMAS, "Run", "required")),
    ("everything-described", drop(*PARAMETERS, "RunId", "description")),
    ("everything-described", drop("components", "headers", "ApiVersion", "description")),
    ("enum-values-described", put(["queued", "lost"], *SCHEMAS, "RunStatus", "enum")),
    ("enum-values-described", put(["live", "lost"], *PARAMETERS, "RunStatusFilter", "schema", "enum")),
    ("parameter-limits", drop(*PARAMETERS, "Limit200", "schema", "maximum")),
    ("parameter-limits", drop(*PARAMETERS, "RunId", "schema", "format")),
    ("no-unused-components", put({"type": "string"}, *SCHEMAS, "Orphan")),
    ("no-unused-components", put([{"publicAccessToken": []}], "security")),
    ("references-resolve", drop(*SCHEMAS, "TerminalOutcome")),
    ("references-resolve", put("other.yaml#/X", *SCHEMAS, "RunList", "properties", "runs", "items", "$ref")),
    (
        "references-resolve",
        put("#/components/schemas/Nobody", *SCHEMAS, "SessionReference", "discriminator", "mapping", "id"),
    ),
]  # fmt: skip


@pytest.mark.parametrize("name", spec_rules.RULES)
def test_document_obeys_rule(name: str) -> None:
    assert [f"{found.pointer}: {found.text}" for found in spec_rules.check(DOCUMENT, only=name)] == []


@pytest.mark.parametrize(
    "number", range(len(BREAKAGES)), ids=lambda number: f"{BREAKAGES[number][0]}-{number}"
)
def test_rule_detects_violation(number: int) -> None:
    name, breakage = BREAKAGES[number]
    broken = copied()
    breakage(broken)
    assert spec_rules.check(broken, only=name) != []


def test_every_rule_has_a_planted_violation() -> None:
    assert {name for name, _ in BREAKAGES} == set(spec_rules.RULES)


def test_a_component_used_only_by_an_unused_one_is_unused() -> None:
    broken = copied()
    broken["components"]["schemas"]["Inner"] = {"type": "string"}
    broken["components"]["schemas"]["Outer"] = {"items": {"$ref": "#/components/schemas/Inner"}}
    found = {finding.pointer for finding in spec_rules.check(broken, only="no-unused-components")}
    assert found == {"#/components/schemas/Inner", "#/components/schemas/Outer"}


def test_every_exempt_status_is_missing_from_an_existing_operation() -> None:
    spec = spec_rules.Spec(DOCUMENT)
    for operation_id, status in spec_rules.NOT_DUE:
        operation = spec.operation(operation_id)
        assert operation is not None
        assert status not in operation.definition["responses"]


# The command ----------------------------------------------------------------------------------------------


def test_a_finding_is_shown_with_its_line(tmp_path: Path) -> None:
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    broken = tmp_path / "openapi.yaml"
    broken.write_text(text.replace("operationId: getRun\n", "operationId: get_run\n"), encoding="utf-8")
    problems = list(spec_lint.own_problems(broken))
    line = broken.read_text(encoding="utf-8").split("operationId: get_run")[0].count("\n") + 1
    shown = [problem.shown(broken) for problem in problems if problem.rule == "operation-id"]
    assert len(shown) == 1
    assert shown[0].startswith(f"openapi.yaml:{line}: operation-id: get_run is not a verb")


def test_without_node_our_own_rules_run_and_the_error_names_node(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit) as ended:
        spec_lint.main([])
    captured = capsys.readouterr()
    assert ended.value.code == 1
    assert f"own rules: 0 findings ({len(spec_rules.RULES)} rules)" in captured.out
    assert (
        captured.err
        == "spec-lint stopped: Node.js 20.19 or newer is not on the PATH (node): get it from https://nodejs.org\n"
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Needs the permission `runs.read` or\n`tasks.deploy`.", {"runs.read", "tasks.deploy"}),
        ("Needs any permission for workspaces.", {"workspace.one", "workspace.two"}),
        ("Needs any\n  permission for workspaces except `workspace.two`.", {"workspace.one"}),
        (
            "Needs `runs.read` or any permission for workspaces.",
            {"runs.read", "workspace.one", "workspace.two"},
        ),
        ("Needs `runs.write`.", set[str]()),
    ],
)
def test_a_description_may_name_permissions_or_all_those_for_workspaces(
    words: str, expected: set[str]
) -> None:
    known = ("runs.read", "tasks.deploy", "workspace.one", "workspace.two")
    assert script("extension_rules").named_permissions(words, known) == expected


def test_the_retention_of_a_key_may_be_a_duration() -> None:
    document = copied()
    put("24h", *RUN_CANCEL, "x-repeat", "kept")(document)
    assert spec_rules.check(document, only="repeats") == []


def test_stream_examples_must_be_frames_of_the_declared_events() -> None:
    document = copied()
    stream = {
        "type": "string",
        "contentMediaType": "text/event-stream",
        "contentSchema": {
            "properties": {
                "event": {"const": "run_event"},
                "data": {"contentSchema": {"$ref": "#/components/schemas/RunEvent"}},
            }
        },
    }
    put(stream, *RESPONSES, "RunEvents", "content", "text/event-stream", "schema")(document)
    assert spec_rules.check(document, only="examples-validate") == []
    put(
        "other",
        *RESPONSES,
        "RunEvents",
        "content",
        "text/event-stream",
        "schema",
        "contentSchema",
        "properties",
        "event",
        "const",
    )(document)
    (first, *_) = spec_rules.check(document, only="examples-validate")
    assert "in the frame 6" in first.text
