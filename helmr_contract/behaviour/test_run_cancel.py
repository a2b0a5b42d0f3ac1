"""Cancelling runs."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest

from helmr_contract.behaviour.helpers import (
    UNKNOWN_ID,
    WORK,
    Api,
    JsonObject,
    assert_error,
    at_once,
    client_mistake,
    eventually,
    is_canonical_uuid,
    known_fault,
    ok,
    parse_time,
    rule,
    starting,
    step,
    unique,
)

SEMANTICS = rule("runs.md 5.2", "runs.md 5.3")
KEYS = rule("runs.md 5.4", "tokens-auth-errors.md 1.14")
REQUEST = rule("runs.md 5.1")
# The first attempt fails and is retried in an hour, so the run stays queued even if a worker is available.
IN_AN_HOUR = {"maxAttempts": 2, "backoff": {"minMs": 3600000, "maxMs": 3600000, "jitter": "none"}}


def cancel(api: Api, run: str, body: JsonObject | None = None) -> JsonObject:
    response: JsonObject = ok(api.post(f"/api/runs/{run}/cancel", body or {}))
    assert set(response) == {"run", "operation"}
    assert response["run"]["id"] == response["operation"]["run_id"] == run
    return response


def executing(api: Api, *steps: JsonObject) -> JsonObject:
    """A session with an executing run."""
    started = api.start(*(steps or (WORK,)))
    api.activity(started["session"]["id"], "running")
    return started


def execution(api: Api, started: JsonObject) -> JsonObject:
    return api.runs_of(started["session"]["id"])[0]


def finished(api: Api, started: JsonObject) -> bool:
    return eventually(
        lambda: bool(execution(api, started)["execution_status"] == "finished"),
        within=api.server.limits.patience,
        what="the worker's end",
    )


def waiting_hot(api: Api) -> JsonObject:
    """A session whose run waits for a record while still in its worker."""
    started = api.start(step("wait_input", stream=api.server.streams.approval), step("log", text="late"))
    api.activity(started["session"]["id"], "waiting")
    return started


def ends_when_cancelled(api: Api, started: JsonObject) -> None:
    cancel(api, started["run"]["id"])
    deadline = time.monotonic() + api.server.limits.patience
    while (status := execution(api, started)["execution_status"]) != "finished":
        known_fault(
            status == "pending_cancel" and time.monotonic() > deadline,
            "a graceful cancel is not delivered to a worker whose run waits hot",
        )
        assert status == "pending_cancel"
        time.sleep(0.02)


@SEMANTICS
@pytest.mark.worker
@pytest.mark.parametrize("force", [False, True])
def test_a_queued_run_is_cancelled_and_finished_immediately(api: Api, force: bool) -> None:
    started = api.start(step("fail", message="later"), retry=IN_AN_HOUR)
    run = started["run"]["id"]
    api.event(run, "run.retry_scheduled")
    assert api.run(run)["status"] == "queued"
    response = cancel(api, run, {"reason": "why", "force": force})
    assert (response["operation"]["status"], response["run"]["status"]) == ("applied", "cancelled")
    assert execution(api, started)["execution_status"] == "finished"
    last = api.events(run)[-1]
    assert last["kind"] == "run.cancelled"
    assert last["attributes"] == {"reason": "why", "force": force}
    assert (last["severity"], last["source"], "run_lease_id" in last) == ("warn", "control", False)


@SEMANTICS
def test_a_new_run_is_cancelled_whatever_it_is_doing(api: Api) -> None:
    run = api.start(WORK)["run"]["id"]
    response = cancel(api, run)
    assert (response["operation"]["status"], response["run"]["status"]) == ("applied", "cancelled")
    assert (response["run"]["exit_code"], "output" in response["run"]) == (None, False)


@SEMANTICS
@rule("runs.md 6.5")
@pytest.mark.worker
def test_an_executing_run_is_cancelled_immediately_and_finishes_when_its_worker_stops(api: Api) -> None:
    started = executing(api)
    run = started["run"]["id"]
    response = cancel(api, run, {"reason": "enough"})
    assert (response["operation"]["status"], response["run"]["status"]) == ("applied", "cancelled")
    assert finished(api, started)
    requested, cancelled = [event for event in api.events(run) if event["kind"].startswith("run.cancel")]
    assert (requested["kind"], cancelled["kind"]) == ("run.cancel_requested", "run.cancelled")
    assert requested["attributes"] == {"reason": "enough", "force": False}
    assert (requested["severity"], requested["source"], requested["category"]) == (
        "warn",
        "control",
        "lifecycle",
    )
    assert cancelled["attributes"]["origin"] == "cancel_operation"
    assert (cancelled["severity"], cancelled["source"]) == ("error", "control")
    assert requested["run_lease_id"] == cancelled["run_lease_id"]


@SEMANTICS
@pytest.mark.worker
def test_force_ends_an_executing_run_immediately(api: Api) -> None:
    started = executing(api)
    run = started["run"]["id"]
    response = cancel(api, run, {"force": True})
    assert (response["operation"]["status"], response["run"]["status"]) == ("applied", "cancelled")
    entry = execution(api, started)
    assert (entry["execution_status"], entry["terminal_outcome"]) == ("finished", "cancelled")
    kinds = [event["kind"] for event in api.events(run)]
    assert "run.cancel_requested" not in kinds
    assert api.events(run)[-1]["attributes"] == {"reason": "run cancelled", "force": True}


LINGERING = step("work", linger_seconds=5)


@SEMANTICS
@rule("sessions.md 12", "sessions.md 4.4")
@pytest.mark.worker
def test_while_the_worker_stops_a_second_cancel_is_rejected_but_a_forced_one_is_applied(api: Api) -> None:
    started = executing(api, LINGERING)
    run = started["run"]["id"]
    cancel(api, run, {"reason": "first"})
    entry = execution(api, started)
    assert (entry["status"], entry["execution_status"]) == ("cancelled", "pending_cancel")
    assert "ended_at" not in entry
    rejected = cancel(api, run, {"reason": "second"})
    assert rejected["operation"]["status"] == "rejected"
    assert "applied_at" not in rejected["operation"]
    forced = cancel(api, run, {"reason": "third", "force": True})
    assert forced["operation"]["status"] == "applied"
    entry = execution(api, started)
    assert (entry["execution_status"], "ended_at" in entry) == ("finished", True)
    last = api.events(run)[-1]
    assert (last["kind"], last["attributes"]) == ("run.cancelled", {"reason": "third", "force": True})


@SEMANTICS
@pytest.mark.worker
def test_a_graceful_cancel_reaches_a_run_that_waits_hot(api: Api) -> None:
    started = waiting_hot(api)
    ends_when_cancelled(api, started)
    assert api.events(started["run"]["id"])[-1]["kind"] == "run.cancelled"


@SEMANTICS
@rule("runs.md 2.2")
@pytest.mark.worker
def test_after_a_cancel_the_worker_adds_no_events_and_its_success_is_discarded(api: Api) -> None:
    started = waiting_hot(api)
    run = started["run"]["id"]
    ends_when_cancelled(api, started)
    api.send(started["session"]["id"], api.server.streams.approval, "too late")
    after = api.run(run)
    assert (after["status"], after["exit_code"], "output" in after) == ("cancelled", None, False)
    assert "log" not in [event["kind"] for event in api.events(run)]


@SEMANTICS
@rule("runs.md 2.2", "runs.md 6.5")
@pytest.mark.worker
def test_a_success_after_a_graceful_cancel_becomes_cancelled(api: Api) -> None:
    started = api.start(step("work", go_on=True), step("return", value="done all the same"))
    run = started["run"]["id"]
    api.activity(started["session"]["id"], "running")
    cancel(api, run)
    assert finished(api, started)
    after = api.run(run)
    assert (after["status"], after["exit_code"], "output" in after) == ("cancelled", None, False)
    assert [event["kind"] for event in api.events(run)][-2:] == ["run.cancel_requested", "run.cancelled"]


@SEMANTICS
@pytest.mark.worker
def test_a_parked_run_is_cancelled_and_finished_immediately(api: Api) -> None:
    started = api.start(step("timer", seconds=3600))
    run = started["run"]["id"]
    assert eventually(
        lambda: bool(api.run(run)["status"] == "waiting"),
        within=api.server.limits.patience,
        what="a parked run",
    )
    response = cancel(api, run, {"reason": "no more"})
    assert (response["operation"]["status"], response["run"]["status"]) == ("applied", "cancelled")
    assert execution(api, started)["execution_status"] == "finished"
    assert api.events(run)[-1]["attributes"] == {"reason": "no more", "force": False}


@SEMANTICS
@pytest.mark.worker
@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    ("ending", "status"), [(step("return", value=1), "succeeded"), (step("exit", code=4), "failed")]
)
def test_cancelling_an_ended_run_returns_200_with_a_rejected_operation(
    api: Api, ending: JsonObject, status: str, force: bool
) -> None:
    before = api.finish(ending)["run"]
    response = cancel(api, before["id"], {"reason": "late", "force": force})
    operation = response["operation"]
    assert (operation["status"], operation["reason"]) == ("rejected", "late")
    assert "applied_at" not in operation
    assert response["run"] == before
    assert before["status"] == status
    assert not any(event["kind"].startswith("run.cancel") for event in api.events(before["id"]))


@SEMANTICS
@pytest.mark.worker
def test_cancelling_a_run_does_not_close_its_session_or_touch_tokens_and_records(api: Api) -> None:
    token = api.token(timeout="1h")["id"]
    started = api.start(
        step("append", stream=api.server.streams.report, data=1), step("wait_token", token_id=token)
    )
    session = started["session"]["id"]
    api.activity(session, "waiting")
    cancel(api, started["run"]["id"], {"force": True})
    shown = api.session(session)
    assert (shown["status"], shown["activity"]) == ("open", "idle")
    assert ok(api.get(f"/api/tokens/{token}"))["status"] == "pending"
    records = ok(api.get(f"/api/sessions/{session}/outputs/{api.server.streams.report}"))["records"]
    assert [record["data"] for record in records] == [1]


@SEMANTICS
def test_the_operation_shows_the_trimmed_reason_and_its_times(api: Api) -> None:
    run = api.start(WORK)["run"]["id"]
    operation = cancel(api, run, {"reason": "  because  "})["operation"]
    assert set(operation) == {"id", "run_id", "kind", "status", "reason", "created_at", "applied_at"}
    assert is_canonical_uuid(operation["id"])
    assert (operation["kind"], operation["reason"]) == ("cancel", "because")
    assert parse_time(operation["applied_at"]) >= parse_time(operation["created_at"])


@SEMANTICS
@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": None, "force": None}])
def test_an_empty_reason_is_omitted(api: Api, body: JsonObject) -> None:
    run = api.start(WORK)["run"]["id"]
    assert "reason" not in cancel(api, run, body)["operation"]


@SEMANTICS
@rule("runs.md 6.5")
@pytest.mark.worker
def test_a_blank_reason_becomes_run_cancelled_in_the_event(api: Api) -> None:
    started = executing(api)
    cancel(api, started["run"]["id"], {"force": True, "reason": " "})
    assert api.events(started["run"]["id"])[-1]["attributes"]["reason"] == "run cancelled"


# Keys -------------------------------------------------------------------------------------------------------


@KEYS
def test_a_repeated_cancel_with_one_key_returns_the_same_operation(api: Api) -> None:
    run = api.start(WORK)["run"]["id"]
    body = {
        "reason": "r",
        "force": True,
        "idempotency_key": unique(),
    }  # forced, so no worker changes the run later
    first, second = cancel(api, run, body), cancel(api, run, body)
    assert first["operation"] == second["operation"]
    assert first["operation"]["status"] == "applied"
    assert second["run"] == api.run(run)


@KEYS
def test_without_a_key_every_cancel_is_a_new_operation(api: Api) -> None:
    run = api.start(WORK)["run"]["id"]
    cancel(api, run, {"force": True})
    second, third = cancel(api, run), cancel(api, run, {"idempotency_key": "  "})
    assert second["operation"]["id"] != third["operation"]["id"]
    assert {second["operation"]["status"], third["operation"]["status"]} == {"rejected"}


def conflicts(response: Any) -> None:
    assert_error(response, 409, "cancel idempotency key was used with a different request")


@KEYS
@pytest.mark.parametrize(
    ("first", "second"),
    [({"reason": "a"}, {"reason": "b"}), ({}, {"reason": "b"}), ({}, {"force": True}), ({"reason": "a"}, {})],
)
def test_a_key_reused_with_another_request_is_a_conflict(
    api: Api, first: JsonObject, second: JsonObject
) -> None:
    run = api.start(WORK)["run"]["id"]
    key = unique()
    cancel(api, run, {**first, "idempotency_key": key})
    conflicts(api.post(f"/api/runs/{run}/cancel", {**second, "idempotency_key": key}))


@KEYS
@pytest.mark.parametrize(
    ("first", "second"),
    [({"reason": "a"}, {"reason": " a "}), ({}, {"reason": "  "}), ({}, {"force": False})],
)
def test_equal_cancels_with_one_key_are_one_operation(
    api: Api, first: JsonObject, second: JsonObject
) -> None:
    run = api.start(WORK)["run"]["id"]
    key = unique()
    one = cancel(api, run, {**first, "idempotency_key": key})
    two = cancel(api, run, {**second, "idempotency_key": key})
    assert one["operation"] == two["operation"]


@KEYS
def test_the_same_key_with_different_white_space_around_it_conflicts(api: Api) -> None:
    run = api.start(WORK)["run"]["id"]
    key = unique()
    cancel(api, run, {"idempotency_key": key})
    conflicts(api.post(f"/api/runs/{run}/cancel", {"idempotency_key": f" {key}"}))


@KEYS
def test_a_cancel_key_belongs_to_one_run(api: Api) -> None:
    key = unique()
    first = cancel(api, api.start(WORK)["run"]["id"], {"idempotency_key": key})
    second = cancel(api, api.start(WORK)["run"]["id"], {"idempotency_key": key, "reason": "other"})
    assert first["operation"]["id"] != second["operation"]["id"]
    assert second["operation"]["status"] == "applied"


@KEYS
def test_equal_concurrent_cancels_apply_once(api: Api) -> None:
    run = api.start(WORK)["run"]["id"]
    body = {"force": True, "idempotency_key": unique()}
    responses = at_once(8, lambda _: cancel(api, run, body))
    assert len({response["operation"]["id"] for response in responses}) == 1
    assert Counter(event["kind"] for event in api.events(run))["run.cancelled"] == 1


@REQUEST
@pytest.mark.parametrize("body", [{"reason": "a\x00b"}, {"idempotency_key": "a\x00b"}], ids=["reason", "key"])
def test_a_nul_in_a_stored_string_is_rejected(api: Api, body: JsonObject) -> None:
    run = api.start(WORK)["run"]["id"]
    client_mistake(api.post(f"/api/runs/{run}/cancel", body))


@KEYS
@REQUEST
def test_a_key_over_512_bytes_is_rejected(api: Api) -> None:
    run = api.start(WORK)["run"]["id"]
    for key in ("x" * 513, "é" * 257):
        response = api.post(f"/api/runs/{run}/cancel", {"idempotency_key": key})
        assert_error(response, 400, "idempotency_key must be at most 512 characters")
    assert api.run(run)["status"] != "cancelled"


@REQUEST
@rule("runs.md 1.4")
def test_body_and_key_are_checked_before_the_run_is_looked_up(api: Api) -> None:
    path = f"/api/runs/{UNKNOWN_ID}/cancel"
    assert_error(api.post(path, content=b""), 400, "invalid cancel request JSON: EOF")
    response = api.post(path, {"idempotency_key": "x" * 513})
    assert_error(response, 400, "idempotency_key must be at most 512 characters")
    assert_error(api.post("/api/runs/x/cancel", content=b""), 400, "id must be a UUID")
    assert_error(api.post(path, {"force": 1}), 400, starting("invalid cancel request JSON: "))


@REQUEST
def test_a_reason_has_no_length_limit(api: Api) -> None:
    run = api.start(WORK)["run"]["id"]
    assert cancel(api, run, {"reason": "r" * 5000})["operation"]["reason"] == "r" * 5000
