"""Session streams with a public access token."""

from __future__ import annotations

import re
from typing import Any

import pytest

from helmr_contract.behaviour.helpers import (
    UNKNOWN_ID,
    WORK,
    Api,
    JsonObject,
    assert_error,
    at_once,
    eventually,
    in_,
    ok,
    rule,
    starting,
    step,
    unique,
)

pytestmark = pytest.mark.usefixtures("both_addresses")
PUBLIC = rule("tokens-auth-errors.md 5.2", "sessions.md 19")
V1 = "/api/v1/sessions"


@pytest.fixture
def session(api: Api) -> JsonObject:
    made: JsonObject = api.start(WORK)["session"]
    return made


def holder(api: Api, session: JsonObject, kind: str = "input", correlation: str = "", **body: Any) -> Api:
    """A caller with a public access token for the session's input or output."""
    scope: JsonObject = {
        "type": "session.input.send" if kind == "input" else "session.output.read",
        "session": {"type": "id", "id": session["id"]},
        "stream": api.server.streams.input if kind == "input" else api.server.streams.report,
        "correlation_id": correlation,
    }
    made = ok(api.post("/api/public-access-tokens", {"scope": scope, **body}), 201)
    return api.as_caller(made["public_access_token"])


def input_path(api: Api, session: JsonObject, stream: str | None = None) -> str:
    return f"{V1}/{session['id']}/inputs/{stream or api.server.streams.input}"


def read_path(api: Api, session: JsonObject, stream: str | None = None) -> str:
    return f"{V1}/{session['id']}/outputs/{stream or api.server.streams.report}/read"


def denied(response: Any, status: int) -> None:
    assert_error(response, status, "token scope denied", "token_scope_denied")


def not_found(response: Any) -> None:
    assert_error(response, 404, "stream not found", "stream_not_found")


# Append -----------------------------------------------------------------------------------------------------


@PUBLIC
def test_an_input_token_appends_like_an_api_key(api: Api, session: JsonObject) -> None:
    sender = holder(api, session)
    body = {"data": {"a": 1}, "correlation_id": " c ", "content_type": "text/x"}
    response = ok(sender.post(input_path(api, session), body), 201)
    assert set(response) == {"record", "idempotency_status", "continuation_status"}
    assert (response["idempotency_status"], response["continuation_status"]) == (
        "created",
        "accepted_run_pending",
    )
    record = response["record"]
    assert (record["data"], record["correlation_id"], record["content_type"]) == ({"a": 1}, "c", "text/x")
    listed = ok(api.get(f"/api/sessions/{session['id']}/inputs/{api.server.streams.input}"))["records"]
    assert listed == [record]


@PUBLIC
def test_an_input_may_be_addressed_by_external_id(api: Api, session: JsonObject) -> None:
    path = f"{V1}/by-external-id/inputs/{api.server.streams.input}"
    query = {"external_id": f" {session['external_id']} "}
    response = ok(holder(api, session).post(path, {"data": 1}, params=query), 201)
    assert response["record"]["sequence"] == 1


@PUBLIC
@pytest.mark.worker
def test_a_public_input_resumes_a_waiting_run_and_continues_an_idle_session(api: Api) -> None:
    started = api.start(step("wait_input", stream=api.server.streams.input))
    session = started["session"]
    sender = holder(api, session)
    api.activity(session["id"], "waiting")
    response = ok(sender.post(input_path(api, session), {"data": "go"}), 201)
    assert "continuation_status" not in response
    assert api.wait(started["run"]["id"])["output"] == [{"ok": True, "data": "go"}]
    response = ok(sender.post(input_path(api, session), {"data": "more"}), 201)
    assert response["continuation_status"] == "created"


@PUBLIC
def test_an_idempotency_key_is_shared_with_the_key_route(api: Api, session: JsonObject) -> None:
    sender, key = holder(api, session), unique()
    first = api.send(session["id"], api.server.streams.input, 1, idempotency_key=key)
    again = ok(sender.post(input_path(api, session), {"data": 1, "idempotency_key": key}), 201)
    assert (again["idempotency_status"], again["record"]) == ("duplicate", first["record"])
    response = sender.post(input_path(api, session), {"data": 2, "idempotency_key": key})
    text = re.compile("idempotency[_ ]key was already used with different request parameters")
    assert_error(response, 409, text, "idempotency_fingerprint_mismatch")
    response = sender.post(input_path(api, session), {"data": 1, "idempotency_key": "x" * 513})
    assert_error(response, 400, "idempotency_key must be at most 512 characters")


@PUBLIC
def test_public_input_depends_on_the_sessions_state(api: Api, session: JsonObject) -> None:
    sender = holder(api, session)
    ok(api.post(f"/api/sessions/{session['id']}/cancel", {}))
    response = sender.post(input_path(api, session), {"data": 1})
    assert_error(response, 409, "session is terminal", "session_terminal")
    overdue = api.start(WORK, expires_at=in_(-60))["session"]
    response = holder(api, overdue).post(input_path(api, overdue), {"data": 1})
    assert_error(response, 410, "session is expired", "session_expired")


