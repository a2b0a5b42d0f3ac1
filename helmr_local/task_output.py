"""What task code prints, on its way to the log of its run."""

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
"""Characters of a line that has not ended; it is written in parts then."""


class TaskOutput:
    """Where one execution prints to: whole lines, in order, to the stdout and stderr of its run."""

    def __init__(self, api: TaskApi, execution: Execution, loop: asyncio.AbstractEventLoop) -> None:
        self._api = api
        self._execution = execution
        self._loop = loop
        self._loop_thread = threading.get_ident()  # an output is made there
        self._lock = threading.Lock()
        self._begun = {"stdout": "", "stderr": ""}

    @property
    def over(self) -> bool:
        """Whether the run has ended, and its log takes nothing more."""
        return self._execution.over

    def write(self, stream: str, text: str) -> None:
        """Append to a stream; what does not end a line waits for the rest of it."""
        with self._lock:
            begun = masked(
                self._begun[stream] + text, self._execution.secrets
            )  # a value may have several lines
            whole, end, rest = begun.rpartition("\n")
            if len(rest) > _LONGEST_LINE:
                whole, end, rest = whole + end + rest, "", ""
            self._begun[stream] = rest
        self._send(stream, whole + end)

    def flush(self, stream: str) -> None:
        """Write what waits for the end of its line."""
        with self._lock:
            rest, self._begun[stream] = self._begun[stream], ""
        self._send(stream, rest)

    def _send(self, stream: str, text: str) -> None:
        """Not while the lock is held: the event loop, which another thread waits for here, may want it."""
        if not text:
            return
        content = text.encode("utf-8", "replace")
        if threading.get_ident() == self._loop_thread:
            self._api.write(self._execution, stream, content)
            return

        async def write() -> None:
            await self._api.recorded(self._execution)
            self._api.write(self._execution, stream, content)

        # When nobody can read the log any more, printing does not fail for that.
        with suppress(LoopClosedError, RunCancelled, *UNAVAILABLE):
            on_loop(write(), self._loop)
