"""Access control: bearer credentials, keys, scopes and environments."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from helmr_contract.behaviour.helpers import (
    UNKNOWN_ID,
    WORK,
    Api,
    Server,
    assert_error,
    ok,
    raw_request,
    rule,
    unique,
)
from helmr_contract.behaviour.plugin import SCOPES

AUTHENTICATION = rule("sessions.md 1.5", "runs.md 1.1", "tokens-auth-errors.md 2.3")
PERMISSION = rule("sessions.md 2", "runs.md 1", "tokens-auth-errors.md 2.6", "tokens-auth-errors.md 2.9")

# Each operation with its scopes, any one of which is sufficient.
OPERATIONS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "listTasks": ("GET", "/api/tasks", ("runs:read",)),
    "getTask": ("GET", "/api/tasks/{task}", ("runs:read",)),
    "startSession": ("POST", "/api/sessions", ("runs:create",)),
    "startSessionAndWait": ("POST", "/api/sessions/start-and-wait", ("runs:create",)),
    "listSessions": ("GET", "/api/sessions", ("runs:read",)),
    "getSession": ("GET", "/api/sessions/{session}", ("runs:read",)),
    "updateSession": ("PATCH", "/api/sessions/{session}", ("runs:manage",)),
    "closeSession": ("POST", "/api/sessions/{session}/close", ("runs:manage",)),
    "cancelSession": ("POST", "/api/sessions/{session}/cancel", ("runs:manage",)),
    "listSessionRuns": ("GET", "/api/sessions/{session}/runs", ("runs:read",)),
    "listSessionStreams": ("GET", "/api/sessions/{session}/streams", ("session-streams:read",)),
    "appendInputRecord": ("POST", "/api/sessions/{session}/inputs/{input}", ("session-input:send",)),
    "listInputRecords": ("GET", "/api/sessions/{session}/inputs/{input}", ("session-streams:read",)),
    "appendOutputRecord": ("POST", "/api/sessions/{session}/outputs/{output}", ("session-output:append",)),
    "listOutputRecords": ("GET", "/api/sessions/{session}/outputs/{output}", ("session-streams:read",)),
    "readOutputRecord": ("GET", "/api/sessions/{session}/outputs/{output}/read", ("session-streams:read",)),
    "getSessionByExternalId": ("GET", "/api/sessions/by-external-id?external_id={external}", ("runs:read",)),
    "updateSessionByExternalId": (
        "PATCH",
        "/api/sessions/by-external-id?external_id={external}",
        ("runs:manage",),
    ),
    "closeSessionByExternalId": (
        "POST",
        "/api/sessions/by-external-id/close?external_id={external}",
        ("runs:manage",),
    ),
    "cancelSessionByExternalId": (
        "POST",
        "/api/sessions/by-external-id/cancel?external_id={external}",
        ("runs:manage",),
    ),
    "listSessionRunsByExternalId": (
        "GET",
        "/api/sessions/by-external-id/runs?external_id={external}",
        ("runs:read",),
    ),
    "listSessionStreamsByExternalId": (
        "GET",
        "/api/sessions/by-external-id/streams?external_id={external}",
        ("session-streams:read",),
    ),
    "appendInputRecordByExternalId": (
        "POST",
        "/api/sessions/by-external-id/inputs/{input}?external_id={external}",
        ("session-input:send",),
    ),
    "listInputRecordsByExternalId": (
        "GET",
        "/api/sessions/by-external-id/inputs/{input}?external_id={external}",
        ("session-streams:read",),
    ),
    "appendOutputRecordByExternalId": (
        "POST",
        "/api/sessions/by-external-id/outputs/{output}?external_id={external}",
        ("session-output:append",),
    ),
    "listOutputRecordsByExternalId": (
        "GET",
        "/api/sessions/by-external-id/outputs/{output}?external_id={external}",
        ("session-streams:read",),
    ),
    "readOutputRecordByExternalId": (
        "GET",
        "/api/sessions/by-external-id/outputs/{output}/read?external_id={external}",
        ("session-streams:read",),
    ),
    "listRuns": ("GET", "/api/runs", ("runs:read",)),
    "countRuns": ("GET", "/api/runs/counts", ("runs:read",)),
    "getRun": ("GET", "/api/runs/{run}", ("runs:read",)),
    "cancelRun": ("POST", "/api/runs/{run}/cancel", ("runs:manage",)),
    "listRunEvents": ("GET", "/api/runs/{run}/events", ("runs:read",)),
    "getRunLogs": ("GET", "/api/runs/{run}/logs", ("runs:read",)),
    "createToken": ("POST", "/api/tokens", ("tokens:create",)),
    "listTokens": ("GET", "/api/tokens", ("tokens:read",)),
    "getToken": ("GET", "/api/tokens/{token}", ("tokens:read",)),
    "completeToken": ("POST", "/api/tokens/{token}/complete", ("tokens:complete",)),
    "cancelToken": ("POST", "/api/tokens/{token}/cancel", ("tokens:cancel",)),
    "publicInput": ("POST", "/api/public-access-tokens", ("session-input:send",)),
    "publicOutput": ("POST", "/api/public-access-tokens", ("session-streams:read",)),
}
EACH = pytest.mark.parametrize("operation", OPERATIONS)


@pytest.fixture
def things(api: Api) -> dict[str, str]:
    """A session with its run, a token, and the names used in the paths above."""
    external = unique()
    started = api.start(WORK, external_id=external)
    return {
        "task": api.server.task,
        "session": started["session"]["id"],
        "external": external,
        "run": started["run"]["id"],
        "token": api.token(timeout="1h")["id"],
        "input": api.server.streams.input,
        "output": api.server.streams.output,
    }


def body_of(operation: str, api: Api, things: dict[str, str]) -> Any:
    """Return a body that an operation accepts."""
    session = {"type": "id", "id": things["session"]}
    match operation:
        case "startSession" | "startSessionAndWait":
            return api.start_body({"do": "return", "value": 1})
        case "publicInput":
            return {"scope": {"type": "session.input.send", "session": session, "stream": things["input"]}}
        case "publicOutput":
            return {"scope": {"type": "session.output.read", "session": session, "stream": things["output"]}}
        case _:
            return {}


def call(caller: Api, operation: str, things: dict[str, str]) -> Any:
    method, path, _ = OPERATIONS[operation]
    path = path.format(**things)
    return caller.request(method, path, body_of(operation, caller, things))


# Bearers ----------------------------------------------------------------------------------------------------


@AUTHENTICATION
@EACH
def test_every_operation_without_a_bearer_token_returns_401(anonymous: Api, operation: str) -> None:
    method, path, _ = OPERATIONS[operation]
    things = dict.fromkeys(("session", "external", "run", "token"), UNKNOWN_ID)
    path = path.format(task="x", input="x", output="x", **things)
    # Authentication comes before the body is read.
    response = anonymous.request(method, path, content=b"nonsense")
    assert_error(response, 401, "authentication is required")


@AUTHENTICATION
@EACH
def test_every_operation_with_an_unknown_key_returns_401(anonymous: Api, operation: str) -> None:
    method, path, _ = OPERATIONS[operation]
    things = dict.fromkeys(("session", "external", "run", "token"), UNKNOWN_ID)
    path = path.format(task="x", input="x", output="x", **things)
    response = anonymous.as_caller("hlmr_sk_" + "A" * 43).request(method, path, {})
    assert_error(response, 401, "authentication is required")


LOGIN = rule("sessions.md 1.5", "runs.md 1.1", "tokens-auth-errors.md 2.4")
LOGIN_SCOPE = "/api/projects/default/environments/default"
# Every operation for API keys, except creating public access tokens, has a counterpart for signed-in users.
LOGIN_TWINS = [name for name in OPERATIONS if not name.startswith("public")]


def login_request(caller: Api, operation: str) -> Any:
    method, path, _ = OPERATIONS[operation]
    things = dict.fromkeys(("session", "external", "run", "token"), UNKNOWN_ID)
    path = path.format(task="x", input="x", output="x", **things)
    return caller.request(method, LOGIN_SCOPE + path.removeprefix("/api"), content=b"nonsense")


@LOGIN
@pytest.mark.parametrize("operation", LOGIN_TWINS)
def test_routes_for_signed_in_users_reject_an_api_key(api: Api, operation: str) -> None:
    assert_error(login_request(api, operation), 401, "session authentication is required")


@LOGIN
@pytest.mark.parametrize("operation", LOGIN_TWINS)
def test_routes_for_signed_in_users_reject_requests_without_a_bearer_token(
    anonymous: Api, operation: str
) -> None:
    assert_error(login_request(anonymous, operation), 401, "authentication is required")


@LOGIN
def test_an_unknown_bearer_token_does_not_sign_in_a_user(api: Api, anonymous: Api) -> None:
    for bearer in ("x", "A" * 43, "hlmr_sk_" + "A" * 43):
        response = anonymous.as_caller(bearer).get(f"{LOGIN_SCOPE}/runs")
        assert_error(response, 401, "session authentication is required")
    assert_error(api.get("/api/me"), 401, "session authentication is required")
    assert_error(anonymous.get("/api/me"), 401, "authentication is required")


@AUTHENTICATION
@rule("tokens-auth-errors.md 2.2")
@pytest.mark.parametrize(
    "authorization",
    [
        "Basic dXNlcjpwYXNz",
        "Bearer",
        "Bearer ",
        "Bearer\t{key}",
        "Token {key}",
        "{key}",
        "Bearer x",
        "Bearer {key}x",
    ],
)
def test_anything_but_a_known_key_as_bearer_token_returns_401(server: Server, authorization: str) -> None:
    response = raw_request(server, f"GET /api/tasks HTTP/1.1\nAuthorization: {authorization}")
    assert response.status == 401
    assert set(json.loads(response.body)) == {"error"}


@AUTHENTICATION
@rule("tokens-auth-errors.md 2.2")
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_bearer_scheme_is_case_insensitive_and_the_credential_is_trimmed(
    server: Server, scheme: str
) -> None:
    response = raw_request(server, f"GET /api/tasks HTTP/1.1\nAuthorization: {scheme}   {{key}}  ")
    assert response.status == 200


@AUTHENTICATION
@rule("tokens-auth-errors.md 2.2")
def test_only_the_first_of_two_authorization_headers_counts(server: Server) -> None:
    good, bad = "Authorization: Bearer {key}", "Authorization: Bearer nobody"
    assert raw_request(server, f"GET /api/tasks HTTP/1.1\n{good}\n{bad}").status == 200
    assert raw_request(server, f"GET /api/tasks HTTP/1.1\n{bad}\n{good}").status == 401


@AUTHENTICATION
@rule("tokens-auth-errors.md 2.1", "runs.md 1.1")
def test_public_tokens_and_callback_secrets_are_not_accepted_as_api_keys(
    api: Api, things: dict[str, str]
) -> None:
    token = api.token(timeout="1h")
    stream = ok(api.post("/api/public-access-tokens", body_of("publicInput", api, things)), 201)
    secret = token["callback_url"].rsplit("/", 1)[1]
    for credential in (token["public_access_token"], stream["public_access_token"], secret):
        for operation in OPERATIONS:
            response = call(api.as_caller(credential), operation, things)
            assert_error(response, 401, "authentication is required")


@AUTHENTICATION
@rule("tokens-auth-errors.md 2.3")
@pytest.mark.scoped_keys
def test_an_expired_key_is_treated_like_an_unknown_one(expired_key: Api) -> None:
    assert_error(expired_key.get("/api/tasks"), 401, "authentication is required")


# Scopes -----------------------------------------------------------------------------------------------------


@PERMISSION
@rule("tokens-auth-errors.md 2.7")
@EACH
@pytest.mark.scoped_keys
def test_all_scopes_except_the_required_one_are_not_sufficient(
    api: Api, scoped_key: Callable[..., Api], things: dict[str, str], operation: str
) -> None:
    needed = OPERATIONS[operation][2]
    caller = scoped_key(*(scope for scope in SCOPES if scope not in needed))
    assert_error(call(caller, operation, things), 403, "permission is required")


@PERMISSION
@EACH
@pytest.mark.scoped_keys
def test_the_required_scope_alone_is_sufficient(
    api: Api, scoped_key: Callable[..., Api], things: dict[str, str], operation: str
) -> None:
    for scope in OPERATIONS[operation][2]:
        response = call(scoped_key(scope), operation, things)
        assert response.status_code in (200, 201) or response.json() == {
            "code": "close_run_active",
            "error": "close_run_active",
        }


@PERMISSION
@rule("sessions.md 5.1", "sessions.md 5.2")
@pytest.mark.scoped_keys
def test_tasks_can_also_be_read_with_the_deploy_scope(scoped_key: Callable[..., Api], server: Server) -> None:
    deployer = scoped_key("tasks:deploy")
    ok(deployer.get("/api/tasks"))
    ok(deployer.get(f"/api/tasks/{server.task}"))


@rule("sessions.md 3.4", "runs.md 1.4", "tokens-auth-errors.md 3.5", "tokens-auth-errors.md 1.2")
@pytest.mark.scoped_keys
def test_operations_by_id_return_404_before_403(scoped_key: Callable[..., Api]) -> None:
    caller = scoped_key("tokens:create")
    assert_error(caller.get(f"/api/runs/{UNKNOWN_ID}"), 404, "run not found")
    assert_error(caller.get(f"/api/sessions/{UNKNOWN_ID}"), 404, "session not found")
    assert_error(caller.get(f"/api/tokens/{UNKNOWN_ID}"), 404, "token not found", "token_not_found")
    assert_error(caller.post(f"/api/runs/{UNKNOWN_ID}/cancel", {}), 404, "run not found")
    response = caller.post(f"/api/tokens/{UNKNOWN_ID}/complete", {})
    assert_error(response, 404, "token not found", "token_not_found")


@rule("sessions.md 3.4", "tokens-auth-errors.md 3.6")
@pytest.mark.scoped_keys
def test_session_operations_return_403_before_they_check_stream_and_body(
    scoped_key: Callable[..., Api], things: dict[str, str]
) -> None:
    caller = scoped_key("tokens:create")
    session = things["session"]
    for method, path in (
        ("PATCH", f"/api/sessions/{session}"),
        ("POST", f"/api/sessions/{session}/close"),
        ("POST", f"/api/sessions/{session}/cancel"),
        ("POST", f"/api/sessions/{session}/inputs/-bad"),
        ("GET", f"/api/sessions/{session}/outputs/-bad"),
    ):
        assert_error(caller.request(method, path, content=b"nonsense"), 403, "permission is required")


@rule("runs.md 1.4", "tokens-auth-errors.md 3.6")
@pytest.mark.scoped_keys
def test_run_and_token_operations_check_their_input_before_403(
    scoped_key: Callable[..., Api], things: dict[str, str]
) -> None:
    caller = scoped_key("tokens:create")
    run, token = things["run"], things["token"]
    assert caller.post(f"/api/runs/{run}/cancel", content=b"nonsense").status_code == 400
    assert caller.get(f"/api/runs/{run}/events", params={"cursor": "-1"}).status_code == 400
    assert caller.get(f"/api/runs/{run}/logs", params={"follow": "1", "cursor": "x"}).status_code == 403
    assert caller.post(f"/api/tokens/{token}/complete", content=b"nonsense").status_code == 400


@rule(
    "sessions.md 6.2", "sessions.md 8", "runs.md 3", "tokens-auth-errors.md 3.3", "tokens-auth-errors.md 3.4"
)
@pytest.mark.scoped_keys
def test_lists_and_creates_check_scope_then_permission_then_values(
    scoped_key: Callable[..., Api], api: Api
) -> None:
    caller = scoped_key("session-input:send")
    key_text = "project_id and environment_id are not accepted with API keys"
    project = {"project_id": "p"}
    assert_error(caller.get("/api/runs", params=project), 400, key_text)
    assert_error(caller.get("/api/sessions", params=project), 400, key_text)
    assert_error(caller.get("/api/tokens", params=project), 400, key_text)
    assert_error(caller.post("/api/tokens", project), 400, key_text)
    assert_error(caller.post("/api/sessions", api.start_body(**project)), 400, key_text)
    denied = "permission is required"
    assert_error(caller.get("/api/runs", params={"session_id": "x"}), 403, denied)
    assert_error(caller.get("/api/sessions", params={"limit": "x"}), 403, denied)
    assert_error(caller.get("/api/tokens", params={"limit": "x"}), 403, denied)
    assert_error(caller.post("/api/tokens", {"timeout": "x"}), 403, denied)
    assert_error(caller.post("/api/sessions", api.start_body(metadata=None)), 403, denied)
    assert_error(caller.get("/api/tasks/-bad"), 403, denied)
    # Exceptions: a run list checks its status and limit first, a start its body and task id.
    assert caller.get("/api/runs", params={"limit": "x"}).status_code == 400
    assert caller.get("/api/runs", params={"status": "x"}).status_code == 400
    assert caller.post("/api/sessions", api.start_body(task_id="-bad")).status_code == 400


# Project and environment ------------------------------------------------------------------------------------

SCOPE = rule("sessions.md 3.3", "runs.md 1.2", "tokens-auth-errors.md 2.8")
NOT_WITH_KEYS = "project_id and environment_id are not accepted with API keys"


@SCOPE
@pytest.mark.parametrize("name", ["project_id", "environment_id"])
@pytest.mark.parametrize(
    "path", ["/api/tasks", "/api/tasks/x", "/api/sessions", "/api/runs", "/api/runs/counts", "/api/tokens"]
)
def test_an_api_key_must_not_be_sent_with_a_project_or_environment_in_the_query(
    api: Api, path: str, name: str
) -> None:
    assert_error(api.get(path, params={name: "x"}), 400, NOT_WITH_KEYS)
    assert api.get(path, params={name: "  "}).status_code in (200, 404)


@SCOPE
@rule("tokens-auth-errors.md 5.1")
@pytest.mark.parametrize("name", ["project_id", "environment_id"])
def test_an_api_key_must_not_be_sent_with_a_project_or_environment_in_the_body(
    api: Api, things: dict[str, str], name: str
) -> None:
    assert_error(api.post("/api/tokens", {name: "x"}), 400, NOT_WITH_KEYS)
    assert_error(api.post("/api/sessions", api.start_body(WORK, **{name: "x"})), 400, NOT_WITH_KEYS)
    assert_error(api.post("/api/sessions/start-and-wait", api.start_body(**{name: "x"})), 400, NOT_WITH_KEYS)
    public = body_of("publicInput", api, things)
    assert_error(api.post("/api/public-access-tokens", {**public, name: "x"}), 400, NOT_WITH_KEYS)
    ok(api.post("/api/tokens", {name: "  "}), 201)
    ok(api.post("/api/sessions", api.start_body(WORK, **{name: "  "})), 201)


@SCOPE
def test_item_routes_ignore_project_and_environment_in_the_query(api: Api, things: dict[str, str]) -> None:
    query = {"project_id": "x", "environment_id": "x"}
    for path in (
        f"/api/sessions/{things['session']}",
        f"/api/runs/{things['run']}",
        f"/api/tokens/{things['token']}",
    ):
        ok(api.get(path, params=query))


@SCOPE
def test_item_bodies_reject_project_and_environment_as_unknown_fields(
    api: Api, things: dict[str, str]
) -> None:
    response = api.patch(f"/api/sessions/{things['session']}", {"project_id": ""})
    assert_error(response, 400, 'invalid session patch JSON: json: unknown field "project_id"')


OTHER = rule("sessions.md 3.4", "runs.md 1.2", "tokens-auth-errors.md 2.8", "tokens-auth-errors.md 3.5")


@OTHER
@pytest.mark.scoped_keys
def test_a_resource_of_another_environment_is_not_found(
    other_environment: Api, things: dict[str, str], anonymous: Api
) -> None:
    del anonymous
    other, session = other_environment, things["session"]
    for response in (
        other.get(f"/api/sessions/{session}"),
        other.patch(f"/api/sessions/{session}", {}),
        other.post(f"/api/sessions/{session}/close", {}),
        other.post(f"/api/sessions/{session}/cancel", {}),
        other.get(f"/api/sessions/{session}/runs"),
        other.get(f"/api/sessions/{session}/streams"),
        other.get("/api/sessions/by-external-id", params={"external_id": things["external"]}),
        other.post(f"/api/sessions/{session}/inputs/{things['input']}", {}),
        other.get(f"/api/sessions/{session}/inputs/{things['input']}"),
        other.post(f"/api/sessions/{session}/outputs/{things['output']}", {}),
        other.get(f"/api/sessions/{session}/outputs/{things['output']}/read"),
    ):
        assert_error(response, 404, "session not found")
    for response in (
        other.get(f"/api/runs/{things['run']}"),
        other.post(f"/api/runs/{things['run']}/cancel", {}),
        other.get(f"/api/runs/{things['run']}/events"),
        other.get(f"/api/runs/{things['run']}/logs"),
    ):
        assert_error(response, 404, "run not found")
    for response in (
        other.get(f"/api/tokens/{things['token']}"),
        other.post(f"/api/tokens/{things['token']}/complete", {}),
        other.post(f"/api/tokens/{things['token']}/cancel"),
    ):
        assert_error(response, 404, "token not found", "token_not_found")
    public = {
        "type": "session.input.send",
        "session": {"type": "id", "id": session},
        "stream": things["input"],
    }
    response = other.post("/api/public-access-tokens", {"scope": public})
    assert_error(response, 404, "stream not found", "stream_not_found")


@OTHER
@rule("sessions.md 6.6", "sessions.md 6.7")
@pytest.mark.scoped_keys
def test_lists_keys_and_external_ids_are_limited_to_one_environment(
    api: Api, other_environment: Api, things: dict[str, str]
) -> None:
    other = other_environment
    assert things["session"] not in [s["id"] for s in ok(other.get("/api/sessions"))["sessions"]]
    assert things["run"] not in [r["id"] for r in ok(other.get("/api/runs?status=all"))["runs"]]
    assert things["token"] not in [t["id"] for t in ok(other.get("/api/tokens?limit=500"))["tokens"]]
    found = ok(other.get("/api/tokens", params={"after": things["token"]}))
    assert found == {"tokens": []}
    key = unique("key")
    mine = api.token(timeout="1h", idempotency_key=key)
    theirs = ok(other.post("/api/tokens", {"timeout": "2h", "idempotency_key": key}), 201)
    assert mine["id"] != theirs["id"]
    ok(other.post(f"/api/tokens/{theirs['id']}/cancel"))
