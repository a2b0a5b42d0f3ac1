"""Watching a run until it ends."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from helmr_api.constants import RUN_END_EVENT_KINDS

from .._runs import TERMINAL
from ..errors import HelmrError, HelmrTimeoutError
from ..reconnect import BadFrames, prepare_retry, reconnecting
from ..waiting import NEVER, CheckTimer, Deadline, Pause, Silence
from .timing import sleep, within

if TYPE_CHECKING:
    from helmr_api import models
    from helmr_api.types import EventStream

    from .transport import AsyncTransport

CANCEL_REQUESTED: Final = "run.cancel_requested"


class AsyncRunWatcher:
    """Reads a run, once or until it has ended."""

    __slots__ = ("transport",)

    def __init__(self, transport: AsyncTransport) -> None:
        self.transport: AsyncTransport = transport

    async def until_end(self, run_id: str, run: models.Run, deadline: Deadline) -> models.Run:
        """Wait until the run has ended. Returns it, or its last known state when the deadline passes."""
        cursor, silence, checks, pause, bad = 0, Silence(), CheckTimer(), reconnecting(), BadFrames()
        while run.status not in TERMINAL and not deadline.passed:
            works = False
            try:
                stream = event_stream(run_id, cursor)
                async with self.transport.frames(stream, silence.open(), deadline) as frames:
                    async for frame in frames:
                        is_news = False
                        if frame.data:
                            if (event := bad.read(frame, "kind")) is None:
                                break
                            if is_news := int(event["id"]) > cursor:
                                works, cursor = True, int(event["id"])
                                # Only after these may the run have ended; its status is authoritative.
                                if event["kind"] in RUN_END_EVENT_KINDS:
                                    # The server ends the stream now. Reading its end keeps the connection
                                    # for the next request: a new one takes a fifth of the whole delay.
                                    with suppress(Exception), within(0.01):
                                        await anext(frames, None)
                                    break
                                if event["kind"] == CANCEL_REQUESTED:
                                    break
                        if checks.is_due(brought_news=is_news):
                            run = await self.try_snapshot(run_id, pause, deadline) or run
                            if run.status in TERMINAL:
                                break
            except HelmrTimeoutError:
                works = silence.quiet()
            except HelmrError as error:
                prepare_retry(error, pause, deadline)
            if run.status not in TERMINAL and not deadline.passed:
                run = await self.try_snapshot(run_id, pause, deadline) or run
            if works:
                pause.reset()
            if run.status not in TERMINAL and (pause.is_asked or not works):
                await sleep(deadline.clip(pause.next()))
        return run

    async def try_snapshot(self, run_id: str, pause: Pause, deadline: Deadline) -> models.Run | None:
        """Read the run. Returns `None` if the server is unavailable; `pause` then takes the error into
        account."""
        try:
            return await self.snapshot(run_id, deadline)
        except HelmrError as error:
            prepare_retry(error, pause, deadline)
            return None

    async def snapshot(self, run_id: str, deadline: Deadline | None = None) -> models.Run:
        """Read the run. Raises `HelmrError` if that fails."""
        from helmr_api.api.runs import get_run

        return await self.transport.send(get_run.request(run_id), deadline=deadline)

    async def has_ended(self, run_id: str, pause: Pause, deadline: Deadline = NEVER) -> bool:
        """True if the run is known to have ended."""
        run = await self.try_snapshot(run_id, pause, deadline)
        return run is not None and run.status in TERMINAL


def event_stream(run_id: str, cursor: int) -> EventStream[models.RunEvent]:
    """Create the request for a run's event stream after a cursor."""
    from helmr_api.api.runs import list_run_events

    return list_run_events.stream(run_id, cursor=cursor or None)
