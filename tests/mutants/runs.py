"""Faults of runs: reading, lists, counts, cancelling, attempts, limits of time, metadata, parking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .mutant import Mutant
from .planting import as_, in_json, replaced, responses, rewritten, without

RUNS = "helmr_local.engine.runs:Runs."
HTTP = "helmr_local.http.runs:"
WORKER = "helmr_local.engine.worker:Worker."


def _only_from_zero(push: Callable[..., None]) -> Callable[..., None]:
    def pushed(queue: Any, ticket: Any) -> None:
        if ticket.rank <= ticket.queued_at:
            push(queue, ticket)

    return pushed


MUTANTS = [
    # --- list, counts ------------------------------------------------------------------------------
    Mutant(
        "runs-all-by-default",
        "without a status all runs are listed, not the live ones",
        ("runs.md 3",),
        rewritten(HTTP + "list_runs", ('or "live"', 'or "all"')),
    ),
    Mutant(
        "runs-live-without-waiting",
        "live leaves out runs that wait",
        ("runs.md 3",),
        rewritten(HTTP + "list_runs", ('("queued", "running", "waiting")', '("queued", "running")')),
    ),
    Mutant(
        "runs-oldest-first",
        "runs are listed oldest first",
        ("runs.md 3",),
        rewritten(HTTP + "list_runs", ("reverse=True", "reverse=False")),
    ),
    Mutant(
        "runs-limit-ignored",
        "the limit of the list of runs is ignored",
        ("runs.md 3",),
        rewritten(HTTP + "list_runs", ("session_id, limit)", "session_id, 200)"), ("rows[:limit]", "rows")),
    ),
    Mutant(
        "runs-limit-zero",
        "a limit of 0 runs is taken",
        ("runs.md 3",),
        rewritten(HTTP + "list_runs", ("100, 1, 200", "100, 0, 200")),
    ),
    Mutant(
        "runs-session-filter-ignored",
        "the session filter of the list of runs is ignored",
        ("runs.md 3",),
        rewritten(
            HTTP + "list_runs",
            ("one, session_id, limit)", "one, None, limit)"),
        ),
    ),
    Mutant(
        "runs-status-not-checked",
        "an unknown status lists nothing instead of being refused",
        ("runs.md 3",),
        rewritten(HTTP + "list_runs", ('if status not in ("live", "all", *STATUSES):', "if False:")),
    ),
    Mutant(
        "runs-unknown-session-is-404",
        "runs of an unknown session are a 404",
        ("runs.md 3",),
        rewritten(
            HTTP + "list_runs",
            (
                "statuses: dict[",
                "if session_id and call.engine.sessions.get(session_id, call.environment_id) is None:\n"
                "        raise run_not_found()\n"
                "    statuses: dict[",
            ),
        ),
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
        "cancelling a run that has ended is a conflict",
        ("runs.md 5.3",),
        rewritten(
            HTTP + "_cancel",
            (
                "applied = engine.runs.cancel(run, reason, now, force=force)",
                "applied = engine.runs.cancel(run, reason, now, force=force)\n"
                "        if not applied:\n"
                '            raise ApiError(409, "run is terminal")',
            ),
        ),
    ),
    Mutant(
        "cancel-of-ended-run-applied",
        "cancelling a run that has ended says applied",
        ("runs.md 5.3",),
        rewritten(HTTP + "_cancel", ('"applied" if applied else "rejected"', '"applied"')),
    ),
    Mutant(
        "cancel-of-ended-run-changes-it",
        "cancelling a run that has succeeded makes it cancelled",
        ("runs.md 5.3",),
        rewritten(
            RUNS + "cancel",
            (
                'if run["status"] in TERMINAL and not (state == "pending_cancel" and force):',
                'if run["status"] == "cancelled":',
            ),
        ),
    ),
    Mutant(
        "cancel-is-forced",
        "every cancel ends the run at once",
        ("runs.md 5.3",),
        rewritten(HTTP + "_cancel", ("force=force)", "force=True)")),
    ),
    Mutant(
        "cancel-force-ignored",
        "a forced cancel waits for the worker",
        ("runs.md 5.3",),
        rewritten(HTTP + "_cancel", ("force=force)", "force=False)")),
    ),
    Mutant(
        "cancel-shows-running",
        "a run under graceful cancel still shows running",
        ("runs.md 2.1", "runs.md 5.3"),
        rewritten(
            RUNS + "cancel",
            (
                'status="cancelled",\n                execution_status="pending_cancel",',
                'status="running",\n                execution_status="pending_cancel",',
            ),
        ),
    ),
    Mutant(
        "cancel-loses-reason-of-run",
        "the operation of a cancel does not show the reason",
        ("runs.md 5.2",),
        responses(in_json(without("operation.reason")), "cancelRun"),
    ),
    Mutant(
        "cancel-reason-empty",
        'a cancel without reason shows reason ""',
        ("runs.md 5.2",),
        rewritten(HTTP + "cancel_run", ('if operation["reason"]:', "if True:")),
    ),
    Mutant(
        "cancel-applied-at-missing",
        "an applied cancel does not say when",
        ("runs.md 5.2",),
        responses(in_json(without("operation.applied_at")), "cancelRun"),
    ),
    Mutant(
        "cancel-key-ignored",
        "a known key makes another cancel operation",
        ("runs.md 5.4",),
        rewritten(HTTP + "_cancel", ("if known is not None:", "if False:"), ("key or None,", "None,")),
    ),
    Mutant(
        "cancel-key-takes-other-request",
        "a known key answers its operation whatever the request",
        ("runs.md 5.4",),
        rewritten(HTTP + "_cancel", ('if known["request"] != request:', "if False:")),
    ),
    Mutant(
        "cancel-key-for-all-runs",
        "a cancel key is shared by all runs",
        ("runs.md 5.4",),
        rewritten(
            HTTP + "_cancel",
            (
                'WHERE run_id = ? AND idempotency_key = ?", (run["id"], key)',
                'WHERE idempotency_key = ?", (key,)',
            ),
        ),
    ),
    Mutant(
        "cancel-key-conflict-coded",
        "the conflict of a cancel key has a code",
        ("runs.md 5.4", "runs.md 1.3"),
        rewritten(
            HTTP + "_cancel",
            (
                '"cancel idempotency key was used with a different request")',
                '"cancel idempotency key was used with a different request",'
                ' "idempotency_fingerprint_mismatch")',
            ),
        ),
    ),
    Mutant(
        "cancel-key-trimmed-in-request",
        "the same cancel key with other space around it is the same request",
        ("runs.md 5.4",),
        rewritten(
            HTTP + "cancel_run",
            ('{"idempotency_key": sent_key} if sent_key', '{"idempotency_key": key} if key'),
        ),
    ),
    Mutant(
        "cancel-closes-session",
        "cancelling a run cancels its session",
        ("runs.md 5.3",),
        rewritten(
            HTTP + "_cancel",
            (
                "applied = engine.runs.cancel(run, reason, now, force=force)",
                "applied = engine.runs.cancel(run, reason, now, force=force)\n"
                "        db.execute(\"UPDATE sessions SET status = 'cancelled' WHERE id = ?\","
                ' (run["session_id"],))',
            ),
        ),
    ),
    Mutant(
        "cancelled-run-succeeds-later",
        "a success that comes after a graceful cancel counts",
        ("runs.md 5.3", "runs.md 2.2"),
        rewritten(
            WORKER + "_record",
            (
                'elif run["execution_status"] == "pending_cancel":',
                'elif run["execution_status"] == "pending_cancel" and ending.how is How.RETURNED:\n'
                '        self._runs.fail(run, {"failure_kind": "none"}, now, message="succeeded later")\n'
                '    elif run["execution_status"] == "pending_cancel":',
            ),
        ),
    ),
    # --- outcomes and attempts ---------------------------------------------------------------------
    Mutant(
        "exit-code-lost",
        "a run that exited non-zero does not show its exit code",
        ("runs.md 2.2",),
        rewritten(WORKER + "_exit", ("exit_code=code,", "exit_code=None,")),
    ),
    Mutant(
        "exit-code-of-error",
        "a run that failed by an error shows exit code 1",
        ("runs.md 2.2",),
        rewritten(WORKER + "_fail", ("message=ending.message,", "message=ending.message, exit_code=1,")),
    ),
    Mutant(
        "exit-is-success",
        "a non-zero exit counts as success",
        ("runs.md 2.1", "runs.md 2.2"),
        rewritten(WORKER + "_exit", ("if code == 0:", "if True:")),
    ),
    Mutant(
        "output-lost",
        "the output of a run is not kept",
        ("runs.md 2.2", "runs.md 2"),
        rewritten(
            WORKER + "_record",
            (
                "and self._runs.complete(lease, ending.output, now)",
                "and self._runs.complete(lease, None, now)",
            ),
        ),
    ),
    Mutant(
        "output-null-is-absent",
        "an output null counts as none",
        ("runs.md 2.2", "runs.md 2"),
        rewritten(
            "helmr_local.engine.worker:encode_output",
            ("if value is None and task.output_type is None:", "if value is None:"),
        ),
    ),
    Mutant(
        "retry-not-done",
        "a failed attempt is never retried",
        ("runs.md 2.1",),
        rewritten(RUNS + "fail", ("        if again:", "        if False:")),
    ),
    Mutant(
        "retry-once-too-often",
        "a run is tried once more than its policy allows",
        ("runs.md 2.1",),
        rewritten(RUNS + "fail", ('run["attempt_number"] < policy', 'run["attempt_number"] <= policy')),
    ),
    Mutant(
        "retry-does-not-count",
        "a retried run stays at attempt 1",
        ("runs.md 2.1", "runs.md 2"),
        responses(in_json(as_("attempt_number", lambda _: 1)), "getRun"),
    ),
    Mutant(
        "retry-without-delay",
        "a retry does not wait",
        ("runs.md 2.1", "sessions.md 6.4"),
        rewritten("helmr_local.engine.runs:retry_delay_ms", ("return int(delay)", "return 0")),
    ),
    Mutant(
        "retry-delay-linear",
        "the delay of a retry does not grow",
        ("runs.md 2.1", "sessions.md 6.4"),
        rewritten("helmr_local.engine.runs:retry_delay_ms", ("attempt - 1)", "0)")),
    ),
    Mutant(
        "retry-delay-unbounded",
        "the delay of a retry is not bounded by maxMs",
        ("runs.md 2.1", "sessions.md 6.4"),
        rewritten(
            "helmr_local.engine.runs:retry_delay_ms",
            ("delay = min(longest, math.floor(wanted + 0.5))", "delay = math.floor(wanted + 0.5)"),
        ),
    ),
    Mutant(
        "retry-when-disabled",
        "a disabled retry policy is ignored",
        ("runs.md 2.1", "sessions.md 6.4"),
        rewritten(
            RUNS + "fail",
            (
                'and policy.get("enabled") is not False\n'
                '        and run["attempt_number"] < policy.get("maxAttempts", 0)',
                'and run["attempt_number"] < policy.get("maxAttempts", 2)',
            ),
        ),
    ),
    Mutant(
        "ttl-ignored",
        "a run past its ttl is executed",
        ("runs.md 2.1", "sessions.md 6.9"),
        rewritten(
            "helmr_local.engine.starts:Starts._options",
            (
                'options["ttl_deadline"] = add_nanoseconds(self._core.clock.now(), nanoseconds)',
                'options["ttl_deadline"] = None',
            ),
        ),
    ),
    Mutant(
        "ttl-of-started-run",
        "the ttl expires a run that has started",
        ("runs.md 2.1",),
        rewritten(
            RUNS + "lease",
            (" ttl_deadline = NULL,", ""),
        ),
    ),
    Mutant(
        "max-duration-ignored",
        "a run may last for ever",
        ("runs.md 2.1", "runs.md 6.5"),
        rewritten(WORKER + "_arm", ("max(0, round(", "max(10**12, round(")),
    ),
    Mutant(
        "max-duration-of-start-ignored",
        "the max_duration_seconds of a start is ignored",
        ("sessions.md 6.9", "sessions.md 6.1", "runs.md 6.4"),
        rewritten(RUNS + "create", ('chosen.get("max_duration_seconds")\n', "None\n")),
    ),
    Mutant(
        "negative-priority-starves",
        "a run with a negative priority is never executed",
        ("sessions.md 6.9",),
        replaced("helmr_local.engine.queue:Queue.push", _only_from_zero),
    ),
    Mutant(
        "metadata-change-lost",
        "what a task writes into its run's metadata is lost",
        ("runs.md 2.4",),
        rewritten(RUNS + "set_metadata", ("self._change(run, now, metadata=metadata)", "pass")),
    ),
    Mutant(
        "lost-worker-not-noticed",
        "a run whose worker is gone is not retried",
        ("runs.md 2.1", "runs.md 6.5"),
        rewritten(RUNS + "lose_lease", ('retry_reason="infra_lost",', "retry_reason=None,")),
    ),
    Mutant(
        "dead-letter-never",
        "a run may lose any number of workers",
        ("runs.md 2.1", "runs.md 6.4"),
        rewritten(
            WORKER + "_lease",
            ('if run["lost_leases"] >= self._core.settings.max_dispatch_attempts:', "if False:"),
        ),
    ),
    Mutant(
        "dead-letter-outcome",
        "a dead-lettered run's outcome is failed",
        ("runs.md 2.1", "sessions.md 4.4"),
        rewritten(RUNS + "dead_letter", ('"failed", "dead_lettered"', '"failed", "failed"')),
    ),
    # --- waiting -----------------------------------------------------------------------------------
    Mutant(
        "hot-wait-shows-waiting",
        "a run that waits live in memory shows waiting",
        ("runs.md 2.1", "sessions.md 14.2"),
        rewritten(
            "helmr_local.engine.waits:Waits.begin",
            ("self._core.later(hot, ", "self._core.later(0.0, "),
        ),
    ),
    Mutant(
        "parked-run-shows-running",
        "a parked run still shows running",
        ("runs.md 2.1", "sessions.md 14.2"),
        rewritten("helmr_local.engine.waits:Waits._park", ("if wait.open and", "if False and")),
    ),
    Mutant(
        "parked-run-not-resumed",
        "a parked run is not resumed when its wait ends",
        ("runs.md 2.1", "sessions.md 17.1"),
        rewritten(RUNS + "unpark", ("self._enqueue(run)", "pass")),
    ),
    Mutant(
        "timer-ends-at-once",
        "a timer wait ends at once",
        ("runs.md 2.1",),
        rewritten("helmr_local.engine.operations:Operations.sleep", ("if seconds <= 0:", "if True:")),
    ),
]
