# Derived from helmr_ergonomic/_async/watching.py. Do not edit: change that file, then run `make generate`.
"""Watching a run: reading it, and seeing it end."""

from __future__ import annotations

import time
from typing import Any

from ..errors import HelmrError, HelmrTimeoutError
from ..events import CANCEL_REQUESTED, END_KINDS
from ..operations import given, operation
from ..runs import TERMINAL
from ..transport import Call
from ..waiting import Deadline, Silence
from .following import BadFrames, is_passing, reconnecting
from .transport import Transport


class RunWatcher:
    """Reads a run's wire model, once or until it has ended."""

    __slots__ = ("_transport",)

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def until_end(self, run_id: str, wire: Any, deadline: Deadline) -> Any:
        """The run when it has ended, or as it was last seen when the deadline passes."""
        cursor = 0
        silence = Silence(deadline)
        pause = reconnecting()
        bad = BadFrames()
        while wire.status not in TERMINAL and not deadline.passed:
            works = False
            try:
                with self._transport.frames(events_call(run_id, cursor), silence.open()) as frames:
                    for frame in frames:
                        if not frame.data:
                            # A keep-alive: nothing happened for a while, so see that nothing was missed.
                            wire = self.look(run_id, deadline) or wire
                            if wire.status in TERMINAL or silence.overruns():
                                break
                            continue
                        event = bad.read(frame, "kind")
                        if event is None:
                            break
                        works = works or int(event["id"]) > cursor
                        cursor = max(cursor, int(event["id"]))
                        # Only these change whether the run has ended; which way they did the run itself says.
                        if event["kind"] in END_KINDS or event["kind"] == CANCEL_REQUESTED:
                            break
                        if silence.overruns():
                            break
            except HelmrTimeoutError:
                silence.quiet()
                works = silence.was_kept()
            except HelmrError as error:
                if not is_passing(error):
                    raise
            if wire.status not in TERMINAL:
                wire = self.look(run_id, deadline) or wire
            if works:
                pause.reset()
            elif wire.status not in TERMINAL:
                time.sleep(deadline.clip(pause.next()))
        return wire

    def look(self, run_id: str, deadline: Deadline | None = None) -> Any:
        """The run as it is, or `None` when the server cannot be asked just now."""
        try:
            return self.snapshot(run_id, deadline)
        except HelmrError as error:
            if not is_passing(error):
                raise
            return None

    def snapshot(self, run_id: str, deadline: Deadline | None = None) -> Any:
        op = operation("runs", "get_run")
        return self._transport.send(Call(op.get_kwargs(run_id)), op.parse_response, deadline=deadline)

    def has_ended(self, run_id: str) -> bool:
        """Whether the run is known to have ended."""
        wire = self.look(run_id)
        return wire is not None and wire.status in TERMINAL


def events_call(run_id: str, cursor: int) -> Call:
    """The request for a run's event stream after a cursor."""
    op = operation("runs", "list_run_events")
    return Call(op.get_kwargs(run_id, **given(follow="1", cursor=cursor or None)))
