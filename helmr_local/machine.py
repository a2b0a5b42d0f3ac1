"""The machine's own time.

freezegun and time-machine replace `time.time` and its relatives in the whole process, the server's thread
included. What a test does to its own time must not stop the server's timers or let its deadlines pass, so the
server reads the system's clocks past them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import ModuleType

# Windows has no `clock_gettime_ns`. freezegun leaves that function alone, and finds none inside a partial.
_SYSTEM = hasattr(time, "clock_gettime_ns")

monotonic_ns: Callable[[], int] = (
    partial(time.clock_gettime_ns, time.CLOCK_MONOTONIC) if _SYSTEM else partial(time.monotonic_ns)
)
"""Nanoseconds of a clock that is never set."""
_wall: Callable[[], int] = (
    partial(time.clock_gettime_ns, time.CLOCK_REALTIME) if _SYSTEM else partial(time.time_ns)
)


def monotonic() -> float:
    """Seconds of a clock that is never set."""
    return monotonic_ns() / 1_000_000_000


def wall_ns() -> int:
    """Nanoseconds since the epoch."""
    if "time_machine" not in sys.modules:
        return _wall()
    hatch = sys.modules["time_machine"].escape_hatch  # it changes the functions of C themselves
    while True:  # another thread may begin or end to move the time at any moment
        if hatch.is_travelling():
            with suppress(ValueError):  # not any more
                return _real_wall_ns(hatch.time)
        now = _wall()
        if not hatch.is_travelling():
            return now


def _real_wall_ns(source: ModuleType) -> int:
    now: int = source.clock_gettime_ns(time.CLOCK_REALTIME) if _SYSTEM else source.time_ns()
    return now
