# Derived from helmr_ergonomic/_async/runs.py. Edit that file, then run `make generate`.
"""Runs over HTTP: reading, cancelling, waiting."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, cast

from helmr_api import models, resources
from helmr_api.models.list_runs_status import LIST_RUNS_STATUS_VALUES, ListRunsStatus
from helmr_api.types import HasId, id_of

from .._models import Composite, bound, inside
from .._public import public
from .._runs import TERMINAL, RunContext, RunCounts, RunSnapshot, run_error
from .._tasks import Task
from .._typevars import OutputT
from .._validation import check_choice
from ..durations import Duration
from ..errors import ArgumentError, HelmrError, HelmrTimeoutError, WaitTimeoutError
from ..idempotency import new_key
from ..reconnect import prepare_retry, reconnecting
from ..waiting import Deadline
from .timing import sleep
from .watching import RunWatcher

if TYPE_CHECKING:
    from helmr_api.paging import Pager

    from .._logs import LogLine
    from ..events import RunEvent
    from .run_events import EventResource, EventsOfRun
    from .run_logs import LogResource, LogsOfRun
    from .transport import Transport

# Events and logs are imported on first use, because they take a sixth of the import time of a first start.

EVENTS_EVERY: Final = 0.9
"""Seconds between two reads of the events while following the logs, which send something every second."""


class Run(RunSnapshot[OutputT], Generic[OutputT]):
    """A run as it was when the server responded, with methods that make requests for it."""

    __slots__ = ()

    @property
    def _runs(self) -> Runs:
        runs: Runs = self._bound_to().runs
        return runs

    @property
    def events(self) -> EventsOfRun:
        """The events of this run."""
        from .run_events import EventsOfRun

        return EventsOfRun(self._runs.events, self)

    @property
    def logs(self) -> LogsOfRun:
        """The logs of this run."""
        from .run_logs import LogsOfRun

        return LogsOfRun(self._runs.logs, self)

    def refresh(self) -> Run[OutputT]:
        """Return the current state of the run. Raises an error of the `HelmrError` tree.

        >>> started.run.refresh().status
        """
        return self._runs.retrieve(self)

    def wait(self, *, timeout: Duration | float | None = None) -> Run[OutputT]:
        """Wait until the run has ended, see `runs.wait`.

        >>> started.run.wait(timeout="10m").status
        """
        return self._runs.wait(self, timeout=timeout)

    def follow(self, *, timeout: Duration | float | None = None) -> Generator[Followed[OutputT], None, None]:
        """Yield the run's events and log lines, and finally the run itself, see `runs.follow`.

        >>> for item in started.run.follow(timeout="10m"):
        ...     print(item)
        """
        return self._runs.follow(self, timeout=timeout)

    def cancel(
        self, *, reason: str | None = None, force: bool = False, idempotency_key: str | None = None
    ) -> RunCancellation[OutputT]:
        """Cancel the run, see `runs.cancel`.

        >>> started.run.cancel(reason="no longer needed").applied
        """
        return self._runs.cancel(self, reason=reason, force=force, idempotency_key=idempotency_key)

    def output_or_raise(self) -> OutputT:
        """Return the typed output of a run that succeeded (`None` if the task returned none).

        Raises `RunFailedError`, `RunCancelledError` or `RunExpiredError` with the reason from the run's
        events, `RunNotFinishedError` while it has not ended, `OutputValidationError` when the output does not
        fit the task's type.

        >>> completed = sessions.start_and_wait(greet, {"name": "you"}, timeout_seconds=60)
        >>> completed.run.output_or_raise()
        """
        if self.is_success:
            return cast(OutputT, self.output)
        events = [event for event in self._runs.events.list(self)] if self.is_terminal else []
        raise run_error(self, events)


Followed: TypeAlias = "RunEvent | LogLine | Run[OutputT]"
"""An item of `runs.follow`: an event, a log line or, at the end, the run with its output."""


class RunCancellation(Composite, models.RunCancelResult, Generic[OutputT]):
    """The result of a cancel: the current state of the run, and the operation that the server recorded."""

    __slots__ = ()
    _parts = (("run", Run),)
    run: Run[OutputT]

    @property
    def applied(self) -> bool:
        """True if this cancelled the run; `False` if it had already ended."""
        return self.operation.status == "applied"

    operation_id: str = inside("operation.id")
    """The id of the operation; the same for each repetition with one key."""


class Runs(resources.Runs):
    """The runs of an environment: `client.runs`, or the facade `runs`."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self._watcher = RunWatcher(transport)

    @property
    def events(self) -> EventResource:
        """The events of a run."""
        from .run_events import EventResource

        return EventResource(self._watcher)

    @property
    def logs(self) -> LogResource:
        """The logs of a run."""
        from .run_logs import LogResource

        return LogResource(self._watcher.transport)

    def retrieve(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  only runs
        self, run: RunSnapshot[OutputT] | str | models.SessionRun, *, task: Task[Any, OutputT] | None = None
    ) -> Run[OutputT]:
        """Return the current state of a run.

        `run` is its id, a run object or an entry of `sessions.runs`; with an id or an entry, `task` types the
        output.
        Raises `NotFoundError` when there is no such run in the environment, or any other `HelmrError`.

        >>> current = runs.retrieve(started.run)
        """
        task = _task_of(run, task)
        return bound_run(self._watcher.snapshot(id_of(run, "run")), task, self)

    def list(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  no other status
        self, *, status: ListRunsStatus = "live", session: str | HasId | None = None, limit: int | None = None
    ) -> Pager[Run[Any]]:
        """List the newest runs, newest first. No request is sent before iteration starts.

        `status` is one status, `"live"` (not ended, the default) or `"all"`; `session` selects the runs of
        one session (id, snapshot or handle); `limit` is the maximum number to return: the server has no
        further pages. Raises `BadRequestError` for another status or limit, or any other `HelmrError`.

        >>> [run.id for run in runs.list(status="all", limit=10)]
        """
        check_choice(status, LIST_RUNS_STATUS_VALUES, "status")
        runs = super().list(status=status, session=session, limit=limit)
        return runs.mapped(lambda run: bound_run(run, None, self))

    def counts(self) -> RunCounts:
        """Count the runs of the environment in each status. Raises an error of the `HelmrError` tree.

        >>> runs.counts().failed
        """
        return bound(super().counts(), RunCounts)

    def cancel(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  only runs
        self,
        run: RunSnapshot[OutputT] | str | models.SessionRun,
        *,
        reason: str | None = None,
        force: bool | None = None,
        idempotency_key: str | None = None,
    ) -> RunCancellation[OutputT]:
        """Cancel a run. Its status is `cancelled` at once; without `force`, a worker that is executing
        it may still finish its cleanup.

        `idempotency_key` is sent verbatim; without one, the request gets a new key, so that it can be retried
        if its response is lost. Cancelling a run that has ended is not an error: `.applied` is false. Raises
        `ConflictError` when the key was used with another request, `NotFoundError`, or any other
        `HelmrError`.

        >>> runs.cancel(started.run, reason="no longer needed").applied
        """
        task = _task_of(run, None)
        key = idempotency_key or new_key()
        result = super().cancel(run, reason=reason, force=force or None, idempotency_key=key)
        return bound(result, RunCancellation, RunContext(self, task))

    def wait(
        self,
        run: RunSnapshot[OutputT] | str | models.SessionRun,
        *,
        task: Task[Any, OutputT] | None = None,
        timeout: Duration | float | None = None,
    ) -> Run[OutputT]:
        """Wait until the run has ended, whatever its outcome, and return its final state.

        Follows the run's events to notice the end immediately; the run itself is authoritative. `timeout` is
        seconds, a `timedelta` or a duration string; without it there is no limit. Broken connections are
        reopened. Raises `WaitTimeoutError` when the timeout expires, `NotFoundError`, or any other
        `HelmrError`.

        >>> ended = runs.wait(started.run, timeout="10m")
        """
        deadline = Deadline(timeout)
        task = _task_of(run, task)
        run_id = id_of(run, "run")
        try:
            found = self._watcher.snapshot(run_id, deadline)
        except HelmrTimeoutError:
            if deadline.passed:
                raise unfinished(run_id, deadline) from None
            raise
        found = self._watcher.until_end(run_id, found, deadline)
        if found.status not in TERMINAL:
            raise unfinished(run_id, deadline)
        return bound_run(found, task, self)

    def follow(
        self,
        run: RunSnapshot[OutputT] | str | models.SessionRun,
        *,
        task: Task[Any, OutputT] | None = None,
        timeout: Duration | float | None = None,
    ) -> Generator[Followed[OutputT], None, None]:
        """Yield the events and log lines of a run as they arrive, each once, and finally the run itself with
        its output.

        An event may arrive up to a second late, after lines that were written later; `.at` has the exact time
        of both. If the connection breaks, it resumes where it left off. Leaving the loop or calling
        `close()` closes it.

        Args:
            run: its id, a run object or an entry of `sessions.runs`.
            task: types the output, if `run` is an id or an entry.
            timeout: the time limit for the whole call: seconds, a `timedelta` or a duration such as `"10m"`;
                unlimited by default.

        Raises:
            WaitTimeoutError: the timeout expired; the run continues.
            NotFoundError: the environment has no such run.
            HelmrError: any other error.

        >>> for item in runs.follow(started.run, timeout="10m"):
        ...     match item:
        ...         case RunEvent():
        ...             print(item.at, item.kind)
        ...         case LogLine():
        ...             print(item.at, item.message)
        ...         case _:
        ...             print(item.status, item.output)
        """
        from .._logs import LineReader
        from .run_events import events_since, has_all_events
        from .run_logs import pulses

        deadline, task, run_id = Deadline(timeout), _task_of(run, task), id_of(run, "run")
        lines, pause, at, last, due = LineReader(), reconnecting(), 0, "", 0.0
        with closing(pulses(self._watcher, run_id, deadline=deadline)) as beats:
            for chunk in beats:
                if monotonic() >= due:
                    due = monotonic() + EVENTS_EVERY
                    try:
                        for event in events_since(self._watcher.transport, run_id, at, deadline):
                            at, last = event.sequence, event.kind
                            yield event
                    except HelmrError as error:
                        prepare_retry(error, pause, deadline)
                        due = monotonic() + pause.next()
                for line in lines.lines(chunk) if chunk is not None else ():
                    yield line
        for line in lines.rest():
            yield line
        while not deadline.passed:
            try:
                found = self._watcher.snapshot(run_id, deadline)
                for event in events_since(self._watcher.transport, run_id, at, deadline):
                    at, last = event.sequence, event.kind
                    yield event
                if has_all_events(found, last):
                    yield bound_run(found, task, self)
                    return
            except HelmrError as error:
                prepare_retry(error, pause, deadline)
            sleep(deadline.clip(pause.next()))
        raise unfinished(run_id, deadline)


def unfinished(run_id: str, deadline: Deadline) -> WaitTimeoutError:
    """Return the error for a run that had not ended when the timeout expired."""
    return WaitTimeoutError(
        f"run {run_id} did not finish within {deadline.seconds:g} s; it continues", timeout=deadline.seconds
    )


def bound_run(run: models.Run, task: Task[Any, OutputT] | None, runs: Runs) -> Run[OutputT]:
    """Add to a run that was just read the context that its methods need."""
    return bound(run, Run, RunContext(runs, task))


def _task_of(
    run: RunSnapshot[OutputT] | str | models.SessionRun, task: Task[Any, OutputT] | None
) -> Task[Any, OutputT] | None:
    if task is not None and not isinstance(task, Task):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ArgumentError(f"task must be a task definition, not {type(task).__name__}")
    return run.task if task is None and isinstance(run, RunSnapshot) else task


public(Run, RunCancellation, Runs)