# Read -------------------------------------------------------------------------------------------------------


@PUBLIC
def test_an_output_token_reads_the_first_record_after_the_cursor(api: Api, session: JsonObject) -> None:
    reader = holder(api, session, "output")
    path = read_path(api, session)
    assert ok(reader.get(path)) == {"record": None}
    records = [
        api.append(session["id"], api.server.streams.report, n, correlation_id=f"c{n}")["record"]
        for n in range(3)
    ]
    assert ok(reader.get(path)) == {"record": records[0]}
    for name in ("after_sequence", "cursor"):
        assert ok(reader.get(path, params={name: "1"})) == {"record": records[1]}
    assert ok(reader.get(path, params={"correlation_id": " c2 "})) == {"record": records[2]}
    assert ok(reader.get(path, params={"after_sequence": "3"})) == {"record": None}
    response = reader.get(path, params={"after_sequence": "-1"})
    assert_error(response, 400, "after_sequence must be a non-negative integer")
    by_external = f"{V1}/by-external-id/outputs/{api.server.streams.report}/read"
    found = ok(reader.get(by_external, params={"external_id": session["external_id"], "after_sequence": "1"}))
    assert found == {"record": records[1]}


@PUBLIC
def test_the_sessions_status_does_not_matter_for_reading(api: Api, session: JsonObject) -> None:
    reader = holder(api, session, "output")
    record = api.append(session["id"], api.server.streams.report, 1)["record"]
    ok(api.post(f"/api/sessions/{session['id']}/cancel", {}))
    assert ok(reader.get(read_path(api, session))) == {"record": record}


# Who may access what ---------------------------------------------------------------------------------------


@PUBLIC
@pytest.mark.parametrize("credential", [None, "hlmr_pat_" + "A" * 43, "nonsense"])
def test_a_missing_or_unknown_bearer_token_returns_401(
    anonymous: Api, session: JsonObject, credential: str | None
) -> None:
    caller = anonymous.as_caller(credential)
    denied(caller.post(input_path(caller, session), {"data": 1}), 401)
    denied(caller.get(read_path(caller, session)), 401)


@PUBLIC
def test_an_api_key_is_an_unknown_bearer_token_on_public_routes(api: Api, session: JsonObject) -> None:
    denied(api.post(input_path(api, session), {"data": 1}), 401)
    denied(api.get(read_path(api, session)), 401)


@PUBLIC
def test_a_token_for_another_stream_session_or_direction_returns_403(api: Api, session: JsonObject) -> None:
    sender, reader = holder(api, session), holder(api, session, "output")
    other = api.start(WORK)["session"]
    for one in (session, other):  # create the streams first, so that only the scope can cause the 403
        ok(api.get(f"/api/sessions/{one['id']}/streams"))
    denied(sender.post(input_path(api, session, api.server.streams.approval), {}), 403)
    denied(sender.post(input_path(api, other), {}), 403)
    denied(sender.get(read_path(api, session)), 403)
    denied(reader.post(input_path(api, session), {}), 403)
    denied(reader.get(read_path(api, session, api.server.streams.output)), 403)
    denied(reader.get(read_path(api, other)), 403)


@PUBLIC
def test_the_public_access_token_of_a_token_is_not_accepted_for_streams(
    api: Api, session: JsonObject
) -> None:
    ok(api.get(f"/api/sessions/{session['id']}/streams"))
    caller = api.as_caller(api.token(timeout="1h")["public_access_token"])
    denied(caller.post(input_path(api, session), {}), 403)
    denied(caller.get(read_path(api, session)), 403)


@PUBLIC
def test_public_requests_never_create_a_stream(api: Api, session: JsonObject) -> None:
    sender = holder(api, session)
    fresh = api.start(WORK)["session"]
    not_found(sender.post(input_path(api, fresh), {}))
    not_found(sender.post(input_path(api, session, "nowhere"), {}))
    not_found(sender.post(input_path(api, {"id": UNKNOWN_ID}), {}))


@PUBLIC
def test_an_expired_token_is_gone(api: Api, session: JsonObject) -> None:
    sender, reader = (
        holder(api, session, expires_at=in_(1)),
        holder(api, session, "output", expires_at=in_(1)),
    )

    def gone() -> Any:
        response = sender.post(input_path(api, session), {"data": 1})
        return response if response.status_code != 201 else None

    def unreadable() -> Any:
        response = reader.get(read_path(api, session))
        return response if response.status_code != 200 else None

    for refused in (gone, unreadable):
        response = eventually(refused, within=api.server.limits.patience, what="the token's expiry")
        assert_error(response, 410, "token expired", "token_expired")
    response = sender.post(input_path(api, {"id": UNKNOWN_ID}), {})  # although the session does not exist
    assert_error(response, 410, "token expired", "token_expired")


