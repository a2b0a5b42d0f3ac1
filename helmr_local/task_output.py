"""Passes what task code prints to the log of its run."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

from .engine.execution import Execution
from .engine.masking import masked
from .exceptions import RunCancelled
from .store import UNAVAILABLE
from .task_api import TaskApi
from .task_calls import LoopClosedError, on_loop

_LONGEST_LINE = 65_536
"""The maximum characters of an unfinished line; longer ones are written in parts."""


class TaskOutput:
    """Passes one execution's printed output on to the stdout and stderr of its run, in order and in complete
    lines.
    """

    def __init__(self, api: TaskApi, execution: Execution, loop: asyncio.AbstractEventLoop) -> None:
        self._api = api
        self._execution = execution
        self._loop = loop
        self._loop_thread = threading.get_ident()  # instances are created on that thread
        self._lock = threading.Lock()
        self._unfinished = {"stdout": "", "stderr": ""}

    @property
    def over(self) -> bool:
        """True once the run has ended, so that its log accepts no more output."""
        return self._execution.over

    def write(self, stream: str, text: str) -> None:
        """Append to a stream. An incomplete line is held back until it is complete."""
        with self._lock:
            pending = masked(
                self._unfinished[stream] + text, self._execution.secrets
            )  # one string may contain several lines
            whole, end, rest = pending.rpartition("\n")
            if len(rest) > _LONGEST_LINE:
                whole, end, rest = whole + end + rest, "", ""
            self._unfinished[stream] = rest
        self._send(stream, whole + end)

    def flush(self, stream: str) -> None:
        """Write any incomplete line."""
        if not self._unfinished[stream]:
            return
        with self._lock:
            rest, self._unfinished[stream] = self._unfinished[stream], ""
        self._send(stream, rest)

    def _send(self, stream: str, text: str) -> None:
        """Send the output. The caller must not hold the lock: this waits for the event loop, which may need
        it.
        """
        if not text:
            return
        content = text.encode("utf-8", "replace")
        if threading.get_ident() == self._loop_thread:
            self._api.write(self._execution, stream, content)
            return

        async def write() -> None:
            await self._api.recorded(self._execution)
            self._api.write(self._execution, stream, content)

        # `print` must not fail because the log accepts no more output.
        with suppress(LoopClosedError, RunCancelled, *UNAVAILABLE):
            on_loop(write(), self._loop)
