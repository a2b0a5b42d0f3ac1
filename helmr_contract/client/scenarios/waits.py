"""Waiting for a run: until it has ended, and no longer than allowed."""

from __future__ import annotations

from typing import Any

from helmr_contract.client.http1 import Received
from helmr_contract.client.plane import CUT, HOLD, Reply, error
from helmr_contract.client.plane import events as stream_of
from helmr_contract.client.scenario import Stage, scenario
from helmr_contract.client.world import RUN, event

EVENTS = f"GET /api/runs/{RUN}/events"
READS = f"GET /api/runs/{RUN}(/events)?"


def ends_after(stage: Stage, reads: int, status: str = "succeeded", **changes: Any) -> None:
    """Make the run end after that many requests for it or its events."""
    seen = 0

    def reading(request: Received) -> None:
        nonlocal seen
        del request
        seen += 1
        if seen == reads:
            stage.world.ends(status, **changes)

    stage.on(READS, reading)


@scenario("wait/ended-run-returns-immediately", "runs.wait")
def ended(stage: Stage) -> None:
    """Waiting for a run that has ended returns it."""
    stage.world.ends(output={"n": 1})
    outcome = stage.call("runs.wait", run_id=RUN, timeout_seconds=30)
    stage.check(outcome.error is None, f"it returns; it {outcome}")
    stage.equal(
        [outcome.result["status"], outcome.result["output"]], ["succeeded", {"n": 1}], "status and output"
    )
    stage.check(outcome.seconds < 5, f"it returns at once, not after {outcome.seconds:.1f} s")


@scenario("wait/until-the-end", "runs.wait")
def until_the_end(stage: Stage) -> None:
    """A wait lasts until the run ends, and returns its output."""
    ends_after(stage, 3, output=[1])
    got = stage.returns("runs.wait", run_id=RUN, timeout_seconds=60, within=90)
    stage.equal([got["status"], got["output"]], ["succeeded", [1]], "status and output")


@scenario("wait/across-attempts", "runs.wait")
def across_attempts(stage: Stage) -> None:
    """A failed attempt that is retried does not end a wait."""
    world = stage.world
    world.events = [event(1), event(2, "run.failed")]
    world.run = {**world.run, "status": "queued", "attempt_number": 2}

    def reading(request: Received) -> Reply | None:
        if request.wants_events and len(world.events) == 2:
            frames = world.frames()
            world.events += [event(3, "run.retry_scheduled", attempt_number=2)]
            world.ends(output="second")
            return stream_of(frames)
        if not request.wants_events and len(stage.requests(READS)) > 2 and len(world.events) == 2:
            world.ends(output="second")
        return None

    stage.on(READS, reading)
    got = stage.returns("runs.wait", run_id=RUN, timeout_seconds=60, within=90)
    stage.equal([got["status"], got["output"]], ["succeeded", "second"], "status and output")


@scenario("wait/timeout-exact", "runs.wait")
def timeout_exact(stage: Stage) -> None:
    """A wait for a run that continues ends at its timeout, and reports that."""
    outcome = stage.call("runs.wait", run_id=RUN, timeout_seconds=1)
    stage.check(
        outcome.error is not None and outcome.error.kind in ("wait_timeout", "timeout"),
        f"it reports a timeout; it {outcome}",
    )
    stage.check(0.9 <= outcome.seconds < 4, f"it takes 1 s, not {outcome.seconds:.2f} s")
    stage.equal(len(stage.requests("POST .*")), 0, "the number of requests that change anything")


@scenario("wait/timeout-exact-in-silence", "runs.wait")
def timeout_in_silence(stage: Stage) -> None:
    """A wait ends at its timeout even if the server sends nothing."""
    stage.on(READS, lambda _: Reply(raw=[HOLD], says="silence"))
    outcome = stage.call("runs.wait", run_id=RUN, timeout_seconds=1)
    stage.check(outcome.error is not None, f"it is an error; it {outcome}")
    stage.check(outcome.seconds < 4, f"it takes 1 s, not {outcome.seconds:.2f} s")