@PUBLIC
def test_the_checks_are_made_in_order(anonymous: Api, api: Api, session: JsonObject) -> None:
    body = b"nonsense"
    bad_session, bad_stream = f"{V1}/x/inputs/-x", f"{V1}/{UNKNOWN_ID}/inputs/-x"
    prefix = "invalid stream record request JSON: "
    assert_error(anonymous.post(bad_session, content=body), 400, starting(prefix))
    denied(anonymous.post(bad_session, {}), 401)
    unknown = anonymous.as_caller("nobody")
    assert_error(unknown.post(bad_session, {}), 400, "sessionID must be a UUID")
    text = "stream name must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$"
    assert_error(unknown.post(bad_stream, {}), 400, text)
    denied(unknown.post(f"{V1}/{UNKNOWN_ID}/inputs/x", {}), 401)
    external = f"{V1}/by-external-id/inputs/x"
    assert_error(unknown.post(external, {}), 400, "external_id is required")
    assert_error(
        unknown.post(external + "?external_id=a%00", {}), 400, "external_id must not contain NUL bytes"
    )
    long = external + "?external_id=" + "x" * 513
    assert_error(unknown.post(long, {}), 400, "external_id must be at most 512 bytes")
    not_found(holder(api, session).post(f"{V1}/{UNKNOWN_ID}/inputs/x", {}))


# Correlation and uses ---------------------------------------------------------------------------------------


@PUBLIC
def test_a_bound_token_accepts_only_its_correlation_id(api: Api, session: JsonObject) -> None:
    sender = holder(api, session, correlation="thread-3", max_uses=1)
    path = input_path(api, session)
    for body in ({"data": 1}, {"data": 1, "correlation_id": "thread-2"}, {"data": 1, "correlation_id": ""}):
        denied(sender.post(path, body), 403)
    ok(sender.post(path, {"data": 1, "correlation_id": " thread-3 "}), 201)
    reader = holder(api, session, "output", correlation="thread-3")
    denied(reader.get(read_path(api, session)), 403)
    denied(reader.get(read_path(api, session), params={"correlation_id": "thread-2"}), 403)
    ok(reader.get(read_path(api, session), params={"correlation_id": "thread-3"}))


@PUBLIC
def test_an_unbound_token_accepts_any_correlation_id(api: Api, session: JsonObject) -> None:
    sender = holder(api, session)
    ok(sender.post(input_path(api, session), {"data": 1, "correlation_id": "any"}), 201)
    ok(sender.post(input_path(api, session), {"data": 1}), 201)


@PUBLIC
def test_every_success_takes_a_use_including_duplicates_and_null_reads(api: Api, session: JsonObject) -> None:
    sender, key = holder(api, session, max_uses=2), unique()
    path = input_path(api, session)
    ok(sender.post(path, {"data": 1, "idempotency_key": key}), 201)
    duplicate = ok(sender.post(path, {"data": 1, "idempotency_key": key}), 201)
    assert duplicate["idempotency_status"] == "duplicate"
    denied(sender.post(path, {"data": 2}), 403)
    reader = holder(api, session, "output", max_uses=1)
    assert ok(reader.get(read_path(api, session))) == {"record": None}
    denied(reader.get(read_path(api, session)), 403)


@PUBLIC
def test_a_failed_request_takes_no_use(api: Api, session: JsonObject) -> None:
    sender, key = holder(api, session, max_uses=2), unique()
    path = input_path(api, session)
    ok(sender.post(path, {"data": 1, "idempotency_key": key}), 201)
    assert sender.post(path, {"data": 2, "idempotency_key": key}).status_code == 409
    assert sender.post(path, {"surprise": 2}).status_code == 400
    assert sender.post(path, {"idempotency_key": "x" * 513}).status_code == 400
    ok(sender.post(path, {"data": 2}), 201)
    denied(sender.post(path, {"data": 3}), 403)
    reader = holder(api, session, "output", max_uses=1)
    assert reader.get(read_path(api, session), params={"after_sequence": "x"}).status_code == 400
    ok(reader.get(read_path(api, session)))
    denied(reader.get(read_path(api, session)), 403)


@PUBLIC
def test_uses_are_counted_exactly_under_concurrency(api: Api, session: JsonObject) -> None:
    sender = holder(api, session, max_uses=3)
    path = input_path(api, session)
    statuses = at_once(10, lambda n: sender.post(path, {"data": n}).status_code)
    assert sorted(statuses) == [201] * 3 + [403] * 7
    listed = ok(api.get(f"/api/sessions/{session['id']}/inputs/{api.server.streams.input}"))["records"]
    assert [record["sequence"] for record in listed] == [1, 2, 3]
