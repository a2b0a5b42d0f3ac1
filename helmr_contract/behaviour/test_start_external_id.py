"""Reuse of a session by its external id."""

from __future__ import annotations

from collections import Counter

import pytest

from helmr_contract.behaviour.helpers import (
    WORK,
    Api,
    JsonObject,
    assert_error,
    at_once,
    in_,
    ok,
    rule,
    step,
    unique,
)

REUSE = rule("sessions.md 6.7")


def terminal(api: Api, body: JsonObject) -> None:
    assert_error(api.post("/api/sessions", body), 409, "session is terminal", "session_terminal")


@REUSE
def test_an_open_session_with_the_same_parameters_is_returned(api: Api) -> None:
    body = api.start_body(WORK)
    first = ok(api.post("/api/sessions", body), 201)
    again = ok(api.post("/api/sessions", body), 200)
    assert again["is_cached"] is True
    assert again["session"]["id"] == first["session"]["id"]
    assert again["run"]["id"] == first["run"]["id"]


@REUSE
@pytest.mark.worker
def test_reuse_returns_the_current_run_even_if_ended_and_creates_none(api: Api) -> None:
    body = api.start_body(step("read_input", stream=api.server.streams.input))
    done = ok(api.post("/api/sessions/start-and-wait", body))
    session = done["session"]["id"]
    again = ok(api.post("/api/sessions", body), 200)
    assert again["run"]["id"] == done["run"]["id"]
    assert again["run"]["status"] == "succeeded"
    assert len(api.runs_of(session)) == 1
    api.send(session, api.server.streams.input, 1)
    current = api.session(session)["current_run_id"]
    assert ok(api.post("/api/sessions", body), 200)["run"]["id"] == current != done["run"]["id"]


@REUSE
@pytest.mark.parametrize("changed", [{}, {"priority": 9}], ids=["same parameters", "other parameters"])
def test_an_open_session_past_its_expiry_is_terminal(api: Api, changed: JsonObject) -> None:
    body = api.start_body(WORK, expires_at=in_(-60))
    started = ok(api.post("/api/sessions", body), 201)
    assert api.session(started["session"]["id"])["status"] == "open", "an active run keeps it open"
    terminal(api, {**body, **changed})


@REUSE
@pytest.mark.parametrize("changed", [{}, {"priority": 9}], ids=["same parameters", "other parameters"])
def test_a_cancelled_session_is_terminal_and_keeps_its_external_id(api: Api, changed: JsonObject) -> None:
    body = api.start_body(WORK)
    started = ok(api.post("/api/sessions", body), 201)
    ok(api.post(f"/api/sessions/{started['session']['id']}/cancel", {}))
    terminal(api, {**body, **changed})


@REUSE
@pytest.mark.worker
@pytest.mark.parametrize("changed", [{}, {"priority": 9}], ids=["same parameters", "other parameters"])
def test_a_closed_session_is_terminal_and_keeps_its_external_id(api: Api, changed: JsonObject) -> None:
    body = api.start_body(step("return", value=1))
    done = ok(api.post("/api/sessions/start-and-wait", body))
    ok(api.post(f"/api/sessions/{done['session']['id']}/close", {}))
    terminal(api, {**body, **changed})


@REUSE
@pytest.mark.worker
def test_an_expired_session_is_terminal_and_keeps_its_external_id(api: Api, expired: JsonObject) -> None:
    body = {name: value for name, value in expired["body"].items() if name != "idempotency_key"}
    terminal(api, body)
    terminal(api, {**body, "priority": 9})


@REUSE
@rule("sessions.md 6.6")
def test_a_key_sent_on_reuse_is_bound_to_the_reused_session(api: Api) -> None:
    body = api.start_body(WORK)
    first = ok(api.post("/api/sessions", body), 201)
    keyed = {**body, "idempotency_key": unique()}
    reused = ok(api.post("/api/sessions", keyed), 200)
    assert reused["session"]["id"] == first["session"]["id"]
    ok(api.post(f"/api/sessions/{first['session']['id']}/cancel", {}))
    bound = ok(api.post("/api/sessions", keyed), 200)  # the external id alone: 409 session_terminal
    assert bound["session"]["id"] == first["session"]["id"]
    assert bound["session"]["status"] == "cancelled"


@REUSE
@rule("sessions.md 6.6")
@pytest.mark.worker
def test_a_key_bound_on_reuse_keeps_the_run_that_was_current_then(api: Api) -> None:
    body = api.start_body(step("read_input", stream=api.server.streams.input))
    done = ok(api.post("/api/sessions/start-and-wait", body))
    session = done["session"]["id"]
    api.send(session, api.server.streams.input, 1)
    second = api.session(session)["current_run_id"]
    keyed = {**body, "idempotency_key": unique()}
    assert ok(api.post("/api/sessions", keyed), 200)["run"]["id"] == second
    api.wait(second)
    assert ok(api.post("/api/sessions", keyed), 200)["run"]["id"] == second


@REUSE
@rule("sessions.md 6.2")
def test_without_a_key_reuse_comes_before_the_options_are_validated(api: Api) -> None:
    body = api.start_body(WORK)
    ok(api.post("/api/sessions", body), 201)
    response = api.post("/api/sessions", {**body, "max_duration_seconds": 1})
    assert_error(response, 409, "session start fingerprint mismatch", "session_fingerprint_mismatch")
    response = api.post("/api/sessions", {**body, "task_id": "helmr-contract-unknown-task"})
    assert_error(response, 409, "session start fingerprint mismatch", "session_fingerprint_mismatch")


@REUSE
@rule("sessions.md 6.2")
def test_with_a_key_the_options_are_validated_before_reuse(api: Api) -> None:
    body = api.start_body(WORK)
    ok(api.post("/api/sessions", body), 201)
    keyed = {**body, "idempotency_key": unique()}
    response = api.post("/api/sessions", {**keyed, "max_duration_seconds": 1})
    assert_error(response, 400, "max_duration_seconds must be >= 5")
    response = api.post("/api/sessions", {**keyed, "task_id": "helmr-contract-unknown-task"})
    assert_error(response, 409, "task_not_deployed", "task_not_deployed")
    response = api.post("/api/sessions", {**keyed, "priority": 3})
    assert_error(response, 409, "session start fingerprint mismatch", "session_fingerprint_mismatch")


@REUSE
def test_concurrent_starts_with_one_external_id_create_one_session(api: Api) -> None:
    body = api.start_body(WORK)
    responses = at_once(12, lambda _: api.post("/api/sessions", body))
    counts = Counter(response.status_code for response in responses)
    assert counts == {201: 1, 200: 11}
    assert len({response.json()["session"]["id"] for response in responses}) == 1


@REUSE
def test_concurrent_starts_with_one_external_id_and_different_parameters_conflict(api: Api) -> None:
    external = unique()
    bodies = [api.start_body(external_id=external, payload={"n": n, "steps": [WORK]}) for n in range(8)]
    responses = at_once(len(bodies), lambda n: api.post("/api/sessions", bodies[n]))
    counts = Counter(response.status_code for response in responses)
    assert counts == {201: 1, 409: 7}
    for response in responses:
        if response.status_code == 409:
            assert_error(response, 409, "session start fingerprint mismatch", "session_fingerprint_mismatch")