@scenario("wait/failed-run", "runs.wait")
def failed(stage: Stage) -> None:
    """A run that fails ends a wait, either with a run of that status or with an error that reports it."""
    ends_after(stage, 2, "failed")
    outcome = stage.call("runs.wait", run_id=RUN, timeout_seconds=60, within=90)
    reported = outcome.error is not None and outcome.error.kind == "run_failed"
    shown = outcome.error is None and outcome.result["status"] == "failed"
    stage.check(reported or shown, f"it reports that the run failed; it {outcome}")


@scenario("wait/cancelled-run", "runs.wait")
def cancelled(stage: Stage) -> None:
    """A run that is cancelled ends a wait."""
    ends_after(stage, 2, "cancelled")
    outcome = stage.call("runs.wait", run_id=RUN, timeout_seconds=60, within=90)
    reported = outcome.error is not None and outcome.error.kind == "run_cancelled"
    shown = outcome.error is None and outcome.result["status"] == "cancelled"
    stage.check(reported or shown, f"it reports that the run was cancelled; it {outcome}")


@scenario("wait/dead-lettered-run", "runs.wait")
def dead_lettered(stage: Stage) -> None:
    """A run that is dead-lettered ends a wait, although its stream stays open."""
    seen = 0

    def reading(request: Received) -> Reply | None:
        nonlocal seen
        seen += 1
        if seen == 2:
            stage.world.ends("failed", "run.dead_lettered")
        if request.wants_events:
            after = int(request.header("last-event-id") or request.param("cursor") or 0)
            return stream_of(stage.world.frames(after), end=False)
        return None

    stage.on(READS, reading)
    outcome = stage.call("runs.wait", run_id=RUN, timeout_seconds=60, within=90)
    reported = outcome.error is not None and outcome.error.kind == "run_failed"
    shown = outcome.error is None and outcome.result["status"] == "failed"
    stage.check(reported or shown, f"it reports that the run failed; it {outcome}")


@scenario("wait/survives-transient-errors", "runs.wait")
def trouble(stage: Stage) -> None:
    """A wait continues despite lost connections and 502 and 503 responses."""
    left = [
        error(503, "busy", headers={"retry-after": "0"}),
        Reply(raw=[CUT], says="closed"),
        error(502, "bad gateway", headers={"retry-after": "0"}),
    ]

    def reading(request: Received) -> Reply | None:
        del request
        if left:
            return left.pop(0)
        if stage.world.run["status"] == "running":
            stage.world.ends(output=1)
        return None

    stage.on(READS, reading)
    got = stage.returns("runs.wait", run_id=RUN, timeout_seconds=60, within=90)
    stage.equal(got["status"], "succeeded", "the status")


@scenario("wait/404-reported", "runs.wait")
def not_found(stage: Stage) -> None:
    """Waiting for a run that does not exist fails immediately."""
    stage.on(READS, lambda _: error(404, "run not found"))
    stage.equal(stage.raises("runs.wait", "status", run_id=RUN, timeout_seconds=30).status, 404, "the status")


@scenario("wait/no-busy-loop", "runs.wait")
def not_busy(stage: Stage) -> None:
    """A wait of two seconds makes few requests."""
    stage.call("runs.wait", run_id=RUN, timeout_seconds=2)
    stage.check(len(stage.requests()) <= 30, f"at most 30 requests, not {len(stage.requests())}")


@scenario("wait/cancel-shows-the-operation", "runs.cancel")
def cancel(stage: Stage) -> None:
    """Cancelling sends the reason and returns the resulting run."""
    done = stage.returns("runs.cancel", run_id=RUN, reason="no longer needed", force=True)
    fields = stage.one("POST .*/cancel").fields
    stage.equal([fields.get("reason"), fields.get("force")], ["no longer needed", True], "reason and force")
    stage.equal(done["run"]["status"], "cancelled", "the run's status")
