"""How runs end: results, exits, failures, retries, time limits, metadata, waits."""

from __future__ import annotations

from typing import Any

import pytest

from helmr_contract.behaviour.helpers import (
    WORK,
    Api,
    JsonObject,
    eventually,
    is_canonical_uuid,
    ok,
    parse_time,
    rule,
    step,
)

OUTCOME = rule("runs.md 2.1", "runs.md 2.2")
RETRY = rule("runs.md 2.1", "sessions.md 6.4", "runs.md 6.4")
FAILURE = rule("runs.md 6.5", "runs.md 2.2")
pytestmark = pytest.mark.worker
AT_ONCE = {"minMs": 1, "maxMs": 1, "jitter": "none"}


def kinds(api: Api, run: str) -> list[str]:
    return [event["kind"] for event in api.events(run)]


# Outcomes ---------------------------------------------------------------------------------------------------


@OUTCOME
@pytest.mark.parametrize("value", [None, 0, False, "", [], {}, {"a": [1, {"b": None}]}, "text"], ids=repr)
def test_a_result_becomes_the_output_and_null_differs_from_none(api: Api, value: Any) -> None:
    run = api.finish(step("return", value=value))["run"]
    assert (run["status"], run["exit_code"]) == ("succeeded", 0)
    assert "output" in run
    assert run["output"] == value
    assert kinds(api, run["id"]) == ["run.created", "run.completed"]


@OUTCOME
@FAILURE
@pytest.mark.parametrize("code", [1, 3, 137])
def test_a_non_zero_exit_fails_the_run_with_its_code(api: Api, code: int) -> None:
    run = api.finish(step("exit", code=code))["run"]
    assert (run["status"], run["exit_code"], "output" in run) == ("failed", code, False)
    last = api.events(run["id"])[-1]
    assert last["kind"] == "run.failed"
    assert last["attributes"] == {"failure_kind": "task_failed", "detail": {"exit_code": code}}
    assert (last["category"], last["severity"], last["source"]) == ("lifecycle", "error", "control")
    assert is_canonical_uuid(last["run_lease_id"])


@OUTCOME
@FAILURE
def test_a_raised_error_fails_the_run_without_an_exit_code(api: Api) -> None:
    run = api.finish(step("fail", message="it broke"))["run"]
    assert (run["status"], run["exit_code"], "output" in run) == ("failed", None, False)
    attributes = api.events(run["id"])[-1]["attributes"]
    assert attributes["failure_kind"] == "worker_failed"
    assert set(attributes) == {"failure_kind", "detail"}
    assert "it broke" in attributes["detail"]["message"]


@OUTCOME
def test_a_run_that_has_not_ended_has_no_exit_code_and_no_output(api: Api) -> None:
    started = api.start(WORK)
    api.activity(started["session"]["id"], "running")
    run = api.run(started["run"]["id"])
    assert (run["status"], run["exit_code"], "output" in run) == ("running", None, False)


@OUTCOME
@rule("runs.md 6.4")
def test_a_ttl_expires_a_run_that_was_never_started(api: Api) -> None:
    started = api.start(WORK, ttl="1ns")
    run = api.wait(started["run"]["id"])
    assert (run["status"], run["exit_code"], "output" in run) == ("expired", None, False)
    created, expired = api.events(run["id"])
    assert (created["kind"], expired["kind"]) == ("run.created", "run.expired")
    assert expired["attributes"] == {"ttl": "1ns", "message": "run ttl expired before execution started"}
    assert (expired["severity"], expired["source"], "run_lease_id" in expired) == ("warn", "control", False)
    assert expired["attempt_number"] == 1
    (entry,) = api.runs_of(started["session"]["id"])
    assert (entry["terminal_outcome"], "ended_at" in entry) == ("expired", True)
    assert api.session(started["session"]["id"])["status"] == "open"


@OUTCOME
def test_a_ttl_ends_when_the_run_starts(api: Api) -> None:
    started = api.start(step("wait_input", stream=api.server.streams.approval), ttl="5s")
    api.activity(started["session"]["id"], "waiting")
    api.send(started["session"]["id"], api.server.streams.approval, 1)
    assert api.wait(started["run"]["id"])["status"] == "succeeded"


