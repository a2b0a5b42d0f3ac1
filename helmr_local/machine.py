"""The machine's own time.

freezegun and time-machine replace `time.time` and its relatives in the whole process, the server's thread
included. What a test does to its own time must not stop the server's timers or let its deadlines pass, so the
server reads the system's clocks past them.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from types import ModuleType

_SYSTEM = hasattr(time, "clock_gettime_ns")  # not on Windows; freezegun leaves these functions alone


def monotonic_ns() -> int:
    """Nanoseconds of a clock that is never set."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) if _SYSTEM else time.monotonic_ns()


def monotonic() -> float:
    """Seconds of a clock that is never set."""
    return monotonic_ns() / 1_000_000_000


def wall_ns() -> int:
    """Nanoseconds since the epoch."""
    moved = sys.modules.get("time_machine")  # it changes the functions of C themselves
    if moved is None:
        return _wall_ns(time)
    hatch = moved.escape_hatch
    while True:  # another thread may begin or end to move the time at any moment
        if hatch.is_travelling():
            with suppress(ValueError):  # not any more
                return _wall_ns(hatch.time)
        now = _wall_ns(time)
        if not hatch.is_travelling():
            return now


def _wall_ns(source: ModuleType) -> int:
    now: int = source.clock_gettime_ns(time.CLOCK_REALTIME) if _SYSTEM else source.time_ns()
    return now
