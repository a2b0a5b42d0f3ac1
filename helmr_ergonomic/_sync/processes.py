# Derived from helmr_ergonomic/_async/processes.py. Edit that file, then run `make generate`.
"""Polling an exec or PTY until it reaches a state."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from attrs import define, field

from .._processes import END_STATES, POLLS
from ..durations import Duration
from ..errors import HelmrError, HelmrTimeoutError, ProcessTimeoutError
from ..output import refuse_bad_end
from ..reconnect import prepare_retry, reconnecting
from ..waiting import Deadline, Pause
from .byte_streams import ByteOutput
from .timing import sleep

if TYPE_CHECKING:
    from helmr_api import models
    from helmr_api.types import EventStream, Request

    from .transport import Transport


ProcessT = TypeVar("ProcessT", "models.Exec", "models.Pty")

NOT_ENDED: Final = "has not ended"


@define(eq=False, repr=False)
class ProcessWatch(Generic[ProcessT]):
    """Polls one exec or PTY, once or until it reaches a state."""

    _transport: Transport
    what: str
    """"exec" or "PTY", and its id, for messages."""
    id: str
    _request: Callable[[], Request[ProcessT]]
    seen: ProcessT | None = None
    """The last known state of the exec or PTY."""
    stdout: bytearray = field(init=False, factory=bytearray)
    stderr: bytearray = field(init=False, factory=bytearray)
    """The output so far, if it is collected while polling."""

    def refresh(self, deadline: Deadline | None = None) -> ProcessT:
        """Read the current state of the exec or PTY."""
        seen = self._transport.send(self._request(), deadline=deadline)
        self.seen = seen
        return seen

    def take(self, seen: ProcessT, deadline: Deadline) -> bool:
        """Collect new output. Returns whether there was any."""
        return False

    def has_all(self, seen: ProcessT) -> bool:
        """True if all output of an exec or PTY that has ended was collected."""
        return True

    def until(self, is_so: Callable[[str], bool], deadline: Deadline, goal: str) -> ProcessT:
        """Poll until the exec or PTY has reached a state, and return it.

        Raises:
            ProcessTimeoutError: the deadline has passed; `goal` is in its message, such as "has not ended".
            ProcessLostError, ProcessFailedError: it is lost, or could not be started.
            HelmrError: any other error that is not transient.
        """
        polls, failing = Pause(*POLLS), reconnecting()
        trouble: HelmrError | None = None
        while True:
            try:
                seen = self.refresh(deadline)
                if self.take(seen, deadline):
                    polls.reset()
                refuse_bad_end(self.what, seen.state, seen.error.to_dict())
                if is_so(seen.state) and self.has_all(seen):
                    return seen
                pause, trouble = polls.next(), None
                failing.reset()
            except HelmrError as error:
                prepare_retry(error, failing, deadline)
                pause = failing.next()
                if not (deadline.passed and isinstance(error, HelmrTimeoutError)):  # cut off by the deadline
                    trouble = error
            if deadline.passed:
                raise self.late(deadline, goal, trouble)
            sleep(deadline.clip(pause))

    def late(self, deadline: Deadline, goal: str, trouble: HelmrError | None = None) -> ProcessTimeoutError:
        """Return the error for a deadline that has passed."""
        seen = self.seen
        state = "its state is unknown" if seen is None else f"it is {seen.state} and keeps running"
        reason = "" if trouble is None else f"; the last request for its state failed: {trouble}"
        return ProcessTimeoutError(
            f"{self.what} {goal} within {deadline.seconds:g} s: {state}{reason}",
            timeout=deadline.seconds,
            process_id=self.id,
            state=None if seen is None else seen.state,
            stdout=bytes(self.stdout),
            stderr=bytes(self.stderr),
        )


@define(eq=False, repr=False)
class ProcessHandle(Generic[ProcessT]):
    """The base class of the handles of execs and PTYs."""

    _transport: Transport
    workspace_id: str
    """The id of its workspace."""
    watch: ProcessWatch[ProcessT]

    @property
    def id(self) -> str:
        """The id of the exec or PTY."""
        return self.watch.id

    def retrieve(self) -> ProcessT:
        """Read the current state of the exec or PTY. Raises `NotFoundError`, or any other `HelmrError`.

        >>> proc.retrieve().state
        """
        return self.watch.refresh()

    def wait(self, timeout: Duration | float | None = None) -> ProcessT:
        """Wait until it has ended, and return it: an exec then has an `exit_code`, or a `signal`.

        A cancellation or timeout ends only the wait. Polls less and less often while nothing happens, down to
        every 2 s, and continues after broken connections.

        Args:
            timeout: how long to wait: seconds, a `timedelta` or a duration such as `"10m"`; forever by
                default.

        Raises:
            ProcessTimeoutError: the timeout expired; the exec or PTY keeps running.
            ProcessLostError: it is lost.
            ProcessFailedError: it could not be started.
            HelmrError: any other error that is not transient.

        >>> proc.wait("10m").exit_code
        """
        return self.watch.until(END_STATES.__contains__, Deadline(timeout), NOT_ENDED)

    def _written(
        self,
        name: str,
        page: Callable[..., Request[models.StreamChunkPage]],
        stream: Callable[..., EventStream[object]],
    ) -> ByteOutput:
        place = (self.workspace_id, self.id)
        return ByteOutput(
            self._transport, f"{name} of {self.watch.what}", partial(page, *place), partial(stream, *place)
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self.id!r})"