@OUTCOME
@RETRY
def test_a_retry_never_expires(api: Api) -> None:
    sweep = api.server.limits.sweep
    # The pause before the retry is longer than the TTL and the next sweep together.
    beyond = {"minMs": round(2200 * sweep), "jitter": "none"}
    steps = step("fail", message="once", until_attempt=1), step("return", value=1)
    started = api.start(*steps, ttl=f"{sweep:g}s", retry={"maxAttempts": 2, "backoff": beyond})
    run = api.wait(started["run"]["id"])
    assert (run["status"], run["attempt_number"]) == ("succeeded", 2)


@OUTCOME
@FAILURE
@RETRY
def test_a_run_over_its_max_duration_fails_and_may_be_retried(api: Api) -> None:
    retry = {"maxAttempts": 2, "backoff": {"minMs": 3600000, "maxMs": 3600000, "jitter": "none"}}
    started = api.start(WORK, max_duration_seconds=5, retry=retry)
    run = started["run"]["id"]
    scheduled = api.event(run, "run.retry_scheduled")
    assert scheduled["attributes"]["reason"] == "timeout"
    failed = api.events(run)[1]
    assert failed["kind"] == "run.failed"
    assert failed["attributes"]["failure_kind"] == "max_duration"
    assert set(failed["attributes"]["detail"]) <= {"message", "limit_seconds"}
    assert isinstance(failed["attributes"]["detail"]["message"], str)
    created = api.events(run)[0]
    assert (parse_time(failed["at"]) - parse_time(created["at"])).total_seconds() >= 4.9
    after = api.run(run)
    assert (after["status"], after["attempt_number"]) == ("queued", 2)


# Retries ----------------------------------------------------------------------------------------------------


@RETRY
@FAILURE
def test_a_retried_run_stays_the_same_run_and_counts_its_attempts(api: Api) -> None:
    steps = [step("fail", message="no", until_attempt=2), step("return", value="third time")]
    started = api.start(*steps, retry={"maxAttempts": 3, "backoff": AT_ONCE})
    run = api.wait(started["run"]["id"])
    assert (run["status"], run["attempt_number"], run["output"]) == ("succeeded", 3, "third time")
    assert (run["exit_code"], run["id"]) == (0, started["run"]["id"])
    events = api.events(run["id"])
    assert [(event["kind"], event["attempt_number"]) for event in events] == [
        ("run.created", 1),
        ("run.failed", 1),
        ("run.retry_scheduled", 2),
        ("run.failed", 2),
        ("run.retry_scheduled", 3),
        ("run.completed", 3),
    ]
    assert len(api.runs_of(started["session"]["id"])) == 1


@RETRY
def test_the_retry_event_has_reason_attempts_and_delay(api: Api) -> None:
    started = api.start(step("exit", code=1), retry={"maxAttempts": 2, "backoff": AT_ONCE})
    run = api.wait(started["run"]["id"])
    created, failed, scheduled, _ = api.events(run["id"])
    attributes = scheduled["attributes"]
    assert set(attributes) == {
        "reason", "previous_attempt_id", "previous_attempt_number", "next_attempt_id", "next_attempt_number",
        "retry_after", "delay_ms",
    }  # fmt: skip
    assert attributes["reason"] == "non_zero_exit"
    assert (attributes["previous_attempt_number"], attributes["next_attempt_number"]) == (1, 2)
    assert attributes["previous_attempt_id"] == failed["attempt_id"] == created["attempt_id"]
    assert attributes["next_attempt_id"] == scheduled["attempt_id"] != failed["attempt_id"]
    assert attributes["delay_ms"] == 1
    parse_retry_after(attributes["retry_after"])
    assert (scheduled["severity"], scheduled["source"], "run_lease_id" in scheduled) == (
        "warn",
        "control",
        False,
    )


def parse_retry_after(text: str) -> None:
    from datetime import datetime

    assert datetime.fromisoformat(text).utcoffset() is not None


