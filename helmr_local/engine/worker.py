"""The worker takes queued runs in order and calls their functions.

An async function runs as a task on the event loop, a sync function on its own thread. Both are called with a
context created elsewhere. A run that lost its lease, was cancelled or ran out of time gets `RunCancelled`
from its next context call, and anything it does after that is ignored. The worker changes the database only
through `Writes`, where a transaction may be repeated or take a while to commit. So changes in memory follow
the commit, or are undone on rollback.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Container, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from helmr_api.display import printable

from .. import taskjson
from ..clock import MICROSECOND, NEVER, Timer
from ..exceptions import RunCancelled
from ..implementation import Implementation
from ..store import DatabaseClosedError
from ..wire import jsontext
from . import endings
from .context import Context
from .endings import Ending, How
from .execution import Execution
from .interfaces import Contexts, RunStore, WriteTrace
from .queue import Lane, Queue, Ticket
from .rows import Attempt, RunPlace, RunState, RunToExecute
from .waits import Waits
from .workspaces import LiveWorkspace, RunWorkspaces

_Leased = tuple[Ticket, RunToExecute, Attempt, LiveWorkspace]

logger = logging.getLogger("helmr_local")
progress = logging.getLogger("helmr_local.runs")
"""The logger of the progress of runs, with a line when an attempt starts, parks or ends."""


class Worker:
    """Dispatches runs and monitors their executions."""

    def __init__(
        self,
        context: Context,
        runs: RunStore,
        waits: Waits,
        workspaces: RunWorkspaces,
        contexts: Contexts,
        write_trace: WriteTrace,
    ) -> None:
        self._context = context
        self._runs = runs
        self._workspaces = workspaces
        self._waits = waits
        self._contexts = contexts
        self._write_trace = write_trace
        self.executions: dict[str, Execution] = {}
        self._ending: set[str] = set()  # runs whose function has ended, but whose end is not recorded yet
        self._leaving: set[Execution] = set()  # over, but their functions have not returned yet
        self._queue = Queue(context.settings.max_concurrent_runs)
        # Caches by deployment, which never changes.
        self._limits: dict[tuple[str, str], int | None] = {}
        self._secrets: dict[str, list[str]] = {}
        self._watched = NEVER
        self._watcher: Timer | None = None
        self._dispatching: Ticket | None = None
        self._pumping = False
        self._open = False  # runs are being dispatched
        self._closed = False  # the server is closing, so results no longer matter
        context.signals.run_queued.connect(self.enqueue)
        context.signals.run_cancelled.connect(self._cancelled)
        context.signals.run_parked.connect(self._parked)

    # --- time --------------------------------------------------------------------------------------

    def busy(self, without: Container[str] = ()) -> bool:
        """Return whether a run can continue or task code is working at this instant, except for these
        runs.
        """
        return (
            self._pumping
            or self._queue.next() is not None
            or any(one.run_id not in without for one in self.working())
        )

    def working(self) -> Iterator[Execution]:
        """Yield the executions whose task code is running rather than waiting in the engine."""
        for execution in self.executions.values():
            if execution.holds_slot and self._waits.open_of(execution.run_id) is None:
                yield execution

    def deadlines(self) -> Iterator[tuple[int, bool]]:
        """Yield the next deadline of each execution, and whether it sleeps, in which case only time can end
        the sleep.
        """
        for execution in self.executions.values():
            wait = self._waits.open_of(execution.run_id)
            if wait is None:
                yield execution.until, False
            else:  # a parked run cannot run out of time
                until = execution.until if execution.until <= wait.parks_at else NEVER
                yield min(wait.deadline, until), wait.kind == "timer"

    # --- dispatch ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start dispatching, beginning with the runs that are already queued."""
        self._open = True
        for run in self._runs.queued():
            self.enqueue(run)

    def enqueue(self, run: RunPlace) -> None:
        """Place a queued run in the queue, now or when it becomes ready.

        Does nothing before `start`, which picks up all queued runs.
        """
        if self._open:
            self._place(self._queue.ticket(run), run["ready_at"])

    def _place(self, ticket: Ticket, ready_at: int) -> None:
        # Most runs are ready as soon as they are queued, and the clock never moves back.
        if ready_at > ticket.queued_at and ready_at > self._context.clock.now():
            self._context.clock.call_at(ready_at, lambda: self._push(ticket))
        else:
            self._push(ticket)

    def _push(self, ticket: Ticket) -> None:
        self._queue.push(ticket)
        self._pump_soon()

    def _pump_soon(self) -> None:
        if not self._pumping and self._open and self._queue.next() is not None:
            self._pumping = True
            self._context.writes.keep(self._pump, otherwise=(self._without,))

    def _pump(self) -> None:
        """Lease queued runs while there are free slots."""
        leased: list[_Leased] = []
        gone: list[Ticket] = []
        while self._open and (ticket := self._queue.next()) is not None:
            self._dispatching = ticket
            full = self._is_full(ticket)
            self._queue.pop()
            if full:
                self._queue.hold(ticket)
                continue
            self._context.db.undo(partial(self._queue.push, ticket))
            taken = self._lease(ticket)
            if taken is None:
                gone.append(ticket)
                self._queue.offer(ticket.lane)
            elif isinstance(taken, int):
                self._context.db.after_commit(partial(self._place, ticket, taken))
                self._queue.offer(ticket.lane)
            else:
                self._queue.take(ticket.lane)
                self._context.db.undo(partial(self._queue.free, ticket.lane))
                leased.append((ticket, *taken))
        self._dispatching = None
        self._context.db.after_commit(lambda: self._pumped(leased, gone))

    def _lease(self, ticket: Ticket) -> tuple[RunToExecute, Attempt, LiveWorkspace] | int | None:
        """Lease a run.

        Returns:
            The row from before the lease, the lease and the workspace; or, if the run is not ready yet, the
            instant at which it will be; or None if it is not queued.
        """
        now = self._context.clock.now()
        run = ticket.run or self._runs.to_execute(ticket.run_id)
        if run is None or run["execution_status"] != "queued" or ticket.run_id in self._ending:
            return None
        if run["ready_at"] > now:
            return int(run["ready_at"])
        if run["ttl_deadline"] is not None and run["ttl_deadline"] <= now:
            return None  # the sweeper expires this one
        if run["lost_leases"] >= self._context.settings.max_dispatch_attempts:
            self._runs.dead_letter(self._runs.require(ticket.run_id), now)
            return None
        self._declared_secrets(run)  # read these and the workspace now, while the transaction can be retried
        workspace = self._workspaces.of_session(run["session_id"])
        lease = self._runs.lease(run, now)
        return None if lease is None else (run, lease, workspace)

    def _pumped(self, leased: list[_Leased], gone: list[Ticket]) -> None:
        self._pumping = False
        for ticket in gone:
            self._queue.done(ticket)
        for ticket, run, lease, workspace in leased:
            self._queue.done(ticket)
            self._begin(run, ticket.lane, lease, workspace)
        self._pump_soon()

    def _without(self, error: Exception) -> Callable[[], None]:
        """Fail a queued run that cannot be dispatched, so that the others can continue."""
        ticket, self._dispatching = self._dispatching, None
        logger.error("a run could not be dispatched", exc_info=error)

        def fail() -> None:
            if ticket is not None:
                run = self._runs.state(ticket.run_id)
                if run["execution_status"] == "queued":
                    self._fail(run, endings.unrecorded(error), leased=False)
            self._context.db.after_commit(lambda: self._pumped([], [] if ticket is None else [ticket]))

        return fail

    def _is_full(self, ticket: Ticket) -> bool:
        queue = (ticket.deployment_id, ticket.lane[1])
        if queue not in self._limits:
            row = self._context.db.one(
                "SELECT concurrency_limit FROM deployment_tasks WHERE deployment_id = ? AND queue_name = ?"
                " ORDER BY concurrency_limit IS NULL LIMIT 1",
                queue,
            )
            self._limits[queue] = None if row is None else row["concurrency_limit"]
        limit = self._limits[queue]
        return limit is not None and self._queue.busy(ticket.lane) >= limit

    def _release(self, execution: Execution) -> None:
        """Free the execution's slot, and let the next run of the lane take it."""
        if not execution.holds_slot:
            return
        execution.holds_slot = False
        if execution.until != NEVER:
            execution.until = NEVER
            if not execution.over:  # it may get a slot again
                used = self._context.clock.now() - execution.started_at
                execution.remaining -= used / MICROSECOND
        self._queue.free(execution.lane)
        self._queue.offer(execution.lane)
        self._pump_soon()

    def _parked(self, run_id: str) -> None:
        execution = self.executions.get(run_id)
        if execution is not None:
            self._tell(execution, "waiting")
            self._release(execution)

    # --- execution ---------------------------------------------------------------------------------

    def _begin(self, run: RunToExecute, lane: Lane, lease: Attempt, workspace: LiveWorkspace) -> None:
        """Execute a run that was just leased; `run` is the row from before the lease."""
        run_id = run["id"]
        execution = self.executions.get(run_id)
        if execution is not None:  # it was parked and continues where it stopped
            execution.holds_slot = True
            execution.lease = lease
            self._arm(execution, self._context.clock.now())
            self._waits.resume(run_id)
            return
        implementation = self._context.catalog.by_task.get(run["task_id"])
        limit = run["max_duration_seconds"]
        execution = Execution(
            run_id,
            run["task_id"],
            run["session_id"],
            lane,
            lease,
            implementation,  # type: ignore[arg-type]  # checked next
            limit,
            float(limit),
        )
        self.executions[run_id] = execution
        execution.began_at = now = self._context.clock.now()
        self._tell(execution, "started")
        if implementation is None:
            message = f"task {run['task_id']} is not among the tasks that this server runs"
            self._end(execution, endings.failed(message, "task_not_found", final=True))
            return
        try:
            missing = self._context.secrets.missing(run["environment_id"], self._declared_secrets(run))
            if missing is not None:
                message = f"secret {missing} is unavailable"
                self._end(execution, endings.failed(message, "secret_unavailable"))
                return
            if run["trigger_stream"] is not None and run["trigger_sequence"] is not None:
                execution.cursors[run["trigger_stream"]] = run["trigger_sequence"] - 1
            execution.workspace = workspace
            self._workspaces.enter(run_id, workspace)
            self._arm(execution, now)
            launch = self._launch_async if implementation.is_async else self._launch_thread
            launch(execution, run)
        except Exception as error:  # no thread is available, for instance
            logger.exception("run %s could not be executed", run_id)
            self._end(execution, endings.of_error(error))

    def _declared_secrets(self, run: RunToExecute) -> list[str]:
        task = run["deployment_task_id"]
        if task not in self._secrets:
            row = self._context.db.one("SELECT secrets FROM deployment_tasks WHERE id = ?", (task,))
            self._secrets[task] = [] if row is None else json.loads(row["secrets"])
        return self._secrets[task]

    def _arm(self, execution: Execution, now: int) -> None:
        execution.started_at = now
        execution.until = now + max(0, round(execution.remaining * MICROSECOND))
        self._watch(execution.until)

    def _watch(self, until: int) -> None:
        """Set the timer to this deadline if it is the earliest; a single timer serves all executions."""
        if until >= self._watched:
            return
        if self._watcher is not None:
            self._watcher.cancel()
        self._watched = until
        self._watcher = self._context.clock.call_at(until, self._end_overdue)

    def _end_overdue(self) -> None:
        self._watched, self._watcher = NEVER, None
        now = self._context.clock.now()
        for execution in [one for one in self.executions.values() if one.until <= now]:
            ending = endings.out_of_time(execution.max_duration_seconds)
            self._tell_end(execution, ending)
            self._record_soon(execution, ending)
            self._discard(execution, RunCancelled(ending.message), cancel_task=True)
        self._watch(min((one.until for one in self.executions.values()), default=NEVER))

    def _launch_async(self, execution: Execution, run: RunToExecute) -> None:
        loop = asyncio.get_running_loop()
        new_context = self._contexts(execution, run, loop)
        workspace = execution.workspace
        assert workspace is not None  # set before the launch

        async def body() -> None:
            try:
                if workspace.has_files:
                    await asyncio.to_thread(workspace.prepare)
                with new_context() as context:
                    output = await execution.implementation.function(context)
                ending = endings.returned(encode_output(execution.implementation, output))
            except asyncio.CancelledError as error:
                # If nothing asked the run to stop, the function has cancelled itself, which is an ordinary
                # failure.
                ending = endings.of_error(execution.stop or error)
            except BaseException as error:  # any exception that ends the task ends its run
                ending = endings.of_error(error)
            if workspace.used and ending.succeeded:
                try:
                    ending = await asyncio.to_thread(_with_files, ending, workspace)
                except asyncio.CancelledError as error:
                    ending = endings.of_error(execution.stop or error)
            self._returned(execution, ending)

        execution.task = loop.create_task(body(), name=f"run {execution.run_id}")

    def _launch_thread(self, execution: Execution, run: RunToExecute) -> None:
        loop = asyncio.get_running_loop()
        new_context = self._contexts(execution, run, loop)
        workspace = execution.workspace
        assert workspace is not None  # set before the launch

        def body() -> None:
            try:
                if workspace.has_files:
                    workspace.prepare()
                with new_context() as context:
                    output = execution.implementation.function(context)
                ending = endings.returned(encode_output(execution.implementation, output))
            except BaseException as error:  # any exception that ends the task ends its run
                ending = endings.of_error(error)
            if workspace.used and ending.succeeded:
                ending = _with_files(ending, workspace)
            with suppress(RuntimeError):  # the server has stopped, so the result no longer matters
                loop.call_soon_threadsafe(self._returned, execution, ending)

        execution.thread = threading.Thread(
            target=body, name=f"helmr-local run {execution.run_id}", daemon=True
        )
        execution.thread.start()

    # --- the end -----------------------------------------------------------------------------------

    def _returned(self, execution: Execution, ending: Ending) -> None:
        """Handle the return or exception of a function."""
        self._leaving.discard(execution)
        if not execution.over and not self._closed:
            self._end(execution, ending)

    def _end(self, execution: Execution, ending: Ending) -> None:
        """Finish an execution. Threads and tasks that its function has left behind can no longer affect the
        run.
        """
        execution.over = True
        execution.stop = execution.stop or RunCancelled("the run has ended")
        self._waits.interrupt(execution.run_id, execution.stop)
        ending = ending.without(execution.secrets)
        if ending.trace:
            self._write_trace(execution, ending.trace)
        self._tell_end(execution, ending)
        self._record_soon(execution, ending)
        self._drop(execution)

    def _tell(self, execution: Execution, what: str, *more: object, level: int = logging.INFO) -> None:
        if not progress.isEnabledFor(level):
            return
        attempt = execution.lease["attempt_number"]
        repeated = f" (attempt {attempt})" if attempt > 1 else ""
        progress.log(level, f"run %s %s%s: {what}", execution.run_id, execution.task_id, repeated, *more)

    def _tell_end(self, execution: Execution, ending: Ending) -> None:
        if ending.succeeded and not progress.isEnabledFor(logging.INFO):
            return
        took = (self._context.clock.now() - execution.began_at) / MICROSECOND
        if ending.succeeded:
            self._tell(execution, "succeeded in %.1f s", took)
        elif ending.how is How.CANCELLED:
            self._tell(execution, "cancelled after %.1f s", took)
        else:
            reason = printable(f"{ending.message}\n{ending.trace}".rstrip())
            self._tell(execution, "failed after %.1f s: %s", took, reason, level=logging.WARNING)

    def _record_soon(self, execution: Execution, ending: Ending) -> None:
        """Record an ending, and retry until the database accepts it."""
        self._ending.add(execution.run_id)
        self._context.writes.keep(
            partial(self._record, execution, ending),
            of=execution.run_id,
            otherwise=(partial(self._record_instead, execution), partial(self._record_less, execution)),
        )

    def _record_instead(self, execution: Execution, error: Exception) -> Callable[[], None]:
        logger.error("the outcome of run %s could not be recorded", execution.run_id, exc_info=error)
        return partial(self._record, execution, endings.unrecorded(error))

    def _record_less(self, execution: Execution, error: Exception) -> Callable[[], None]:
        logger.error("the failure of run %s could not be recorded", execution.run_id, exc_info=error)

        def give_up() -> None:
            self._context.db.after_commit(lambda: self._ending.discard(execution.run_id))
            run = self._runs.state(execution.run_id)
            if run["execution_status"] != "finished":
                self._runs.give_up(run, self._context.clock.now())

        return give_up

    def _record(self, execution: Execution, ending: Ending) -> None:
        now, lease = self._context.clock.now(), execution.lease
        self._context.db.after_commit(lambda: self._ending.discard(execution.run_id))
        if ending.how is How.RETURNED and self._complete(execution, ending, now):
            return
        run = self._runs.state(execution.run_id)
        if run["parked"] and run["attempt_id"] == lease["attempt_id"]:
            # The function ended before its wait did, so the parked run gets its lease back to record the
            # ending.
            run = self._runs.take_back(run, lease, now)
        if run["lease_id"] != lease["lease_id"]:
            logger.info("run %s returned after it was over", execution.run_id)
        elif run["execution_status"] == "pending_cancel":
            requested = ending.how in (How.RETURNED, How.CANCELLED)
            self._runs.release_cancelled(
                run, "run cancelled" if requested else ending.message, now, requested=True
            )
        elif ending.how is How.RETURNED:
            self._complete(execution, ending, now)
        elif ending.how is How.CANCELLED:
            self._runs.release_cancelled(run, ending.message, now, requested=False)
        elif ending.how is How.EXITED:
            self._exit(execution, run, ending, now)
        elif ending.how is How.OUT_OF_TIME:
            self._time_out(run, ending, now)
        else:
            self._fail(run, ending)

    def _complete(self, execution: Execution, ending: Ending, now: int) -> bool:
        """Record that the task succeeded, with the files it left in its workspace."""
        completed = self._runs.complete(execution.lease, ending.output, now)
        if completed and ending.files is not None and execution.workspace is not None:
            self._workspaces.publish(execution.workspace, ending.files, now)
        return completed

    def _exit(self, execution: Execution, run: RunState, ending: Ending, now: int) -> None:
        code = ending.exit_code
        if code == 0:
            self._complete(execution, ending, now)
            return
        self._runs.fail(
            run,
            {"failure_kind": "task_failed", "detail": {"exit_code": code}},
            now,
            message=ending.message,
            retry_reason="non_zero_exit",
            exit_code=code,
        )

    def _fail(self, run: RunState, ending: Ending, *, leased: bool = True) -> None:
        self._runs.fail(
            run,
            {"failure_kind": ending.kind, "detail": {"message": ending.message}},
            self._context.clock.now(),
            message=ending.message,
            retry_reason=None if ending.final else "transient_error",
            leased=leased,
        )

    def _time_out(self, run: RunState, ending: Ending, now: int) -> None:
        seconds, message = run["max_duration_seconds"], ending.message
        self._runs.fail(
            run,
            {"failure_kind": "max_duration", "detail": {"message": message, "limit_seconds": seconds}},
            now,
            message=message,
            retry_reason="timeout",
        )

    # --- stopping ----------------------------------------------------------------------------------

    def _cancelled(self, run_id: str, reason: str, finished: bool, force: bool) -> None:
        """Handle the cancellation of a run. If the run has finished, anything that its function still does is
        ignored.
        """
        execution = self.executions.get(run_id)
        if execution is None:
            return
        stop = RunCancelled(reason)
        if finished:
            self._discard(execution, stop, cancel_task=force)
        else:
            execution.stop = stop
            self._waits.interrupt(run_id, stop)

    def lose(self, run_id: str) -> bool:
        """Simulate the death of a worker: the execution is dropped and its lease counts as expired."""
        execution = self.executions.get(run_id)
        run = self._runs.get(run_id)
        if execution is None or run is None or run["lease_id"] is None:
            return False
        stop = RunCancelled("worker lease expired")
        with self._context.db.transaction():
            # Discard the execution first, because the loss may start the next attempt, which is another
            # execution.
            self._context.db.after_commit(lambda: self._discard(execution, stop, cancel_task=True))
            self._runs.lose_lease(run, self._context.clock.now())
        return True

    def _drop(self, execution: Execution) -> None:
        if self.executions.get(execution.run_id) is execution:
            del self.executions[execution.run_id]
            self._workspaces.leave(execution.run_id)
        self._release(execution)

    def _discard(self, execution: Execution, why: RunCancelled, *, cancel_task: bool) -> None:
        """Forget an execution whose run is over, even if its function is still running."""
        execution.over = True
        execution.stop = execution.stop or why
        if execution.works:
            self._leaving.add(execution)
        self._waits.interrupt(execution.run_id, why)
        self._drop(execution)
        if cancel_task and execution.task is not None:
            execution.task.cancel()

    async def close(self, grace: float) -> None:
        """Stop every execution. Code that does not stop in time is left running (its threads are daemons)."""
        self._open = False
        # Record the results that have already arrived, if the database accepts them in time.
        clock = asyncio.get_running_loop().time
        until = clock() + grace
        while not self._context.writes.flush() and clock() < until:  # noqa: ASYNC110  # no event either
            await asyncio.sleep(0.02)
        self._closed = True
        if self._watcher is not None:
            self._watcher.cancel()
        left = [*self.executions.values(), *self._leaving]
        for execution in left:
            execution.over = True
            execution.stop = execution.stop or RunCancelled("the server is stopping")
            self._waits.interrupt(execution.run_id, execution.stop)
            if execution.task is not None:
                execution.task.cancel()
        self._context.writes.close(DatabaseClosedError("the server is stopping"))
        # No executor: its threads would have to be joined, including those of stuck task code.
        until = max(until, clock() + grace / 2)
        while _any_works(left) and clock() < until:  # noqa: ASYNC110  # threads set no event
            await asyncio.sleep(0.005)
        for execution in left:
            if execution.works:
                logger.warning(
                    "run %s did not stop; it is left running and its effects are ignored", execution.run_id
                )


def _any_works(executions: list[Execution]) -> bool:
    return any(execution.works for execution in executions)


def _with_files(ending: Ending, workspace: LiveWorkspace) -> Ending:
    """Add the files that the run left in its workspace to the ending, or turn it into a failure if they
    cannot be stored.
    """
    try:
        return replace(ending, files=workspace.store())
    except Exception as error:
        return endings.failed(f"the files of the workspace cannot be stored: {endings.words(error)}")


def encode_output(implementation: Implementation[Any, Any], value: Any) -> str | None:
    """Encode the output for storage. Return None if the task declares no output and returns None."""
    task = implementation.task
    if value is None and task.output_type is None:
        return None
    return jsontext.stored_text(taskjson.encode(task.encode_output(value), "the output"))
