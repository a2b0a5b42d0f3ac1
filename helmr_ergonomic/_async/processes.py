"""Looking at an exec or PTY until it is as it should be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from .._processes import POLLS
from ..errors import HelmrError, HelmrTimeoutError, ProcessTimeoutError
from ..output import refuse_bad_end
from ..reconnect import heed, reconnecting
from ..waiting import Deadline, Pause
from .timing import sleep

if TYPE_CHECKING:
    from helmr_api import models
    from helmr_api.types import Request

    from .transport import AsyncTransport


ProcessT = TypeVar("ProcessT", "models.Exec", "models.Pty")
ProcessT_contra = TypeVar("ProcessT_contra", "models.Exec", "models.Pty", contravariant=True)


class AsyncTaker(Protocol[ProcessT_contra]):
    """What takes the output of an exec at each look."""

    stdout: bytearray
    stderr: bytearray

    async def take(self, seen: ProcessT_contra, deadline: Deadline) -> bool:
        """Take what has come; whether something has."""
        ...

    def has_all(self, seen: ProcessT_contra) -> bool:
        """Whether nothing is left of what an exec that has ended has written."""
        ...


class AsyncProcessWatch(Generic[ProcessT]):
    """Reads one exec or PTY, once or until something is so."""

    __slots__ = ("_request", "_transport", "id", "seen", "what")

    def __init__(
        self,
        transport: AsyncTransport,
        what: str,
        process_id: str,
        request: Callable[[], Request[ProcessT]],
    ) -> None:
        self._transport = transport
        self._request: Callable[[], Request[ProcessT]] = request
        self.id: str = process_id
        self.what: str = f"{what} {process_id}"
        self.seen: ProcessT | None = None
        """The exec or PTY as it was seen last."""

    async def look(self, deadline: Deadline | None = None) -> ProcessT:
        """The exec or PTY as it is."""
        seen = await self._transport.send(self._request(), deadline=deadline)
        self.seen = seen
        return seen

    async def until(
        self,
        is_so: Callable[[str], bool],
        deadline: Deadline,
        goal: str,
        taker: AsyncTaker[ProcessT] | None = None,
    ) -> ProcessT:
        """The exec or PTY, once its state is as it should be.

        Raises:
            ProcessTimeoutError: the deadline has passed; `goal` says what has not happened.
            ProcessLostError, ProcessFailedError: it is lost, or could not be run.
            HelmrError: any other that is not transient.
        """
        polls, failing = Pause(*POLLS), reconnecting()
        trouble: HelmrError | None = None
        while True:
            try:
                seen = await self.look(deadline)
                if taker is not None and await taker.take(seen, deadline):
                    polls.reset()
                refuse_bad_end(self.what, seen.state, seen.error.to_dict())
                if is_so(seen.state) and (taker is None or taker.has_all(seen)):
                    return seen
                pause, trouble = polls.next(), None
                failing.reset()
            except HelmrError as error:
                heed(error, failing, deadline)
                pause = failing.next()
                if not (deadline.passed and isinstance(error, HelmrTimeoutError)):  # the deadline cut it off
                    trouble = error
            if deadline.passed:
                raise self.late(deadline, goal, trouble, taker)
            await sleep(deadline.clip(pause))

    def late(
        self,
        deadline: Deadline,
        goal: str,
        trouble: HelmrError | None = None,
        taker: AsyncTaker[ProcessT] | None = None,
    ) -> ProcessTimeoutError:
        """The error for a deadline that has passed."""
        seen = self.seen
        state = "nobody has seen it yet" if seen is None else f"it is {seen.state}, and goes on"
        reason = "" if trouble is None else f"; the last look at it failed: {trouble}"
        return ProcessTimeoutError(
            f"{self.what} {goal} within {deadline.seconds:g} s: {state}{reason}",
            timeout=deadline.seconds,
            process_id=self.id,
            state=None if seen is None else seen.state,
            stdout=b"" if taker is None else bytes(taker.stdout),
            stderr=b"" if taker is None else bytes(taker.stderr),
        )


class AsyncProcessHandle(Generic[ProcessT]):
    """What the handles of execs and PTYs have in common."""

    __slots__ = ("_transport", "_workspace_id", "watch")

    def __init__(
        self, transport: AsyncTransport, workspace_id: str, watch: AsyncProcessWatch[ProcessT]
    ) -> None:
        self._transport = transport
        self._workspace_id = workspace_id
        self.watch: AsyncProcessWatch[ProcessT] = watch

    @property
    def id(self) -> str:
        """The id of the exec or PTY."""
        return self.watch.id

    @property
    def workspace_id(self) -> str:
        """The id of its workspace."""
        return self._workspace_id

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self.id!r})"