@RETRY
@pytest.mark.parametrize(
    ("ending", "reason"),
    [(step("exit", code=2), "non_zero_exit"), (step("fail", message="x"), "transient_error")],
)
def test_the_failure_of_the_last_attempt_is_that_of_the_run(
    api: Api, ending: JsonObject, reason: str
) -> None:
    run = api.wait(api.start(ending, retry={"maxAttempts": 2, "backoff": AT_ONCE})["run"]["id"])
    assert (run["status"], run["attempt_number"]) == ("failed", 2)
    events = api.events(run["id"])
    assert [event["kind"] for event in events] == [
        "run.created",
        "run.failed",
        "run.retry_scheduled",
        "run.failed",
    ]
    assert events[2]["attributes"]["reason"] == reason


@RETRY
@pytest.mark.parametrize("retry", [{"enabled": False}, {"maxAttempts": 1}], ids=["disabled", "one attempt"])
def test_without_attempts_left_there_is_no_retry(api: Api, retry: JsonObject) -> None:
    run = api.finish(step("exit", code=1), retry=retry)["run"]
    assert (run["status"], run["attempt_number"]) == ("failed", 1)
    assert kinds(api, run["id"]) == ["run.created", "run.failed"]


@RETRY
def test_the_delay_grows_by_the_factor_up_to_its_maximum(api: Api) -> None:
    backoff = {"minMs": 10, "maxMs": 50, "factor": 3, "jitter": "none"}
    run = api.wait(api.start(step("exit", code=1), retry={"maxAttempts": 4, "backoff": backoff})["run"]["id"])
    delays = [
        e["attributes"]["delay_ms"] for e in api.events(run["id"]) if e["kind"] == "run.retry_scheduled"
    ]
    assert delays == [10, 30, 50]


@RETRY
def test_full_jitter_stays_below_the_delay(api: Api) -> None:
    backoff = {"minMs": 40, "maxMs": 40, "jitter": "full"}
    run = api.wait(api.start(step("exit", code=1), retry={"maxAttempts": 6, "backoff": backoff})["run"]["id"])
    delays = [
        e["attributes"]["delay_ms"] for e in api.events(run["id"]) if e["kind"] == "run.retry_scheduled"
    ]
    assert len(delays) == 5
    assert all(0 <= delay < 40 for delay in delays)


@RETRY
def test_while_a_retry_is_due_the_run_is_queued_with_its_next_attempt_and_without_results(api: Api) -> None:
    retry = {"maxAttempts": 2, "backoff": {"minMs": 3600000, "maxMs": 3600000, "jitter": "none"}}
    started = api.start(step("exit", code=9), retry=retry)
    api.event(started["run"]["id"], "run.retry_scheduled")
    run = api.run(started["run"]["id"])
    assert (run["status"], run["attempt_number"], run["exit_code"]) == ("queued", 2, None)
    assert "output" not in run
    assert api.session(started["session"]["id"])["activity"] == "queued"


# Metadata ---------------------------------------------------------------------------------------------------


@rule("runs.md 2.4")
def test_a_running_task_changes_its_runs_metadata(api: Api) -> None:
    done = api.finish(
        step("metadata", set={"b": 2, "c": {"d": 1}}), step("return", value=1), metadata={"a": 1}
    )
    run = done["run"]
    assert run["metadata"] == {"a": 1, "b": 2, "c": {"d": 1}}
    assert "run.metadata.updated" in kinds(api, run["id"])
    assert parse_time(run["updated_at"]) > parse_time(run["created_at"])


# Waits ------------------------------------------------------------------------------------------------------


@rule("runs.md 2.1", "tokens-auth-errors.md 3.8")
def test_a_run_continues_after_a_timer_wait(api: Api) -> None:
    run = api.finish(step("timer", seconds=0.2), step("return", value="after"))["run"]
    assert (run["status"], run["output"]) == ("succeeded", "after")


@rule("runs.md 6.4")
def test_waits_emit_no_events(api: Api) -> None:
    started = api.start(step("timer", seconds=0.1), step("wait_input", stream=api.server.streams.approval))
    api.activity(started["session"]["id"], "waiting")
    api.send(started["session"]["id"], api.server.streams.approval, 1)
    run = api.wait(started["run"]["id"])
    assert kinds(api, run["id"]) == ["run.created", "run.completed"]


@rule("runs.md 2.1")
def test_an_input_wait_times_out(api: Api) -> None:
    run = api.finish(step("wait_input", stream=api.server.streams.approval, timeout="100ms"))["run"]
    assert (run["status"], run["output"]) == ("succeeded", [{"ok": False, "reason": "timed_out"}])


