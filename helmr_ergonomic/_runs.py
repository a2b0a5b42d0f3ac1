"""Runs, without requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeAlias

from helmr_api import models
from helmr_api.constants import TERMINAL_RUN_STATUSES
from helmr_api.display import presentable
from helmr_api.types import HasId

from . import errors
from ._models import Bound
from ._public import public
from ._typevars import OutputT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._tasks import AnyTask, Task
    from .events import RunEvent

TERMINAL: Final = TERMINAL_RUN_STATUSES

RunRef: TypeAlias = str | HasId
"""A run's id, or an object that has it."""


class RunSnapshot(Bound, models.Run, Generic[OutputT]):
    """A run as it was when the server responded, with its output in the task's type."""

    __slots__ = ()

    @property
    def task(self) -> Task[Any, OutputT] | None:
        """The task that types the output; `None` for a run that was read only by its id."""
        context = getattr(self, "_context", None)
        return None if context is None else context.task

    @property
    def is_terminal(self) -> bool:
        """True if the run has ended, whatever its outcome."""
        return self.status in TERMINAL

    @property
    def is_success(self) -> bool:
        """True if the run succeeded."""
        return self.status == "succeeded"

    @property
    def has_output(self) -> bool:
        """True if the run has an output, which may be null."""
        return self.output_json is not None or "output" in self.additional_properties

    @property
    def output(self) -> OutputT | None:
        """The output in the task's type; `None` while there is none. `output_json` is the raw JSON.

        Raises:
            OutputValidationError: The output does not match the type.
        """
        task = self.task
        if task is None:
            output: OutputT | None = self.output_json
            return output
        return task.decode_output(self.output_json) if self.has_output else None


class RunContext(NamedTuple):
    """The context that the methods of a run and a session need besides their fields."""

    runs: Any
    task: AnyTask | None
    sessions: Any = None


def run_error(run: models.Run, events: Iterable[RunEvent]) -> errors.RunError:
    """Create the error for a run without an output, with the reason from its events."""
    from .events import RunCancelled, RunCancelRequested, RunDeadLettered, RunExpired, RunFailed

    if run.status not in TERMINAL:
        return errors.RunNotFinishedError(f"run {run.id} is {run.status}: wait for it first", run=run)
    kinds = (RunFailed, RunCancelled, RunCancelRequested, RunDeadLettered, RunExpired)
    ends = [event for event in events if isinstance(event, kinds)]
    if run.status == "cancelled":
        # The caller's reason is in the request; the event after a graceful cancel has only the worker's.
        reasons = [event.reason for event in ends if isinstance(event, RunCancelRequested)]
        done = [event.reason for event in ends if isinstance(event, RunCancelled)]
        reason = (reasons or done or [None])[-1]
        return errors.RunCancelledError(_sentence(run, "was cancelled", reason), run=run, reason=reason)
    last = ends[-1] if ends else None
    reason = last.reason if last is not None else None
    if run.status == "expired":
        return errors.RunExpiredError(_sentence(run, "expired", reason), run=run, reason=reason)
    kind = last.failure_kind if isinstance(last, RunFailed) else None
    kind = "dead_lettered" if isinstance(last, RunDeadLettered) else kind
    sentence = _sentence(run, run.status, reason)
    error = errors.RunFailedError(sentence, run=run, reason=reason, failure_kind=kind)
    for event in (one for one in ends[:-1] if isinstance(one, RunFailed)):
        error.add_note(presentable(f"attempt {event.attempt_number} failed: {event.reason}"))
    return error


def _sentence(run: models.Run, verb: str, reason: str | None) -> str:
    return f"run {run.id} of task {run.task_id!r} {verb}" + (f": {reason}" if reason else "")


class RunCounts(models.RunCounts):
    """The number of runs of the environment in each status."""

    __slots__ = ()

    @property
    def live(self) -> int:
        """Runs that have not ended."""
        return self.queued + self.running + self.waiting


public(RunCounts, RunSnapshot)
