"""Faults of runs: reads, lists, counts, cancels, attempts, time limits, metadata and parking."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from helmr_api.formats import is_object

from .edits import (
    STARTS,
    added,
    as_,
    backwards,
    becomes,
    both,
    each_event,
    fails_as,
    field_ignored,
    first_resent_if,
    in_body,
    in_json,
    limit_ignored,
    param,
    param_ignored,
    refusal,
    settings,
    silenced,
    when,
    whole,
    without,
)
from .gateway import Json, Origin, Request, Response, handled, requests, responses
from .mutant import Mutant
from .planting import Patch, all_of, replaced

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
WORKER = "helmr_local.engine.worker:Worker."
TERMINAL = ("succeeded", "failed", "cancelled", "expired")


def _cancel_key(request: Request) -> object:
    key = str(request.fields.get("idempotency_key") or "").strip()
    return (request.path, key) if key else None


# List -------------------------------------------------------------------------------------------------------


def _all_by_default(request: Request) -> None:
    if not request.param("status"):
        request.set_param("status", "all")


def _live_without_waiting(response: Response) -> None:
    if response.status == 200 and response.request.param("status") in ("", "live"):
        runs = [run for run in response.json["runs"] if run["status"] != "waiting"]
        response.json = {"runs": runs}


def _unknown_session_refused() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        session = request.param("session_id")
        if (
            response.status == 200
            and session
            and await origin.get(f"/api/sessions/{session}", request) is None
        ):
            response.fail(404, "run not found")
        return response

    return handled(handler, "listRuns")


# Cancel -----------------------------------------------------------------------------------------------------


def _rejected(response: Response) -> bool:
    return response.status == 200 and bool(response.json["operation"]["status"] == "rejected")


def _as_applied(response: Json) -> Json:
    operation = response["operation"]
    more = {"status": "applied", "applied_at": operation["created_at"]}
    return response | {"operation": operation | more}


def _changed_by_late_cancel() -> Patch:
    """Show an ended run as cancelled after an attempt to cancel it."""
    changed: set[str] = set()

    def cancelling(response: Response) -> None:
        if _rejected(response):
            changed.add(response.json["run"]["id"])
            response.json = as_("run.status", lambda _: "cancelled")(response.json)

    def reading(run: Json) -> Json:
        return run | ({"status": "cancelled"} if run["id"] in changed else {})

    return all_of(responses(cancelling, "cancelRun"), responses(in_json(reading), "getRun"))


def _running_still(response: Response) -> None:
    if response.status == 200 and not response.request.fields.get("force"):
        response.json = as_("run.status", lambda _: "running")(response.json)


def _key_for_all_runs() -> Patch:
    first: dict[str, Json] = {}

    async def handler(request: Request, origin: Origin) -> Response:
        key = str(request.fields.get("idempotency_key") or "").strip()
        response = await origin(request)
        if response.status == 200 and key:
            operation = first.setdefault(key, response.json["operation"])
            response.json = response.json | {"operation": operation}
        return response

    return handled(handler, "cancelRun")


def _session_cancelled_too() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 200:
            session = response.json["run"]["session_id"]
            await origin.send("POST", f"/api/sessions/{session}/cancel", request, {})
        return response

    return handled(handler, "cancelRun")


def _succeeds_later() -> Patch:
    cancelled: set[str] = set()

    def cancelling(response: Response) -> None:
        if response.status == 200 and not response.request.fields.get("force"):
            cancelled.add(response.json["run"]["id"])

    async def reading(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 200 and response.json["id"] in cancelled:
            entries = await origin.get(f"/api/sessions/{response.json['session_id']}/runs", request)
            if entries["runs"][-1]["execution_status"] == "finished":
                response.json = response.json | {"status": "succeeded", "exit_code": 0}
        return response

    return all_of(responses(cancelling, "cancelRun"), handled(reading, "getRun"))


# Outcomes and attempts --------------------------------------------------------------------------------------


def _in_runs(change: Callable[[Json], Json]) -> Patch:
    """Change every run that is read or started."""
    return responses(
        in_json(lambda it: it | {"run": change(it["run"])} if "run" in it else change(it)), "getRun", *STARTS
    )


def _failed_with(run: Json, known: bool) -> bool:
    return bool(run["status"] == "failed" and (run["exit_code"] is not None) is known)


def _one_attempt_more(retry: Json) -> Json:
    if is_object(retry) and isinstance(attempts := retry.get("maxAttempts"), int) and attempts < 10:
        return retry | {"maxAttempts": attempts + 1}
    return retry


def _enabled_again(retry: Json) -> Json:
    return {"maxAttempts": 2} if retry == {"enabled": False} else retry


def _delay(change: Callable[[dict[str, Any], int], tuple[dict[str, Any], int]]) -> Patch:
    """Compute the retry delay from another policy or attempt."""

    def make(delay: Callable[..., int]) -> Callable[..., int]:
        def other_delay(policy: dict[str, Any], attempt: int) -> int:
            return delay(*change(policy, attempt))

        return other_delay

    return replaced("helmr_local.resources.run_states:retry_delay_ms", make)


def _unbounded(policy: dict[str, Any], attempt: int) -> tuple[dict[str, Any], int]:
    return policy | {"backoff": dict(policy.get("backoff") or {}) | {"maxMs": 10**9}}, attempt


def _expired_while_running() -> Patch:
    """Expire a started run at its ttl."""
    deadlines: dict[str, float] = {}

    def starting(response: Response) -> None:
        ttl = response.request.fields.get("ttl")
        if response.status in (200, 201) and ttl:
            deadlines[response.json["run"]["id"]] = time.monotonic() + (
                0.5 if str(ttl).endswith("s") else 1e9
            )

    def reading(run: Json) -> Json:
        over = time.monotonic() > deadlines.get(run["id"], float("inf"))
        return run | ({"status": "expired"} if over and run["status"] != "queued" else {})

    return all_of(responses(starting, *STARTS), responses(in_json(reading), "getRun"))


def _negative_never_served() -> Patch:
    starving: set[str] = set()

    def starting(response: Response) -> None:
        if response.status == 201 and (response.request.fields.get("priority") or 0) < 0:
            starving.add(response.json["run"]["id"])

    def reading(run: Json) -> Json:
        return run | ({"status": "queued"} if run["id"] in starving else {})

    return all_of(responses(starting, *STARTS), responses(in_json(reading), "getRun"))


def _without_lost_retry(event: Json) -> Json | None:
    lost = event["kind"] == "run.retry_scheduled" and event["attributes"]["reason"] == "infra_lost"
    return None if lost else event


async def _nothing(*args: Any, **kwargs: Any) -> None:
    """Replace an operation of a task by nothing."""


MUTANTS = [
    # --- list, counts ------------------------------------------------------------------------------
    Mutant(
        "runs-all-by-default",
        "without a status, all runs are listed, not only live ones",
        ("runs.md 3",),
        requests(_all_by_default, "listRuns"),
    ),
    Mutant(
        "runs-live-without-waiting",
        "live omits waiting runs",
        ("runs.md 3",),
        responses(_live_without_waiting, "listRuns"),
    ),
    Mutant(
        "runs-oldest-first",
        "runs are listed oldest first",
        ("runs.md 3",),
        responses(in_json(as_("runs", backwards)), "listRuns"),
    ),
    Mutant(
        "runs-limit-ignored",
        "the limit of the list of runs is ignored",
        ("runs.md 3",),
        limit_ignored(200, "listRuns"),
    ),
    Mutant(
        "runs-limit-zero",
        "a limit of 0 runs is accepted",
        ("runs.md 3",),
        requests(param("limit", whole(0, 0, lambda _: 1)), "listRuns"),
    ),
    Mutant(
        "runs-session-filter-ignored",
        "the session filter of the list of runs is ignored",
        ("runs.md 3",),
        param_ignored("session_id", "listRuns", valid=UUID),
    ),
    Mutant(
        "runs-status-not-checked",
        "an unknown run status lists nothing instead of being rejected",
        ("runs.md 3",),
        responses(
            when(
                refusal(error="status must be live"),
                becomes(200, {"runs": []}),
            ),
            "listRuns",
        ),
    ),
    Mutant(
        "runs-unknown-session-is-404",
        "runs of an unknown session get 404",
        ("runs.md 3",),
        _unknown_session_refused(),
    ),
    Mutant(
        "counts-forget-cancelled",
        "cancelled runs are not counted",
        ("runs.md 4",),
        responses(in_json(as_("cancelled", lambda _: 0)), "countRuns"),
    ),
    # --- cancel ------------------------------------------------------------------------------------
    Mutant(
        "cancel-of-ended-run-is-409",
        "cancelling an ended run gets a conflict",
        ("runs.md 5.3",),
        responses(when(_rejected, fails_as(409, "run is terminal")), "cancelRun"),
    ),
    Mutant(
        "cancel-of-ended-run-applied",
        "cancelling an ended run returns applied",
        ("runs.md 5.3",),
        responses(when(_rejected, in_json(_as_applied)), "cancelRun"),
    ),
    Mutant(
        "cancel-of-ended-run-changes-it",
        "cancelling a succeeded run makes it cancelled",
        ("runs.md 5.3",),
        _changed_by_late_cancel(),
    ),
    Mutant(
        "cancel-is-forced",
        "every cancel ends the run immediately",
        ("runs.md 5.3",),
        requests(in_body(lambda fields: fields | {"force": True}), "cancelRun"),
    ),
    Mutant(
        "cancel-force-ignored",
        "a forced cancel waits for the worker",
        ("runs.md 5.3",),
        field_ignored("force", operations=("cancelRun",)),
    ),
    Mutant(
        "cancel-shows-running",
        "the response to a graceful cancel shows a running run",
        ("runs.md 2.1", "runs.md 5.3"),
        responses(_running_still, "cancelRun"),
    ),
    Mutant(
        "cancel-loses-reason-of-run",
        "the operation of a cancel has no reason",
        ("runs.md 5.2",),
        responses(in_json(without("operation.reason")), "cancelRun"),
    ),
    Mutant(
        "cancel-reason-empty",
        'a cancel without a reason has the reason ""',
        ("runs.md 5.2",),
        responses(in_json(added("operation.reason", "")), "cancelRun"),
    ),
    Mutant(
        "cancel-applied-at-missing",
        "an applied cancel has no applied_at",
        ("runs.md 5.2",),
        responses(in_json(without("operation.applied_at")), "cancelRun"),
    ),
    Mutant(
        "cancel-key-ignored",
        "a known key creates another cancel operation",
        ("runs.md 5.4",),
        field_ignored("idempotency_key", operations=("cancelRun",)),
    ),
    Mutant(
        "cancel-key-takes-other-request",
        "a known key returns its operation for any request",
        ("runs.md 5.4",),
        first_resent_if(refusal(status=409), _cancel_key, "cancelRun"),
    ),
    Mutant(
        "cancel-key-for-all-runs",
        "a cancel key is shared by all runs",
        ("runs.md 5.4",),
        _key_for_all_runs(),
    ),
    Mutant(
        "cancel-key-conflict-coded",
        "the conflict of a cancel key has a code",
        ("runs.md 5.4", "runs.md 1.3"),
        responses(in_json(added("code", "idempotency_fingerprint_mismatch"), statuses=(409,)), "cancelRun"),
    ),
    Mutant(
        "cancel-key-trimmed-in-request",
        "a cancel key with other surrounding white space is the same request",
        ("runs.md 5.4",),
        requests(
            in_body(as_("idempotency_key", lambda key: key.strip() if isinstance(key, str) else key)),
            "cancelRun",
        ),
    ),
    Mutant(
        "cancel-closes-session",
        "cancelling a run cancels its session",
        ("runs.md 5.3",),
        _session_cancelled_too(),
    ),
    Mutant(
        "cancelled-run-succeeds-later",
        "a success after a graceful cancel is recorded",
        ("runs.md 5.3", "runs.md 2.2"),
        _succeeds_later(),
    ),
    # --- outcomes and attempts ---------------------------------------------------------------------
    Mutant(
        "exit-code-lost",
        "a run with a non-zero exit does not show its exit code",
        ("runs.md 2.2",),
        _in_runs(lambda run: run | ({"exit_code": None} if _failed_with(run, known=True) else {})),
    ),
    Mutant(
        "exit-code-of-error",
        "a run that failed with an exception has exit code 1",
        ("runs.md 2.2",),
        _in_runs(lambda run: run | ({"exit_code": 1} if _failed_with(run, known=False) else {})),
    ),
    Mutant(
        "exit-is-success",
        "a non-zero exit is a success",
        ("runs.md 2.1", "runs.md 2.2"),
        _in_runs(lambda run: run | ({"status": "succeeded"} if _failed_with(run, known=True) else {})),
    ),
    Mutant(
        "output-lost",
        "the output of a run is not stored",
        ("runs.md 2.2", "runs.md 2"),
        _in_runs(without("output")),
    ),
    Mutant(
        "output-null-is-absent",
        "an output null is not stored",
        ("runs.md 2.2", "runs.md 2"),
        _in_runs(lambda run: run if run.get("output", 0) is not None else without("output")(run)),
    ),
    Mutant(
        "retry-not-done",
        "the retry policy of a start is ignored",
        ("runs.md 2.1", "sessions.md 6.4"),
        field_ignored("retry", operations=STARTS),
    ),
    Mutant(
        "retry-once-too-often",
        "a run has one attempt more than its policy allows",
        ("runs.md 2.1",),
        requests(in_body(as_("retry", _one_attempt_more)), *STARTS),
    ),
    Mutant(
        "retry-does-not-count",
        "a retried run stays at attempt 1",
        ("runs.md 2.1", "runs.md 2"),
        _in_runs(as_("attempt_number", lambda _: 1)),
    ),
    Mutant(
        "retry-without-delay",
        "a retry does not wait",
        ("runs.md 2.1", "sessions.md 6.4"),
        silenced("helmr_local.resources.run_states:retry_delay_ms", 0),
    ),
    Mutant(
        "retry-delay-linear",
        "the delay of a retry does not grow",
        ("runs.md 2.1", "sessions.md 6.4"),
        _delay(lambda policy, _: (policy, 1)),
    ),
    Mutant(
        "retry-delay-unbounded",
        "the delay of a retry is not bounded by maxMs",
        ("runs.md 2.1", "sessions.md 6.4"),
        _delay(_unbounded),
    ),
    Mutant(
        "retry-when-disabled",
        "a disabled retry policy is ignored",
        ("runs.md 2.1", "sessions.md 6.4"),
        requests(in_body(as_("retry", _enabled_again)), *STARTS),
    ),
    Mutant(
        "ttl-ignored",
        "a run is executed after its ttl",
        ("runs.md 2.1", "sessions.md 6.9"),
        field_ignored("ttl", operations=STARTS),
    ),
    Mutant(
        "ttl-of-started-run",
        "the ttl expires a run that has started",
        ("runs.md 2.1",),
        _expired_while_running(),
    ),
    Mutant(
        "max-duration-ignored",
        "a run may last forever",
        ("runs.md 2.1", "runs.md 6.5"),
        silenced(WORKER + "_end_overdue"),
    ),
    Mutant(
        "max-duration-of-start-ignored",
        "the max_duration_seconds of a start is ignored",
        ("sessions.md 6.9", "sessions.md 6.1", "runs.md 6.4"),
        field_ignored("max_duration_seconds", operations=STARTS),
    ),
    Mutant(
        "negative-priority-starves",
        "a run with a negative priority stays queued",
        ("sessions.md 6.9",),
        _negative_never_served(),
    ),
    Mutant(
        "metadata-change-lost",
        "metadata that a task writes is lost",
        ("runs.md 2.4",),
        replaced("helmr_local._async_context:AsyncMetadata.set", lambda _: _nothing),
    ),
    Mutant(
        "lost-worker-not-noticed",
        "the retry after a lost worker has no event",
        ("runs.md 2.1", "runs.md 6.5"),
        each_event(_without_lost_retry),
    ),
    Mutant(
        "dead-letter-never",
        "a run can lose any number of workers",
        ("runs.md 2.1", "runs.md 6.4"),
        settings(max_dispatch_attempts=10**6),
    ),
    Mutant(
        "dead-letter-outcome",
        "a dead-lettered run's outcome is failed",
        ("runs.md 2.1", "sessions.md 4.4"),
        responses(
            in_json(as_("runs[].terminal_outcome", lambda it: "failed" if it == "dead_lettered" else it)),
            *both("listSessionRuns"),
        ),
    ),
    # --- waiting -----------------------------------------------------------------------------------
    Mutant(
        "hot-wait-shows-waiting",
        "a run that waits in memory has the status waiting",
        ("runs.md 2.1", "sessions.md 14.2"),
        settings(hot_wait=0.0, hot_timer=0.0),
    ),
    Mutant(
        "parked-run-shows-running",
        "a run that waits for long is not parked",
        ("runs.md 2.1", "sessions.md 14.2"),
        settings(hot_wait=1e6, hot_timer=1e6),
    ),
    Mutant(
        "parked-run-not-resumed",
        "a parked run is not resumed when its wait ends",
        ("runs.md 2.1", "sessions.md 17.1"),
        silenced("helmr_local.resources.run_states:RunStates.unpark", result=False),
    ),
    Mutant(
        "timer-ends-at-once",
        "a timer wait ends immediately",
        ("runs.md 2.1",),
        replaced("helmr_local._async_context:AsyncTaskContext.sleep", lambda _: _nothing),
    ),
]
