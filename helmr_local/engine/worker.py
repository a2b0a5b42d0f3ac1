"""The worker: takes queued runs in order and runs their functions.

An async function is a task on the event loop, a sync one has a thread of its own. Both reach the engine
through `operations`; a run that lost its lease, was cancelled or ran out of time gets `RunCancelled` from its
next call, and whatever it does after that is discarded.
"""

from __future__ import annotations

import asyncio
import heapq
import json
import threading
import time
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import jsontext
from ..bridge import AsyncBridge, Bridge
from ..clock import MICROSECOND, Timer
from ..implementing import Implementation
from ..outcomes import RunCancelled, TaskExit
from ..store import Row
from .core import Core, logger
from .runs import Lease, Runs
from .waits import Waits

if TYPE_CHECKING:
    from .._async_context import AsyncTaskContext
    from .._sync_context import TaskContext
    from .operations import Operations

Lane = tuple[str, str, str]
NEVER = 2**63


class Ticket(NamedTuple):
    """The place of a queued run; the first three decide who comes first."""

    rank: int  # the higher the priority, the lower
    queued_at: int
    run_no: int
    run_id: str
    lane: Lane
    deployment_id: str
    run: Row | None  # the whole row, where it is at hand and about to be needed


_PLACES = (
    "SELECT no, id, environment_id, deployment_id, queue_name, concurrency_key, priority,"
    " queued_at, ready_at FROM runs WHERE status <> 'succeeded' AND execution_status = 'queued' ORDER BY no"
)
# What it takes to execute a run.
_QUEUED = (
    "SELECT no, id, session_id, deployment_task_id, task_id, execution_status, payload, metadata, tags,"
    " attempt_id, attempt_number, turn_index, trigger_stream, trigger_record_id, trigger_sequence, ready_at,"
    " ttl_deadline, max_duration_seconds, lost_leases FROM runs WHERE id = ?"
)


@dataclass(eq=False)
class Execution:
    """One attempt of a run, from its lease to its end."""

    run_id: str
    session_id: str
    lane: Lane
    lease: Lease
    implementation: Implementation[Any, Any]
    remaining: float
    holds_slot: bool = True
    stop: RunCancelled | None = None
    discarded: bool = False
    waiting: bool = False
    observed: int = 0
    cursors: dict[str, int] = field(default_factory=dict[str, int])
    started_at: int = 0
    until: int = NEVER  # when it is out of time, while it holds its slot
    thread: threading.Thread | None = None
    task: asyncio.Task[None] | None = None

    @property
    def works(self) -> bool:
        """Whether its function is still under way."""
        if self.task is not None:
            return not self.task.done()
        return self.thread is not None and self.thread.is_alive()