@rule("runs.md 2.1", "sessions.md 17.1")
def test_a_parked_run_resumes_with_its_record(api: Api) -> None:
    if api.server.limits.hot_window > 60:
        pytest.skip("this server parks an input wait only after two minutes")
    approval = api.server.streams.approval
    started = api.start(step("wait_input", stream=approval))
    run = started["run"]["id"]
    assert eventually(
        lambda: api.run(run)["status"] == "waiting", within=api.server.limits.patience, what="a parked run"
    )
    assert "continuation_status" not in api.send(started["session"]["id"], approval, "wake up")
    after = api.wait(run)
    assert (after["status"], after["attempt_number"]) == ("succeeded", 1)
    assert after["output"] == [{"ok": True, "data": "wake up"}]
    assert kinds(api, run) == ["run.created", "run.completed"]


@rule("tokens-auth-errors.md 3.8")
def test_completing_a_token_resumes_every_run_that_waits_for_it(api: Api) -> None:
    token = api.token(timeout="1h")["id"]
    started = [api.start(step("wait_token", token_id=token)) for _ in range(2)]
    for one in started:
        api.activity(one["session"]["id"], "waiting")
    ok(api.post(f"/api/tokens/{token}/complete", {"data": {"approved": True}}))
    for one in started:
        run = api.wait(one["run"]["id"])
        assert run["output"] == [{"ok": True, "data": {"approved": True}}]


@rule("tokens-auth-errors.md 3.8")
def test_cancelling_a_token_resumes_its_wait_as_cancelled(api: Api) -> None:
    token = api.token(timeout="1h")["id"]
    started = api.start(step("wait_token", token_id=token))
    api.activity(started["session"]["id"], "waiting")
    ok(api.post(f"/api/tokens/{token}/cancel"))
    assert api.wait(started["run"]["id"])["output"] == [{"ok": False, "reason": "cancelled"}]


@rule("tokens-auth-errors.md 3.8")
def test_an_expired_token_resumes_its_wait_as_timed_out(api: Api) -> None:
    token = api.token(timeout="300ms")["id"]
    started = api.start(step("wait_token", token_id=token))
    assert api.wait(started["run"]["id"])["output"] == [{"ok": False, "reason": "timed_out"}]


@rule("tokens-auth-errors.md 3.8")
def test_a_waits_own_timeout_leaves_the_token_pending(api: Api) -> None:
    token = api.token(timeout="1h")["id"]
    run = api.finish(step("wait_token", token_id=token, timeout="100ms"))["run"]
    assert run["output"] == [{"ok": False, "reason": "timed_out"}]
    completed = ok(api.post(f"/api/tokens/{token}/complete", {"data": 1}))
    assert completed["status"] == "completed"


@rule("tokens-auth-errors.md 3.8")
def test_a_wait_for_a_final_token_returns_immediately(api: Api) -> None:
    completed, cancelled = api.token(timeout="1h")["id"], api.token(timeout="1h")["id"]
    ok(api.post(f"/api/tokens/{completed}/complete", {"data": [1]}))
    ok(api.post(f"/api/tokens/{cancelled}/cancel"))
    run = api.finish(step("wait_token", token_id=completed), step("wait_token", token_id=cancelled))["run"]
    assert run["output"] == [{"ok": True, "data": [1]}, {"ok": False, "reason": "cancelled"}]


@rule("tokens-auth-errors.md 3.1", "tokens-auth-errors.md 4.1")
def test_a_task_creates_a_token_that_a_client_completes(api: Api) -> None:
    started = api.start(step("create_token", timeout="1h"), step("wait_token"))
    session = started["session"]["id"]
    api.activity(session, "waiting")
    record = ok(api.get(f"/api/sessions/{session}/outputs/{api.server.streams.output}/read"))["record"]
    made = record["data"]
    public = api.as_caller(made["public_access_token"])
    completed = ok(public.post(f"/api/v1/tokens/{made['token_id']}/complete", {"data": "yes"}))
    assert completed["status"] == "completed"
    assert api.wait(started["run"]["id"])["output"] == [{"ok": True, "data": "yes"}]
