"""What clients observe when the worker of a run is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helmr_contract.behaviour.helpers import WORK, Api, Comment, JsonObject, eventually, ok, rule, step

pytestmark = [pytest.mark.worker, rule("runs.md 2.1", "runs.md 6.4", "runs.md 6.5")]
Lose = Callable[[str], bool]
AT_ONCE = {"minMs": 1, "maxMs": 1, "jitter": "none"}


def lose(lose_worker: Lose, run: str) -> None:
    """Lose the run's worker as soon as the run has one."""
    assert eventually(lambda: lose_worker(run), within=30, what="a worker to lose")


def after(api: Api, run: str, kind: str) -> list[JsonObject]:
    """Wait for an event of that kind; return all events."""

    def seen() -> list[JsonObject] | None:
        events = api.events(run)
        return events if kind in [event["kind"] for event in events] else None

    return eventually(seen, within=api.server.limits.patience, what=kind)


def test_a_lost_worker_fails_a_run_that_is_not_retried(api: Api, lose_worker: Lose) -> None:
    started = api.start(WORK)
    api.activity(started["session"]["id"], "running")
    run = started["run"]["id"]
    lose(lose_worker, run)
    created, failed, lost = after(api, run, "run.execution_lost")
    assert (created["kind"], failed["kind"]) == ("run.created", "run.failed")
    assert failed["attributes"] == {
        "failure_kind": "worker_lease_expired",
        "detail": {"message": "worker lease expired"},
    }
    assert (failed["source"], failed["severity"], "run_lease_id" in failed) == (
        "lease_sweeper",
        "error",
        True,
    )
    assert lost["attributes"] == {"reason": "worker lease expired", "origin": "lease_sweeper"}
    assert (lost["category"], lost["severity"], lost["source"]) == ("worker", "warn", "lease_sweeper")
    ended = api.wait(run)
    assert (ended["status"], ended["exit_code"], "output" in ended) == ("failed", None, False)


def test_a_lost_worker_is_a_reason_to_retry(api: Api, lose_worker: Lose) -> None:
    retry = {"maxAttempts": 2, "backoff": {"minMs": 3600000, "maxMs": 3600000, "jitter": "none"}}
    started = api.start(WORK, retry=retry)
    api.activity(started["session"]["id"], "running")
    run = started["run"]["id"]
    lose(lose_worker, run)
    events = after(api, run, "run.retry_scheduled")
    kinds = [event["kind"] for event in events]
    assert kinds == ["run.created", "run.failed", "run.execution_lost", "run.retry_scheduled"]
    assert events[-1]["attributes"]["reason"] == "infra_lost"
    shown = api.run(run)
    assert (shown["status"], shown["attempt_number"]) == ("queued", 2)


def test_a_worker_lost_while_it_stops_ends_the_cancelled_run(api: Api, lose_worker: Lose) -> None:
    started = api.start(step("work", linger_seconds=20))
    api.activity(started["session"]["id"], "running")
    run = started["run"]["id"]
    ok(api.post(f"/api/runs/{run}/cancel", {"reason": "stop it"}))
    lose(lose_worker, run)
    events = after(api, run, "run.execution_lost")
    kinds = [event["kind"] for event in events]
    assert kinds == ["run.created", "run.cancel_requested", "run.cancelled", "run.execution_lost"]
    cancelled = events[2]
    assert cancelled["attributes"] == {"reason": "stop it", "origin": "lease_sweeper"}
    assert (cancelled["severity"], cancelled["source"]) == ("warn", "lease_sweeper")
    assert api.run(run)["status"] == "cancelled"
    assert api.runs_of(started["session"]["id"])[0]["execution_status"] == "finished"


@rule("runs.md 6.6", "sessions.md 4.4")
def test_a_run_that_lost_five_workers_is_dead_lettered_and_its_stream_stays_open(
    api: Api, lose_worker: Lose
) -> None:
    started = api.start(WORK, retry={"maxAttempts": 10, "backoff": AT_ONCE})
    run = started["run"]["id"]
    for _ in range(5):
        lose(lose_worker, run)
    events = after(api, run, "run.dead_lettered")
    dead = events[-1]
    assert dead["kind"] == "run.dead_lettered"
    assert (dead["category"], dead["severity"], dead["source"]) == ("lifecycle", "error", "dispatcher")
    assert set(dead["attributes"]) == {"reason", "queue_dispatch_attempt", "max_dispatch_attempts"}
    assert dead["attributes"]["reason"] == "max_dispatch_attempts_exceeded"
    assert [event["kind"] for event in events].count("run.execution_lost") == 5
    assert api.wait(run)["status"] == "failed"
    assert api.runs_of(started["session"]["id"])[0]["terminal_outcome"] == "dead_lettered"
    with api.follow(f"/api/runs/{run}/events", last_event_id=str(int(dead["id"]) - 1)) as stream:
        frame = next(stream.frames())
        assert frame.data["kind"] == "run.dead_lettered"
        assert stream.next() == Comment(": keep-alive"), "a dead letter does not end the stream"