class Worker:
    """Dispatches runs and watches their executions."""

    def __init__(self, core: Core, runs: Runs, waits: Waits) -> None:
        self._core = core
        self._runs = runs
        self._waits = waits
        self.operations: Operations | None = None
        self.executions: dict[str, Execution] = {}
        self._leaving: set[Execution] = set()  # discarded, but their function has not returned yet
        self._ready: list[Ticket] = []
        self._held: dict[Lane, list[Ticket]] = defaultdict(list)
        self._lanes: Counter[Lane] = Counter()
        self._slots = core.settings.max_concurrent_runs
        # Of deployments, which never change.
        self._limits: dict[tuple[str, str], int | None] = {}
        self._secrets: dict[str, list[str]] = {}
        self._returned: list[tuple[Execution, str | None, BaseException | None]] = []
        self._watched = NEVER
        self._watcher: Timer | None = None
        self._pumping = False
        self._closed = False
        runs.enqueue = self.enqueue
        runs.abort = self.abort
        waits.released = self._parked

    # --- dispatch ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Take up what is queued."""
        for run in self._core.db.all(_PLACES):
            self._place(run, None)

    def enqueue(self, run: Row) -> None:
        """Give a queued run its place, now or when it is ready; `run` is its whole row."""
        if run["execution_status"] == "queued" and not self._closed:
            self._place(run, run)

    def _place(self, run: Row, whole: Row | None) -> None:
        if run["ready_at"] > self._core.clock.now():
            run_id = run["id"]
            self._core.clock.call_at(run["ready_at"], lambda: self.enqueue(self._runs.require(run_id)))
            return
        lane = (run["environment_id"], run["queue_name"], run["concurrency_key"])
        if len(self._ready) >= self._slots:
            whole = None
        ticket = Ticket(
            -run["priority"], run["queued_at"], run["no"], run["id"], lane, run["deployment_id"], whole
        )
        if self._is_full(ticket):
            self._hold(ticket)
        else:
            heapq.heappush(self._ready, ticket)
            self._pump_soon()

    def _hold(self, ticket: Ticket) -> None:
        heapq.heappush(self._held[ticket.lane], ticket._replace(run=None))

    def _pump_soon(self) -> None:
        if not self._pumping and not self._closed:
            self._pumping = True
            self._core.clock.soon(self._pump)

    def _pump(self) -> None:
        """Record the ends of executions and begin others, all in one transaction."""
        self._pumping = False
        if self._closed or not (self._returned or self._ready):
            return
        with self._core.db.transaction():
            self._settle_returned()
            while self._ready and self._slots > 0:
                ticket = heapq.heappop(self._ready)
                try:
                    self._dispatch(ticket)
                except Exception:
                    logger.exception("run %s could not be dispatched", ticket.run_id)

    def _dispatch(self, ticket: Ticket) -> None:
        lane = ticket.lane
        if self._is_full(ticket):
            self._hold(ticket)
            return
        now = self._core.clock.now()
        run = ticket.run or self._core.db.one(_QUEUED, (ticket.run_id,))
        if run is None:
            return
        if run["execution_status"] != "queued" or run["ready_at"] > now:
            self._offer(lane)
            return
        if run["ttl_deadline"] is not None and run["ttl_deadline"] <= now:
            self._offer(lane)  # the sweeper expires this one
            return
        if run["lost_leases"] >= self._core.settings.max_dispatch_attempts:
            self._runs.dead_letter(self._runs.require(ticket.run_id), now)
            self._offer(lane)
            return
        lease = self._runs.lease(run, now)
        if lease is None:
            self._offer(lane)
            return
        self._slots -= 1
        self._lanes[lane] += 1
        self._begin(run, lane, lease)

    def _offer(self, lane: Lane) -> None:
        """Let the first of the runs that a full lane held back try again: the place before it is free."""
        held = self._held.get(lane)
        if held:
            heapq.heappush(self._ready, heapq.heappop(held))
            if not held:
                del self._held[lane]
            self._pump_soon()

    def _is_full(self, ticket: Ticket) -> bool:
        queue = (ticket.deployment_id, ticket.lane[1])
        if queue not in self._limits:
            row = self._core.db.one(
                "SELECT concurrency_limit FROM deployment_tasks WHERE deployment_id = ? AND queue_name = ?"
                " ORDER BY concurrency_limit IS NULL LIMIT 1",
                queue,
            )
            self._limits[queue] = None if row is None else row["concurrency_limit"]
        limit = self._limits[queue]
        return limit is not None and self._lanes[ticket.lane] >= limit

    def _release(self, execution: Execution) -> None:
        """Give back the slot, and let the next run of its lane try."""
        if not execution.holds_slot:
            return
        execution.holds_slot = False
        if execution.until != NEVER:
            execution.until = NEVER
            execution.remaining -= (self._core.clock.now() - execution.started_at) / MICROSECOND
        self._slots += 1
        lane = execution.lane
        self._lanes[lane] -= 1
        if not self._lanes[lane]:
            del self._lanes[lane]
        self._offer(lane)
        self._pump_soon()

    def _parked(self, run_id: str) -> None:
        execution = self.executions.get(run_id)
        if execution is not None:
            self._release(execution)

    # --- execution ---------------------------------------------------------------------------------

    def _begin(self, run: Row, lane: Lane, lease: Lease) -> None:
        """Execute a run that was just leased; `run` is as it was before."""
        run_id = run["id"]
        execution = self.executions.get(run_id)
        if execution is not None:  # it was parked and goes on where it stopped
            execution.holds_slot = True
            execution.lease = lease
            self._arm(execution)
            wait = self._waits.of_run.get(run_id)
            if wait is not None:
                self._waits.deliver(wait)
            return
        implementation = self._core.catalog.by_task.get(run["task_id"])
        execution = Execution(
            run_id,
            run["session_id"],
            lane,
            lease,
            implementation,  # type: ignore[arg-type]  # checked next
            float(run["max_duration_seconds"]),
        )
        self.executions[run_id] = execution
        if implementation is None:
            message = f"task {run['task_id']} is not among the tasks that this server runs"
            self._fail(execution, "task_not_found", message, retry=False)
            return
        missing = [name for name in self._declared_secrets(run) if name not in self._core.secrets]
        if missing:
            self._fail(execution, "secret_unavailable", f"secret {missing[0]} is unavailable")
            return
        if run["trigger_stream"] is not None:
            execution.cursors[run["trigger_stream"]] = run["trigger_sequence"] - 1
        self._arm(execution)
        assert self.operations is not None
        if implementation.is_async:
            self._launch_async(execution, run)
        else:
            self._launch_thread(execution, run)

    def _declared_secrets(self, run: Row) -> list[str]:
        task = run["deployment_task_id"]
        if task not in self._secrets:
            row = self._core.db.one("SELECT secrets FROM deployment_tasks WHERE id = ?", (task,))
            self._secrets[task] = [] if row is None else json.loads(row["secrets"])
        return self._secrets[task]

    def _arm(self, execution: Execution) -> None:
        execution.started_at = self._core.clock.now()
        execution.until = execution.started_at + max(0, round(execution.remaining * MICROSECOND))
        self._watch(execution.until)

    def _watch(self, until: int) -> None:
        """Look for executions that are out of time then; one timer, for the first of them, is enough."""
        if until >= self._watched:
            return
        if self._watcher is not None:
            self._watcher.cancel()
        self._watched = until
        self._watcher = self._core.clock.call_at(until, self._end_overdue)

    def _end_overdue(self) -> None:
        self._watched, self._watcher = NEVER, None
        now = self._core.clock.now()
        for execution in [one for one in self.executions.values() if one.until <= now]:
            execution.until = NEVER
            try:
                self._out_of_time(execution)
            except Exception:
                logger.exception("run %s could not be ended", execution.run_id)
        self._watch(min((one.until for one in self.executions.values()), default=NEVER))

    def _launch_async(self, execution: Execution, run: Row) -> None:
        context_type = _context_types()[0]
        assert self.operations is not None
        loop = asyncio.get_running_loop()
        bridge = AsyncBridge(self.operations, execution, loop)
        material = self.operations.material(execution, run)

        async def body() -> None:
            failure: BaseException | None = None
            output: str | None = None
            try:
                context = context_type(bridge, execution.implementation, *material)
                output = encode_output(
                    execution.implementation, await execution.implementation.function(context)
                )
            except asyncio.CancelledError:
                failure = execution.stop or RunCancelled()
            except BaseException as error:  # whatever ends a task ends its run
                failure = error
            self._ended(execution, output, failure)

        execution.task = loop.create_task(body(), name=f"run {execution.run_id}")

    def _launch_thread(self, execution: Execution, run: Row) -> None:
        context_type = _context_types()[1]
        loop = asyncio.get_running_loop()
        assert self.operations is not None
        bridge = Bridge(self.operations, execution, loop)
        material = self.operations.material(execution, run)

        def body() -> None:
            failure: BaseException | None = None
            output: str | None = None
            try:
                context = context_type(bridge, execution.implementation, *material)
                output = encode_output(execution.implementation, execution.implementation.function(context))
            except BaseException as error:  # whatever ends a task ends its run
                failure = error
            with suppress(RuntimeError):  # the server has stopped; nobody asks for the result any more
                loop.call_soon_threadsafe(self._ended, execution, output, failure)

        execution.thread = threading.Thread(
            target=body, name=f"helmr-local run {execution.run_id}", daemon=True
        )
        execution.thread.start()

    def _ended(self, execution: Execution, output: str | None, failure: BaseException | None) -> None:
        """The function has returned or raised."""
        self._leaving.discard(execution)
        # Whatever the function has left behind (a thread, a task) can do nothing for the run any more.
        execution.stop = execution.stop or RunCancelled("the run has ended")
        if execution.discarded or self._closed:
            return
        self._returned.append((execution, output, failure))
        self._pump_soon()

    def _settle_returned(self) -> None:
        returned, self._returned = self._returned, []
        for execution, output, failure in returned:
            if execution.discarded:  # since it returned
                self._leaving.discard(execution)
                continue
            try:
                self._settle(execution, output, failure)
            except Exception:
                logger.exception("the end of run %s could not be recorded", execution.run_id)

    def _settle(self, execution: Execution, output: str | None, failure: BaseException | None) -> None:
        now = self._core.clock.now()
        self._drop(execution)
        if failure is None and self._runs.complete(execution.lease, output, now):
            return
        run = self._runs.state(execution.run_id)
        if run["execution_status"] == "pending_cancel":
            text = (
                "run cancelled" if failure is None or isinstance(failure, RunCancelled) else _words(failure)
            )
            self._runs.release_cancelled(run, text, now, requested=True)
        elif run["execution_status"] != "executing" or failure is None:
            logger.warning("run %s returned while %s", execution.run_id, run["execution_status"])
        elif isinstance(failure, RunCancelled):
            self._runs.release_cancelled(run, failure.reason, now, requested=False)
        elif (code := _exit_code(failure)) is not None:
            self._exit(run, execution.lease, code, now)
        else:
            message = _words(failure)
            attributes = {"failure_kind": "worker_failed", "detail": {"message": message}}
            self._runs.fail(run, attributes, now, message=message, retry_reason="transient_error")

    def _exit(self, run: Row, lease: Lease, code: int, now: int) -> None:
        if code == 0:
            self._runs.complete(lease, None, now)
            return
        self._runs.fail(
            run,
            {"failure_kind": "task_failed", "detail": {"exit_code": code}},
            now,
            message=f"task exited with code {code}",
            retry_reason="non_zero_exit",
            exit_code=code,
        )

    def _fail(self, execution: Execution, kind: str, message: str, retry: bool = True) -> None:
        self._drop(execution)
        self._runs.fail(
            self._runs.state(execution.run_id),
            {"failure_kind": kind, "detail": {"message": message}},
            self._core.clock.now(),
            message=message,
            retry_reason="transient_error" if retry else None,
        )

    def _out_of_time(self, execution: Execution) -> None:
        run = self._runs.state(execution.run_id)
        if execution.discarded or run["execution_status"] not in ("executing", "pending_cancel"):
            return
        seconds = run["max_duration_seconds"]
        message = f"task exceeded its maximum duration of {seconds} seconds"
        self._discard(execution, RunCancelled(message), cancel_task=True)
        now = self._core.clock.now()
        if run["execution_status"] == "pending_cancel":
            self._runs.release_cancelled(run, message, now, requested=True)
            return
        self._runs.fail(
            run,
            {"failure_kind": "max_duration", "detail": {"message": message, "limit_seconds": seconds}},
            now,
            message=message,
            retry_reason="timeout",
        )

    # --- stopping ----------------------------------------------------------------------------------

    def abort(self, run_id: str, reason: str, force: bool) -> None:
        """The run was cancelled: by force nothing that the function still does counts."""
        execution = self.executions.get(run_id)
        if execution is None:
            return
        run = self._runs.state(run_id)
        if run["execution_status"] == "finished":
            self._discard(execution, RunCancelled(reason), cancel_task=force)
        else:
            execution.stop = RunCancelled(reason)
            self._waits.interrupt(run_id, execution.stop)

    def lose(self, run_id: str) -> bool:
        """Play a worker that dies: the execution is dropped and its lease counts as expired."""
        execution = self.executions.get(run_id)
        run = self._runs.get(run_id)
        if execution is None or run is None or run["lease_id"] is None:
            return False
        self._discard(execution, RunCancelled("worker lease expired"), cancel_task=True)
        self._runs.lose_lease(run, self._core.clock.now())
        return True

    def _drop(self, execution: Execution) -> None:
        if self.executions.get(execution.run_id) is execution:
            del self.executions[execution.run_id]
        self._release(execution)

    def _discard(self, execution: Execution, why: RunCancelled, *, cancel_task: bool) -> None:
        """The run is over for us, whatever its function does from here on."""
        execution.discarded = True
        execution.stop = execution.stop or why
        self._leaving.add(execution)
        self._waits.interrupt(execution.run_id, why)
        self._drop(execution)
        if cancel_task and execution.task is not None:
            execution.task.cancel()

    async def close(self, grace: float) -> None:
        """Stop every execution; what does not stop in time is left behind (threads are daemons)."""
        self._settle_returned()
        self._closed = True
        if self._watcher is not None:
            self._watcher.cancel()
        left = [*self.executions.values(), *self._leaving]
        for execution in left:
            execution.discarded = True
            execution.stop = execution.stop or RunCancelled("the server stops")
            self._waits.interrupt(execution.run_id, execution.stop)
            if execution.task is not None:
                execution.task.cancel()
        until = time.monotonic() + grace
        # No executor here: its threads would have to be joined, those of stuck task code among them.
        while _any_works(left) and time.monotonic() < until:  # noqa: ASYNC110  # threads set no event
            await asyncio.sleep(0.005)
        for execution in left:
            if execution.works:
                logger.warning("run %s did not stop; what it does is left behind", execution.run_id)


@cache
def _context_types() -> tuple[type[AsyncTaskContext[Any]], type[TaskContext[Any]]]:
    # Their modules import Operations, whose module imports this one.
    from .._async_context import AsyncTaskContext
    from .._sync_context import TaskContext

    return AsyncTaskContext, TaskContext


def _any_works(executions: list[Execution]) -> bool:
    return any(execution.works for execution in executions)


def _exit_code(failure: BaseException) -> int | None:
    """The exit code with which a task ended itself; `sys.exit(3)` says the same as `TaskExit(3)`."""
    if isinstance(failure, TaskExit):
        return failure.code
    if isinstance(failure, SystemExit):
        return 0 if failure.code is None else failure.code if isinstance(failure.code, int) else None
    return None


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__ or "worker execution failed"


def encode_output(implementation: Implementation[Any, Any], value: Any) -> str | None:
    """The output as stored; a task that declares none and returns nothing has none."""
    task = implementation.task
    if value is None and task.output_type is None:
        return None
    return jsontext.stored_text(jsontext.encode(task.encode_output(value)))
