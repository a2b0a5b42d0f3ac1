# Derived from helmr_ergonomic/_async/runs.py. Do not edit: change that file, then run `make generate`.
"""Runs over HTTP: reading, cancelling, waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast, overload

from helmr_api import models
from helmr_api.paging import Pager

from .._models import Composite, bound
from .._public import public
from .._runs import TERMINAL, RunContext, RunCounts, RunRef, RunSnapshot, RunStatus, run_error
from .._tasks import Task
from .._validation import checked, checked_flag, checked_limit, identifier
from ..durations import Duration
from ..errors import ArgumentError, HelmrTimeoutError, WaitTimeoutError
from ..idempotency import new_key
from ..waiting import Deadline
from .run_events import EventResource, EventsOfRun
from .run_logs import LogResource, LogsOfRun
from .watching import RunWatcher

if TYPE_CHECKING:
    from .transport import Transport

OutputT = TypeVar("OutputT")


class Run(RunSnapshot[OutputT], Generic[OutputT]):
    """A run as it was when the server responded, with methods that make requests for it."""

    __slots__ = ()

    @property
    def _runs(self) -> Runs:
        runs: Runs = self._bound_to().runs
        return runs

    @property
    def events(self) -> EventsOfRun:
        """What happened to this run."""
        return EventsOfRun(self._runs.events, self)

    @property
    def logs(self) -> LogsOfRun:
        """What its task wrote."""
        return LogsOfRun(self._runs.logs, self)

    def refresh(self) -> Run[OutputT]:
        """The run as it is now. Raises an error of the `HelmrError` tree.

        >>> started.run.refresh().status
        """
        return self._runs.retrieve(self)

    def wait(self, *, timeout: Duration | float | None = None) -> Run[OutputT]:
        """Wait until the run has ended, see `runs.wait`.

        >>> started.run.wait(timeout="10m").status
        """
        return self._runs.wait(self, timeout=timeout)

    def cancel(
        self, *, reason: str | None = None, force: bool = False, idempotency_key: str | None = None
    ) -> RunCancellation[OutputT]:
        """Cancel the run, see `runs.cancel`.

        >>> started.run.cancel(reason="no longer needed").applied
        """
        return self._runs.cancel(self, reason=reason, force=force, idempotency_key=idempotency_key)

    def output_or_raise(self) -> OutputT:
        """The output of a run that ended well, typed (`None` when the task gave none).

        Raises `RunFailedError`, `RunCancelledError` or `RunExpiredError` with the reason that the run's
        events give, `RunNotFinishedError` while it has not ended, `OutputValidationError` when the output
        does not fit the task's type.

        >>> completed = sessions.start_and_wait(greet, {"name": "you"}, timeout_seconds=60)
        >>> completed.run.output_or_raise()
        """
        if self.is_success:
            return cast(OutputT, self.output)
        events = [event for event in self._runs.events.list(self)] if self.is_terminal else []
        raise run_error(self, events)


class RunCancellation(Composite, models.RunCancelResult, Generic[OutputT]):
    """The result of a cancel: the run as it is now, and the operation that the server recorded."""

    __slots__ = ()
    _parts = (("run", Run),)
    run: Run[OutputT]

    @property
    def applied(self) -> bool:
        """Whether this cancelled the run; `False` when it had ended already."""
        return self.operation.status == "applied"

    @property
    def operation_id(self) -> str:
        """The id of the operation; the same for each repetition with one key."""
        return self.operation.id


class Runs:
    """The runs of an environment: `client.runs`, or the facade `runs`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._watcher = RunWatcher(transport)

    @property
    def events(self) -> EventResource:
        """What happened to a run."""
        return EventResource(self._transport, self._watcher)

    @property
    def logs(self) -> LogResource:
        """What a run's task wrote."""
        return LogResource(self._transport, self._watcher)

    @overload
    def retrieve(self, run: RunSnapshot[OutputT]) -> Run[OutputT]: ...
    @overload
    def retrieve(self, run: str | models.SessionRun, *, task: Task[Any, OutputT]) -> Run[OutputT]: ...
    @overload
    def retrieve(self, run: str | models.SessionRun) -> Run[Any]: ...
    def retrieve(self, run: RunRef, *, task: Task[Any, Any] | None = None) -> Run[Any]:
        """A run as it is now.

        `run` is its id, a run object or an entry of `sessions.runs`; with an id or an entry, `task` gives the
        output its type.
        Raises `NotFoundError` when there is no such run in the environment, and the rest of the tree.

        >>> current = runs.retrieve(started.run)
        """
        task = _task_of(run, task)
        return bound_run(self._watcher.snapshot(identifier(run, "run")), task, self)

    def list(
        self,
        *,
        status: RunStatus | Literal["live", "all"] = "live",
        session: Any = None,
        limit: int | None = None,
    ) -> Pager[Run[Any]]:
        """The newest runs, newest first; nothing is asked before it is iterated.

        `status` is one status, `"live"` (not ended, the default) or `"all"`; `session` keeps the runs of one
        session (id, snapshot or handle); `limit` is 1 to 200 (default 100): the server has no pages beyond.
        Raises `ArgumentError` for another `limit`, `BadRequestError` for another status, and the rest.

        >>> [run.id for run in runs.list(status="all", limit=10)]
        """
        checked_limit(limit, 200, "limit")
        session_id = None if session is None else identifier(session, "session")
        from helmr_api.api.runs import list_runs

        request = checked(list_runs.request)(status=status, session_id=session_id, limit=limit)

        def found(page: models.RunList) -> list[Run[Any]]:
            return [bound_run(run, None, self) for run in page.runs]

        return Pager(self._transport, lambda _: request, found)

    def counts(self) -> RunCounts:
        """How many runs of the environment are in each status. Raises an error of the `HelmrError` tree.

        >>> runs.counts().failed
        """
        from helmr_api.api.runs import count_runs

        return self._transport.send(count_runs.request().returning(RunCounts.from_dict))

    @overload
    def cancel(
        self,
        run: RunSnapshot[OutputT],
        *,
        reason: str | None = None,
        force: bool = False,
        idempotency_key: str | None = None,
    ) -> RunCancellation[OutputT]: ...
    @overload
    def cancel(
        self,
        run: str | models.SessionRun,
        *,
        reason: str | None = None,
        force: bool = False,
        idempotency_key: str | None = None,
    ) -> RunCancellation[Any]: ...
    def cancel(
        self,
        run: RunRef,
        *,
        reason: str | None = None,
        force: bool = False,
        idempotency_key: str | None = None,
    ) -> RunCancellation[Any]:
        """Cancel a run. Its status is `cancelled` at once; without `force` an executing worker may still
        finish up.

        `idempotency_key` (at most 512 bytes) goes as it is; without one the call gets a key of its own, so
        that it can be repeated after a lost answer. Cancelling a run that has ended is no error: `.applied`
        is false.
        Raises `ConflictError` when the key was used with another request, `NotFoundError`, and the rest.

        >>> runs.cancel(started.run, reason="no longer needed").applied
        """
        from helmr_api import models
        from helmr_api.api.runs import cancel_run

        body = models.RunCancelRequest(idempotency_key=idempotency_key or new_key())
        if reason is not None:
            body.reason = reason
        if checked_flag(force, "force"):
            body.force = True
        request = checked(cancel_run.request)(identifier(run, "run"), body=body)
        result = self._transport.send(request)
        return bound(result, RunCancellation, RunContext(self, _task_of(run, None)))

    @overload
    def wait(self, run: RunSnapshot[OutputT], *, timeout: Duration | float | None = None) -> Run[OutputT]: ...
    @overload
    def wait(
        self,
        run: str | models.SessionRun,
        *,
        task: Task[Any, OutputT],
        timeout: Duration | float | None = None,
    ) -> Run[OutputT]: ...
    @overload
    def wait(self, run: str | models.SessionRun, *, timeout: Duration | float | None = None) -> Run[Any]: ...
    def wait(
        self,
        run: RunRef,
        *,
        task: Task[Any, Any] | None = None,
        timeout: Duration | float | None = None,
    ) -> Run[Any]:
        """Wait until the run has ended, and give it as it is then, whatever its outcome.

        Follows the run's events, so that the end is seen when it happens; what counts is the run itself.
        `timeout` is seconds, a `timedelta` or a duration text; without it there is no limit. Broken
        connections are opened again meanwhile.
        Raises `WaitTimeoutError` when the time is over, `NotFoundError`, and the rest of the tree.

        >>> ended = runs.wait(started.run, timeout="10m")
        """
        deadline = Deadline(timeout)
        task = _task_of(run, task)
        run_id = identifier(run, "run")
        try:
            wire = self._watcher.snapshot(run_id, deadline)
        except HelmrTimeoutError:
            if not deadline.passed:
                raise
            wire = None
        if wire is not None:
            wire = self._watcher.until_end(run_id, wire, deadline)
        if wire is None or wire.status not in TERMINAL:
            raise WaitTimeoutError(
                f"run {run_id} did not finish within {deadline.seconds:g} s; it goes on",
                timeout=deadline.seconds,
            )
        return bound_run(wire, task, self)


def bound_run(run: models.Run, task: Task[Any, OutputT] | None, runs: Runs) -> Run[OutputT]:
    """A run that was just read, with what its methods need."""
    return bound(run, Run, RunContext(runs, task))


def _task_of(run: RunRef, task: Task[Any, Any] | None) -> Task[Any, Any] | None:
    if task is not None and not isinstance(task, Task):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ArgumentError(f"task must be a task definition, not {type(task).__name__}")
    return run.task if task is None and isinstance(run, RunSnapshot) else task


public(Run, RunCancellation, Runs)
