# Derived from helmr_ergonomic/_async/watching.py. Do not edit: change that file, then run `make generate`.
"""Watching a run: reading it, and seeing it end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._runs import TERMINAL
from ..errors import HelmrError, HelmrTimeoutError
from ..events import CANCEL_REQUESTED, END_KINDS
from ..reconnect import BadFrames, heed, reconnecting
from ..waiting import NEVER, Deadline, Looks, Pause, Silence
from .timing import sleep

if TYPE_CHECKING:
    from helmr_api import models
    from helmr_api.types import EventStream

    from .transport import Transport


class RunWatcher:
    """Reads a run's wire model, once or until it has ended."""

    __slots__ = ("_transport",)

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def until_end(self, run_id: str, wire: Any, deadline: Deadline) -> Any:
        """The run when it has ended, or as it was last seen when the deadline passes."""
        cursor = 0
        silence = Silence()
        looks = Looks()
        pause = reconnecting()
        bad = BadFrames()
        while wire.status not in TERMINAL and not deadline.passed:
            works = False
            try:
                with self._transport.frames(event_stream(run_id, cursor), silence.open(), deadline) as frames:
                    for frame in frames:
                        is_news = False
                        if frame.data:
                            event = bad.read(frame, "kind")
                            if event is None:
                                break
                            if is_news := int(event["id"]) > cursor:
                                works, cursor = True, int(event["id"])
                                # Only these change whether the run has ended; which way the run itself says.
                                if event["kind"] in END_KINDS or event["kind"] == CANCEL_REQUESTED:
                                    break
                        if looks.are_due(brought_news=is_news):
                            wire = self.look(run_id, pause, deadline) or wire
                            if wire.status in TERMINAL:
                                break
            except HelmrTimeoutError:
                works = silence.quiet()
            except HelmrError as error:
                heed(error, pause, deadline)
            if wire.status not in TERMINAL and not deadline.passed:
                wire = self.look(run_id, pause, deadline) or wire
            if works:
                pause.reset()
            if wire.status not in TERMINAL and (pause.is_asked or not works):
                sleep(deadline.clip(pause.next()))
        return wire

    def look(self, run_id: str, pause: Pause, deadline: Deadline) -> models.Run | None:
        """The run as it is, or `None` when the server cannot be asked just now; then `pause` heeds why."""
        try:
            return self.snapshot(run_id, deadline)
        except HelmrError as error:
            heed(error, pause, deadline)
            return None

    def snapshot(self, run_id: str, deadline: Deadline | None = None) -> models.Run:
        """The run as it is. Raises a `HelmrError` when the server cannot be asked."""
        from helmr_api.api.runs import get_run

        return self._transport.send(get_run.request(run_id), deadline=deadline)

    def has_ended(self, run_id: str, pause: Pause) -> bool:
        """Whether the run is known to have ended."""
        wire = self.look(run_id, pause, NEVER)
        return wire is not None and wire.status in TERMINAL


def event_stream(run_id: str, cursor: int) -> EventStream[models.RunEvent]:
    """The request for a run's event stream after a cursor."""
    from helmr_api.api.runs import list_run_events

    return list_run_events.stream(run_id, cursor=cursor or None)
