"""Starting with an idempotency key, and the start's fingerprint."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from helmr_contract.behaviour.helpers import (
    ABSENT,
    TAG,
    WORK,
    Api,
    JsonObject,
    assert_error,
    at_once,
    eventually,
    in_,
    ok,
    rule,
    step,
    unique,
)

KEY = rule("sessions.md 6.6")
FINGERPRINT = rule("sessions.md 6.5", "sessions.md 6.6", "sessions.md 6.7")
CONFLICT = "idempotency_key was already used with different session start parameters"
LATER = in_(7200)


def post(api: Api, body: JsonObject) -> Any:
    return api.post("/api/sessions", body)


def conflicts(response: Any) -> None:
    assert_error(response, 409, CONFLICT, "idempotency_fingerprint_mismatch")


@KEY
def test_a_repeated_start_with_one_key_returns_the_same_session(api: Api) -> None:
    body = api.start_body(WORK, idempotency_key=unique())
    first = ok(post(api, body), 201)
    assert "is_cached" not in first
    again = ok(post(api, body), 200)
    assert again["is_cached"] is True
    assert again["session"]["id"] == first["session"]["id"]
    assert again["run"]["id"] == first["run"]["id"]


@KEY
def test_a_key_without_an_external_id_deduplicates_too_and_is_trimmed(api: Api) -> None:
    key = unique()
    body = api.start_body(WORK, external_id=ABSENT, idempotency_key=key)
    first = ok(post(api, body), 201)
    again = ok(post(api, {**body, "idempotency_key": f"  {key} "}), 200)
    assert again["session"]["id"] == first["session"]["id"]


@KEY
def test_a_blank_key_counts_as_absent(api: Api) -> None:
    body = api.start_body(WORK, external_id=ABSENT, idempotency_key="  ")
    assert ok(post(api, body), 201)["session"]["id"] != ok(post(api, body), 201)["session"]["id"]


@KEY
def test_the_key_is_never_returned(api: Api) -> None:
    key = unique()
    body = api.start_body(WORK, idempotency_key=key)
    first = post(api, body)
    session = ok(first, 201)["session"]["id"]
    responses = [first, post(api, body), api.get(f"/api/sessions/{session}")]
    responses.append(api.get(f"/api/runs/{first.json()['run']['id']}/events"))
    assert all(key not in response.text for response in responses)


BASE: JsonObject = {"payload": {"a": 1, "b": [1, 2]}, "retry": {"maxAttempts": 1}}
DIFFERENT: dict[str, tuple[JsonObject, JsonObject]] = {
    "another payload": (BASE, {**BASE, "payload": {"a": 2}}),
    "1 and 1.0": ({"payload": {"n": 1}}, {"payload": {"n": 1.0}}),
    "null and no payload": ({"payload": None}, {"payload": ABSENT}),
    "another array order": (BASE, {**BASE, "payload": {"a": 1, "b": [2, 1]}}),
    "another expiry": ({"expires_at": LATER}, {"expires_at": in_(9999)}),
    "an expiry and none": ({}, {"expires_at": LATER}),
    "another concurrency key": ({"concurrency_key": "a"}, {"concurrency_key": "b"}),
    "another priority": ({"priority": 1}, {"priority": 2}),
    "another ttl text for the same time": ({"ttl": "60m"}, {"ttl": "1h"}),
    "another max duration": ({"max_duration_seconds": 60}, {"max_duration_seconds": 61}),
    "another retry policy": (BASE, {**BASE, "retry": {"maxAttempts": 2}}),
    "no retry policy and a disabled one": ({}, {"retry": {"enabled": False}}),
}
EQUAL: dict[str, tuple[JsonObject, JsonObject]] = {
    "other metadata": ({"metadata": {"a": 1}}, {"metadata": {"a": 2}}),
    "other tags": ({"tags": [TAG]}, {"tags": [TAG, "other"]}),
    "another key order": (
        {"payload": {"a": 1, "b": {"c": 1, "d": 2}}},
        {"payload": {"b": {"d": 2, "c": 1}, "a": 1}},
    ),
    "no payload and an empty one": ({"payload": ABSENT}, {"payload": {}}),
    "no priority and zero": ({}, {"priority": 0}),
    "no ttl and a blank one": ({}, {"ttl": "  "}),
    "space around the ttl": ({"ttl": "1h"}, {"ttl": " 1h "}),
    "no max duration and zero": ({}, {"max_duration_seconds": 0}),
    "space around the concurrency key": ({"concurrency_key": "a"}, {"concurrency_key": " a "}),
    "the same expiry at another offset": (
        {"expires_at": "2099-01-01T12:00:00Z"},
        {"expires_at": "2099-01-01T14:00:00+02:00"},
    ),
    "the same retry policy in another order": (
        {"retry": {"maxAttempts": 2, "backoff": {"minMs": 1, "maxMs": 2}}},
        {"retry": {"backoff": {"maxMs": 2, "minMs": 1}, "maxAttempts": 2}},
    ),
}


@FINGERPRINT
@pytest.mark.parametrize("what", DIFFERENT)
def test_a_key_reused_with_different_parameters_is_a_conflict(api: Api, what: str) -> None:
    first, second = DIFFERENT[what]
    own = {"external_id": unique(), "idempotency_key": unique()}
    ok(post(api, api.start_body(WORK, **{**first, **own})), 201)
    conflicts(post(api, api.start_body(WORK, **{**second, **own})))


@FINGERPRINT
@pytest.mark.parametrize("what", DIFFERENT)
def test_an_external_id_reused_with_different_parameters_is_a_conflict(api: Api, what: str) -> None:
    first, second = DIFFERENT[what]
    own = {"external_id": unique()}
    future = {"expires_at": LATER} if "expir" not in what else {}
    ok(post(api, api.start_body(WORK, **{**future, **first, **own})), 201)
    response = post(api, api.start_body(WORK, **{**future, **second, **own}))
    assert_error(response, 409, "session start fingerprint mismatch", "session_fingerprint_mismatch")


@FINGERPRINT
@pytest.mark.parametrize("what", EQUAL)
def test_requests_with_an_equal_fingerprint_are_replays(api: Api, what: str) -> None:
    first, second = EQUAL[what]
    own = {"external_id": unique(), "idempotency_key": unique()}
    started = ok(post(api, api.start_body(WORK, **{**first, **own})), 201)
    again = ok(post(api, api.start_body(WORK, **{**second, **own})), 200)
    assert again["session"]["id"] == started["session"]["id"]
    keyless = api.start_body(WORK, **{**second, "external_id": own["external_id"]})
    assert ok(post(api, keyless), 200)["session"]["id"] == started["session"]["id"]
    assert again["session"]["metadata"] == first.get("metadata", {}), "the repeated request's are ignored"
    assert again["session"]["tags"] == first.get("tags", [TAG])


@FINGERPRINT
def test_the_external_id_is_part_of_the_fingerprint(api: Api) -> None:
    key = unique()
    ok(post(api, api.start_body(WORK, idempotency_key=key)), 201)
    conflicts(post(api, api.start_body(WORK, idempotency_key=key)))
    conflicts(post(api, api.start_body(WORK, idempotency_key=key, external_id=ABSENT)))


@FINGERPRINT
def test_the_workspace_and_the_queue_are_part_of_the_fingerprint(api: Api) -> None:
    workspace = api.start(WORK)["session"]["workspace_id"]
    own = {"external_id": unique(), "idempotency_key": unique()}
    ok(post(api, api.start_body(WORK, **own)), 201)
    conflicts(post(api, api.start_body(WORK, workspace_id=workspace, **own)))
    queue = ok(api.get(f"/api/tasks/{api.server.task}")).get("queue_name")
    if queue:
        conflicts(post(api, api.start_body(WORK, queue={"name": queue}, **own)))


@FINGERPRINT
def test_version_headers_are_not_in_the_fingerprint(api: Api) -> None:
    body = api.start_body(WORK, idempotency_key=unique())
    ok(api.post("/api/sessions", body, headers={"Helmr-SDK-Version": "one/1"}), 201)
    ok(api.post("/api/sessions", body, headers={"Helmr-SDK-Version": "two/2"}), 200)


@FINGERPRINT
@pytest.mark.scoped_keys
def test_the_caller_is_not_in_the_fingerprint(api: Api, scoped_key: Callable[..., Api]) -> None:
    body = api.start_body(WORK, idempotency_key=unique())
    started = ok(post(api, body), 201)
    again = ok(post(scoped_key("runs:create"), body), 200)
    assert again["session"]["id"] == started["session"]["id"]


@KEY
def test_a_replay_returns_the_current_state_of_the_bound_session_whatever_it_is(api: Api) -> None:
    body = api.start_body(WORK, idempotency_key=unique())
    started = ok(post(api, body), 201)
    ok(api.post(f"/api/sessions/{started['session']['id']}/cancel", {}))
    again = ok(post(api, body), 200)
    assert again["is_cached"] is True
    assert again["session"]["status"] == "cancelled"
    assert again["run"]["status"] == "cancelled"
    # The conflict on the key takes precedence over the session's state.
    conflicts(post(api, {**body, "priority": 5}))


@KEY
@pytest.mark.worker
def test_a_replay_of_a_closed_session_is_still_cached(api: Api) -> None:
    body = api.start_body(step("return", value=1), idempotency_key=unique())
    done = ok(api.post("/api/sessions/start-and-wait", body))
    ok(api.post(f"/api/sessions/{done['session']['id']}/close", {}))
    again = ok(post(api, body), 200)
    assert (again["session"]["status"], again["run"]["output"]) == ("closed", 1)


@KEY
@rule("sessions.md 4.1")
@pytest.mark.worker
def test_a_replay_of_an_expired_session_lacks_only_expired_at(api: Api, expired: JsonObject) -> None:
    again = ok(post(api, expired["body"]), 200)
    assert again["session"]["status"] == "expired"
    assert "expired_at" not in again["session"]
    assert "expired_at" in api.session(again["session"]["id"])


@KEY
@pytest.mark.worker
def test_a_replay_returns_the_first_run_even_after_a_continuation(api: Api) -> None:
    body = api.start_body(step("read_input", stream=api.server.streams.input), idempotency_key=unique())
    done = ok(api.post("/api/sessions/start-and-wait", body))
    session = done["session"]["id"]
    assert api.send(session, api.server.streams.input, "go")["continuation_status"] == "created"
    again = ok(post(api, body), 200)
    assert again["run"]["id"] == done["run"]["id"]
    assert again["session"]["current_run_id"] != done["run"]["id"]


@KEY
def test_a_failed_start_records_nothing(api: Api) -> None:
    key, external = unique(), unique()
    bad = api.start_body(WORK, idempotency_key=key, external_id=external, max_duration_seconds=1)
    assert post(api, bad).status_code == 400
    good = api.start_body(idempotency_key=key, external_id=external, payload={"other": 1})
    ok(post(api, good), 201)


@KEY
def test_a_key_is_free_again_after_its_ttl(api: Api) -> None:
    body = api.start_body(WORK, external_id=ABSENT, idempotency_key=unique(), idempotency_key_ttl="300ms")
    first = ok(post(api, body), 201)

    def fresh() -> JsonObject | None:  # repeated replays must not restart the key's lifetime
        response = post(api, body)
        return ok(response, 201) if response.status_code == 201 else None

    second = eventually(fresh, within=10, what="a free key")
    assert second["session"]["id"] != first["session"]["id"]


@KEY
def test_another_ttl_on_a_replay_is_ignored(api: Api) -> None:
    # No external id, because that would find the session without the key.
    body = api.start_body(WORK, external_id=ABSENT, idempotency_key=unique(), idempotency_key_ttl="1h")
    first = ok(post(api, body), 201)
    ok(post(api, {**body, "idempotency_key_ttl": "1ns"}), 200)
    again = ok(post(api, body), 200)
    assert again["session"]["id"] == first["session"]["id"]


@KEY
@rule("sessions.md 6.2", "sessions.md 6.3")
def test_many_concurrent_starts_with_one_key_create_one_session(api: Api) -> None:
    body = api.start_body(WORK, external_id=ABSENT, idempotency_key=unique())
    responses = at_once(12, lambda _: post(api, body))
    counts = Counter(response.status_code for response in responses)
    assert counts[201] == 1, counts
    assert set(counts) <= {200, 201, 202}
    sessions: set[str] = set()
    for response in responses:
        if response.status_code == 202:
            assert_error(response, 202, "session_start_pending", "idempotency_pending")
            assert response.headers["retry-after"] == "1"
        else:
            sessions.add(response.json()["session"]["id"])
    assert len(sessions) == 1
    ok(post(api, body), 200)


@KEY
def test_concurrent_starts_with_one_key_and_different_parameters_create_one_session(api: Api) -> None:
    key = unique()
    bodies = [
        api.start_body(external_id=ABSENT, idempotency_key=key, payload={"n": n, "steps": [WORK]})
        for n in range(8)
    ]
    responses = at_once(len(bodies), lambda n: post(api, bodies[n]))
    counts = Counter(response.status_code for response in responses)
    assert counts[201] == 1, counts
    assert set(counts) <= {201, 202, 409}
    for response in responses:
        if response.status_code == 409:
            conflicts(response)


@KEY
def test_start_and_start_and_wait_share_their_keys(api: Api) -> None:
    body = api.start_body(idempotency_key=unique(), payload={"steps": [step("return", value=1)]})
    started = ok(post(api, body), 201)
    again = ok(api.post("/api/sessions/start-and-wait", body), 200)
    assert again["session"]["id"] == started["session"]["id"]
    assert again["is_cached"] is True


# Starts in flight -----------------------------------------------------------------------------------------

InFlight = Callable[[str], AbstractContextManager[None]]


def pending(response: Any) -> None:
    assert_error(response, 202, "session_start_pending", "idempotency_pending")
    assert response.headers["retry-after"] == "1"


@KEY
@rule("sessions.md 6.3", "tokens-auth-errors.md 1.6")
@pytest.mark.parametrize("path", ["/api/sessions", "/api/sessions/start-and-wait"])
def test_a_start_in_flight_with_the_same_key_returns_202_with_retry_after(
    api: Api, in_flight: InFlight, path: str
) -> None:
    key = unique()
    body = api.start_body(step("return", value=1), idempotency_key=key)
    with in_flight(key):
        pending(api.post(path, body))
        pending(api.post(path, {**body, "priority": 5}))  # even with a different body
        assert ok(api.get("/api/sessions", params={"external_id": body["external_id"]})) == {"sessions": []}
    assert api.post(path, body).status_code in (200, 201)


@KEY
@rule("sessions.md 6.2")
def test_validation_precedes_the_claim_of_the_key_and_without_a_key_nothing_is_claimed(
    api: Api, in_flight: InFlight
) -> None:
    key = unique()
    body = api.start_body(WORK)
    with in_flight(key):
        response = post(api, {**body, "idempotency_key": key, "max_duration_seconds": 1})
        assert_error(response, 400, "max_duration_seconds must be >= 5")
        ok(post(api, {**body, "idempotency_key": unique()}), 201)
        ok(post(api, body), 200)


@KEY
@rule("sessions.md 6.3", "sessions.md 6.2")
def test_a_key_belongs_to_one_task_and_a_missing_secret_is_named(api: Api, secret_task: str) -> None:
    key = unique()
    ok(post(api, api.start_body(WORK, idempotency_key=key)), 201)
    response = post(api, api.start_body(task_id=secret_task, idempotency_key=key, max_duration_seconds=1))
    assert_error(response, 400, re.compile('secret "[^"]+" is unavailable: no rows in result set'))


@rule("sessions.md 6.7")
def test_an_external_id_is_unique_across_all_tasks(api: Api, secret_task: str) -> None:
    body = api.start_body(WORK)
    ok(post(api, body), 201)
    response = post(api, {**body, "task_id": secret_task})
    assert_error(response, 409, "session start fingerprint mismatch", "session_fingerprint_mismatch")


@rule("sessions.md 6.6", "sessions.md 6.7")
@pytest.mark.scoped_keys
def test_keys_and_external_ids_of_another_environment_are_independent(
    api: Api, other_environment: Api
) -> None:
    body = api.start_body(WORK, idempotency_key=unique())
    response = post(other_environment, body)
    if response.status_code == 409:
        assert_error(response, 409, "task_not_deployed", "task_not_deployed")
        pytest.skip("the probe is not deployed in the other environment")
    theirs = ok(response, 201)["session"]["id"]
    other_body = {**body, "priority": 5}
    assert ok(post(api, other_body), 201)["session"]["id"] != theirs
    ok(other_environment.post(f"/api/sessions/{theirs}/cancel", {}))
