"""The run state machine: each method is one transition, with the events that the contract specifies.

Part of the resource in `runs`.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from helmr_api.constants import (
    DEFAULT_RETRY_FACTOR,
    DEFAULT_RETRY_MAX_MS,
    DEFAULT_RETRY_MIN_MS,
    TERMINAL_RUN_STATUSES,
)

from ..catalog import SDK_VERSION, TaskRow
from ..engine.context import Context
from ..engine.notifier import run_topic
from ..engine.rows import Attempt, RunPlace, RunRow, RunState, RunToExecute
from ..ids import new_id, new_ids, span_id, trace_id
from ..store import columns
from ..wire.times import format_time
from .rows import SessionRow
from .run_events import RunEvents


def retry_delay_ms(
    policy: dict[str, Any], attempt: int, chance: Callable[[int], int] = random.randrange
) -> int:
    """Return the delay before the next attempt, in milliseconds."""
    backoff: dict[str, Any] = policy.get("backoff") or {}
    longest = min(backoff.get("maxMs", DEFAULT_RETRY_MAX_MS), LONGEST_DELAY_MS)
    try:
        factor = math.pow(backoff.get("factor", DEFAULT_RETRY_FACTOR), attempt - 1)
        wanted = backoff.get("minMs", DEFAULT_RETRY_MIN_MS) * factor
        delay = min(longest, math.floor(wanted + 0.5))
    except OverflowError:
        delay = longest
    if backoff.get("jitter", "full") == "full":
        return chance(max(int(delay), 1))
    return int(delay)


R = TypeVar("R")
# Longer than any server runs, but within the range of the database's integers.
LONGEST_DELAY_MS = 10**14


_STATE = f"SELECT {columns(RunState)} FROM runs WHERE id = ?"  # noqa: S608  # names of this package
_TO_EXECUTE = f"SELECT {columns(RunToExecute)} FROM runs WHERE id = ?"  # noqa: S608  # as above
_PLACE = f"SELECT {columns(RunPlace)} FROM runs"  # noqa: S608  # as above


class RunOptions(NamedTuple):
    """The options of a run that a start can set; None means the task's own setting.

    Args:
        retry: The policy as JSON text.
        ttl: As sent; `ttl_deadline` is the instant at which it ends.
    """

    max_duration_seconds: int | None = None
    retry: str | None = None
    queue: str | None = None
    concurrency_key: str = ""
    priority: int = 0
    ttl: str | None = None
    ttl_deadline: int | None = None


class Versions(NamedTuple):
    """The client versions that a start names; empty if it names none."""

    sdk: str = ""
    cli: str = ""


class RunTrigger(NamedTuple):
    """The input record for which a follow-up run is created."""

    stream: str
    record_id: str
    sequence: int


def _found(run: R | None, run_id: str) -> R:
    if run is None:
        raise LookupError(f"run {run_id} no longer exists")
    return run


class RunStates:
    """Transitions of runs; they use the caller's transaction if one is open."""

    def __init__(self, context: Context, events: RunEvents) -> None:
        self.db, self.clock, self.settings = context.db, context.clock, context.settings
        self.events = events
        self._notifier, self._signals = context.notifier, context.signals

    def get(self, run_id: str) -> RunRow | None:
        return self.db.one("SELECT * FROM runs WHERE id = ?", (run_id,), row=RunRow)

    def require(self, run_id: str) -> RunRow:
        return _found(self.get(run_id), run_id)

    def state(self, run_id: str) -> RunState:
        """Return the columns with a run's progress; reading a whole row takes five times as long."""
        return _found(self.db.one(_STATE, (run_id,), row=RunState), run_id)

    def to_execute(self, run_id: str) -> RunToExecute | None:
        """Return the columns needed to execute a run."""
        return self.db.one(_TO_EXECUTE, (run_id,), row=RunToExecute)

    def queued(self) -> list[RunPlace]:
        """Return the places of all queued runs, oldest first."""
        return self.db.all(
            f"{_PLACE} WHERE status <> 'succeeded' AND execution_status = 'queued' ORDER BY no", row=RunPlace
        )

    def _enqueue(self, run: Attempt) -> None:
        """Pass a run that the open transaction has queued to the worker."""
        place = _found(self.db.one(f"{_PLACE} WHERE no = ?", (run["no"],), row=RunPlace), run["id"])
        self.db.after_commit(lambda: self._signals.run_queued(place))

    # --- creation ----------------------------------------------------------------------------------

    def next_no(self) -> int:
        """Return the number of the next run to create."""
        return self.db.next_no("runs")

    def create(
        self,
        no: int,
        session: SessionRow,
        task: TaskRow,
        *,
        payload: str,
        now: int,
        options: RunOptions,
        previous: RunRow | None = None,
        trigger: RunTrigger | None = None,
        versions: Versions | None = None,
    ) -> RunRow:
        """Create a queued run of the session; the caller makes it the current one.

        Args:
            no: Its number, from `next_no`.
            task: The deployed task, with the deployment's version.
        """
        run = self._new_row(
            no, session, task, payload, now, options, previous, trigger, versions or Versions()
        )
        self.db.add("runs", run)
        self.db.after_commit(lambda: self._signals.run_queued(run))
        return run

    def _new_row(
        self,
        no: int,
        session: SessionRow,
        task: TaskRow,
        payload: str,
        now: int,
        options: RunOptions,
        previous: RunRow | None,
        trigger: RunTrigger | None,
        versions: Versions,
    ) -> RunRow:
        run_id, link_id, attempt_id = new_ids(3)
        return {
            "no": no,
            "id": run_id,
            "environment_id": session["environment_id"],
            "project_id": session["project_id"],
            "session_id": session["id"],
            "link_id": link_id,
            "turn_index": 0 if previous is None else previous["turn_index"] + 1,
            "previous_run_id": None if previous is None else previous["id"],
            "trigger_stream": trigger.stream if trigger else None,
            "trigger_record_id": trigger.record_id if trigger else None,
            "trigger_sequence": trigger.sequence if trigger else None,
            "deployment_id": task["deployment_id"],
            "deployment_task_id": task["id"],
            "version": task["version"],
            "sdk_version": versions.sdk or SDK_VERSION,
            "cli_version": versions.cli,
            "task_id": task["task_id"],
            "status": "queued",
            "execution_status": "queued",
            "terminal_outcome": None,
            "payload": payload,
            "metadata": session["metadata"],
            "tags": session["tags"],
            "output": None,
            "exit_code": None,
            "attempt_number": 1,
            "attempt_id": attempt_id,
            "error_message": None,
            "queue_name": options.queue or task["queue_name"],
            "concurrency_key": options.concurrency_key,
            "priority": options.priority,
            "queued_at": now,
            "ready_at": now,
            "ttl": options.ttl or task["ttl"],
            "ttl_deadline": options.ttl_deadline,
            "max_duration_seconds": (
                options.max_duration_seconds
                or task["max_duration_seconds"]
                or self.settings.default_max_duration_seconds
            ),
            "retry": options.retry or task["retry"],
            "lost_leases": 0,
            "parked": 0,
            "lease_id": None,
            "lease_span": None,
            "trace_id": trace_id(),
            "root_span": span_id(),
            "event_seq": 1,  # `run.created`, which has no row of its own
            "log_seq": 0,
            "stdout_bytes": 0,
            "stderr_bytes": 0,
            "ended_at": None,
            "created_at": now,
            "updated_at": now,
        }

    # --- execution ---------------------------------------------------------------------------------

    def lease(self, run: RunToExecute, now: int) -> Attempt | None:
        """Lease the run to the worker, which executes it, or continues it if it was parked.

        Returns None if the run is no longer queued. A lease adds no event, so followers are not woken.
        """
        lease: Attempt = {
            "no": run["no"],
            "id": run["id"],
            "attempt_id": run["attempt_id"],
            "attempt_number": run["attempt_number"],
            "lease_id": new_id(),
            "lease_span": span_id(),
            "root_span": run["root_span"],
        }
        taken = self.db.execute(
            "UPDATE runs SET status = 'running', execution_status = 'executing', lease_id = ?,"
            " lease_span = ?, ttl_deadline = NULL, parked = 0, updated_at = ?"
            " WHERE no = ? AND execution_status = 'queued'",
            (lease["lease_id"], lease["lease_span"], now, run["no"]),
        )
        return lease if taken else None

    def park(self, run_id: str, now: int) -> bool:
        """Give up the lease because the wait has outlasted its hot window."""
        with self.db.transaction():
            run = self.require(run_id)
            if run["execution_status"] != "executing":
                return False
            self._change(
                run,
                now,
                status="waiting",
                execution_status="waiting",
                lease_id=None,
                lease_span=None,
                parked=1,
            )
        return True

    def take_back(self, run: RunState, lease: Attempt, now: int) -> RunState:
        """Return the lease to a parked run whose function ended before its wait did."""
        self.db.execute(
            "UPDATE runs SET status = 'running', execution_status = 'executing', lease_id = ?,"
            " lease_span = ?, parked = 0, updated_at = ? WHERE no = ? AND parked = 1",
            (lease["lease_id"], lease["lease_span"], now, run["no"]),
        )
        return self.state(run["id"])

    def unpark(self, run_id: str, now: int) -> bool:
        """Queue a parked run for a worker because its wait is over."""
        with self.db.transaction():
            run = self.require(run_id)
            if run["execution_status"] != "waiting":
                return False
            self._change(run, now, status="queued", execution_status="queued", queued_at=now, ready_at=now)
            self._enqueue(run)
        return True

    def complete(self, lease: Attempt, output: str | None, now: int) -> bool:
        """Record that the attempt succeeded. Does nothing and returns False if the lease no longer executes
        the run.
        """
        completed = self.db.execute(
            "UPDATE runs SET status = 'succeeded', execution_status = 'finished',"
            " terminal_outcome = 'succeeded', exit_code = 0, error_message = NULL, lease_id = NULL,"
            " lease_span = NULL, ttl_deadline = NULL, parked = 0, output = ?, ended_at = ?,"
            " updated_at = ?, event_seq = event_seq + 1, completed_seq = event_seq + 1,"
            " completed_lease_id = lease_id, completed_span = lease_span"
            " WHERE no = ? AND lease_id = ? AND execution_status = 'executing'",
            (output, now, now, lease["no"], lease["lease_id"]),
        )
        if not completed:
            return False
        topic = run_topic(lease["id"])
        self.db.after_commit(lambda: self._notifier.notify(topic))
        return True

    def fail(
        self,
        run: RunState,
        attributes: dict[str, Any],
        now: int,
        *,
        message: str,
        retry_reason: str | None = None,
        exit_code: int | None = None,
        leased: bool = True,
        source: str | None = None,
        lost: str | None = None,
    ) -> None:
        """Record that the attempt failed. If there is a reason to retry, another one follows if the policy
        allows it.

        Args:
            lost: The reason for `run.execution_lost`, if losing the lease ended this attempt.
        """
        policy = json.loads(run["retry"])
        again = (
            retry_reason is not None
            and policy.get("enabled") is not False
            and run["attempt_number"] < policy.get("maxAttempts", 0)
        )
        with self.db.transaction():
            self.events.append(run, "run.failed", attributes, at=now, leased=leased, source=source)
            if lost is not None:
                self._lost(run, lost, now)
            if again:
                self._retry(run, policy, retry_reason, now)
            else:
                self._finish(run, now, "failed", "failed", exit_code=exit_code, error_message=message)

    def _retry(self, run: RunState, policy: dict[str, Any], reason: str | None, now: int) -> None:
        delay_ms = retry_delay_ms(policy, run["attempt_number"])
        ready_at = now + delay_ms * 1_000
        attempt_id, number = new_id(), run["attempt_number"] + 1
        following: Attempt = {
            "no": run["no"],
            "id": run["id"],
            "attempt_id": attempt_id,
            "attempt_number": number,
            "lease_id": None,
            "lease_span": None,
            "root_span": run["root_span"],
        }
        self._change(
            run,
            now,
            status="queued",
            execution_status="queued",
            exit_code=None,
            output=None,
            error_message=None,
            lease_id=None,
            lease_span=None,
            queued_at=now,
            ready_at=ready_at,
            attempt_id=attempt_id,
            attempt_number=number,
        )
        self.db.execute(
            "UPDATE runs SET first_attempt_id = COALESCE(first_attempt_id, ?) WHERE no = ?",
            (run["attempt_id"], run["no"]),
        )
        self.events.append(
            following,
            "run.retry_scheduled",
            {
                "reason": reason,
                "previous_attempt_id": run["attempt_id"],
                "previous_attempt_number": run["attempt_number"],
                "next_attempt_id": attempt_id,
                "next_attempt_number": number,
                "retry_after": format_time(ready_at)[:-1] + "+00:00",
                "delay_ms": delay_ms,
            },
            at=now,
        )
        self._enqueue(run)

    def lose_lease(self, run: RunState, now: int) -> None:
        """Handle the loss of the worker that executed the run."""
        db = self.db
        with db.transaction():
            db.execute("UPDATE runs SET lost_leases = lost_leases + 1 WHERE no = ?", (run["no"],))
            if run["execution_status"] == "pending_cancel":
                self.events.append(
                    run,
                    "run.cancelled",
                    {"reason": run["error_message"] or "run cancelled", "origin": "lease_sweeper"},
                    at=now,
                    leased=True,
                    source="lease_sweeper",
                )
                self._lost(run, "worker lease expired", now)
                self._finish(run, now, "cancelled", "cancelled", error_message=run["error_message"])
                return
            self.fail(
                run,
                {"failure_kind": "worker_lease_expired", "detail": {"message": "worker lease expired"}},
                now,
                message="worker lease expired",
                retry_reason="infra_lost",
                source="lease_sweeper",
                lost="worker lease expired",
            )

    def _lost(self, run: RunState, reason: str, now: int) -> None:
        self.events.append(
            run, "run.execution_lost", {"reason": reason, "origin": "lease_sweeper"}, at=now, leased=True
        )

    def lose_checkpoint(self, run: RunState, now: int) -> None:
        """Handle the loss of the checkpoint from which a parked run would have continued."""
        message = "runtime checkpoint expired while run was parked"
        self.fail(
            run,
            {
                "origin": "runtime_resume_wait",
                "reason": "runtime_checkpoint_expired",
                "message": message,
                "runtime_checkpoint_id": None,
                "base_workspace_version_id": None,
                "current_workspace_version_id": None,
                "runtime_checkpoint_expires_at": None,
            },
            now,
            message=message,
            leased=False,
        )

    def give_up(self, run: RunState, now: int) -> None:
        """End a run that cannot continue and whose outcome cannot be recorded."""
        message = "the server lost track of the run"
        attributes = {"failure_kind": "worker_failed", "detail": {"message": message}}
        with self.db.transaction():
            self.events.append(run, "run.failed", attributes, at=now)
            self._finish(run, now, "failed", "failed", error_message=message)

    def dead_letter(self, run: RunRow, now: int) -> None:
        limit = self.settings.max_dispatch_attempts
        with self.db.transaction():
            self.events.append(
                run,
                "run.dead_lettered",
                {
                    "reason": "max_dispatch_attempts_exceeded",
                    "queue_dispatch_attempt": run["lost_leases"] + 1,
                    "max_dispatch_attempts": limit,
                },
                at=now,
            )
            self._finish(run, now, "failed", "dead_lettered", error_message="max_dispatch_attempts_exceeded")

    def expire(self, run: RunRow, now: int) -> None:
        """Expire a run whose TTL passed before its first start."""
        message = "run ttl expired before execution started"
        with self.db.transaction():
            self.events.append(run, "run.expired", {"ttl": run["ttl"], "message": message}, at=now)
            self._finish(run, now, "expired", "expired", error_message=message)

    # --- cancel ------------------------------------------------------------------------------------

    def cancel(self, run: RunState, reason: str, now: int, *, force: bool, end_link: bool = False) -> bool:
        """Cancel the run, in any state; return False if there was nothing to cancel.

        Args:
            end_link: Close the session's entry for the run at once, even while the worker is still stopping.
        """
        state, why = run["execution_status"], reason or "run cancelled"
        if run["status"] in TERMINAL_RUN_STATUSES and not (state == "pending_cancel" and force):
            return False
        run_id = run["id"]
        with self.db.transaction():
            finished = force or state != "executing"
            if not finished:
                self.events.append(
                    run, "run.cancel_requested", {"reason": why, "force": False}, at=now, leased=True
                )
                self._change(
                    run,
                    now,
                    status="cancelled",
                    execution_status="pending_cancel",
                    error_message=why,
                    ended_at=now if end_link else None,
                )
            else:
                self.events.append(run, "run.cancelled", {"reason": why, "force": force}, at=now)
                self._finish(run, now, "cancelled", "cancelled", error_message=why)
            self.db.after_commit(lambda: self._signals.run_cancelled(run_id, why, finished, force))
        return True

    def release_cancelled(self, run: RunState, reason: str, now: int, *, requested: bool) -> None:
        """Record that the worker has stopped, after a graceful cancel (`requested`) or because the task
        cancelled itself.
        """
        attributes = {"reason": reason} | ({"origin": "cancel_operation"} if requested else {})
        with self.db.transaction():
            self.events.append(run, "run.cancelled", attributes, at=now, leased=True, severity="error")
            self._finish(
                run,
                now,
                "cancelled",
                "cancelled",
                error_message=run["error_message"] if requested else reason,
            )

    # --- metadata ----------------------------------------------------------------------------------

    def set_metadata(self, run: RunState, metadata: str, operation: str, key: str | None, now: int) -> None:
        with self.db.transaction():
            self.events.append(
                run, "run.metadata.updated", {"operation": operation, "key": key}, at=now, leased=True
            )
            self.db.execute(
                "UPDATE runs SET first_metadata = COALESCE(first_metadata, metadata) WHERE no = ?",
                (run["no"],),
            )
            self._change(run, now, metadata=metadata)

    # --- rows --------------------------------------------------------------------------------------

    def _finish(
        self,
        run: RunState,
        now: int,
        status: str,
        outcome: str,
        *,
        exit_code: int | None = None,
        output: str | None = None,
        error_message: str | None = None,
    ) -> None:
        self._change(
            run,
            now,
            status=status,
            execution_status="finished",
            terminal_outcome=outcome,
            exit_code=exit_code,
            output=output,
            error_message=error_message,
            lease_id=None,
            lease_span=None,
            ttl_deadline=None,
            parked=0,
            ended_at=run["ended_at"] or now,
        )

    def _change(self, run: RunState, now: int, **values: Any) -> None:
        self.db.update("runs", run["id"], values | {"updated_at": now})
        run_id = run["id"]
        self.db.after_commit(lambda: self._notifier.notify(run_topic(run_id)))
