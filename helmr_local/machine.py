"""The machine's own time. When a test changes its own time, the server's timers must not stop and its
deadlines must not pass, so the server bypasses the replacements and reads the system's clocks.
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
    """Return the seconds of a clock that is never set."""
    return monotonic_ns() / 1_000_000_000


def wall_ns() -> int:
    """Return the nanoseconds since the epoch."""
    if "time_machine" not in sys.modules:
        return _wall()
    hatch = sys.modules["time_machine"].escape_hatch  # time-machine patches the C functions
    while True:  # another thread may start or stop travelling at any moment
        if hatch.is_travelling():
            with suppress(ValueError):  # no longer travelling
                return _real_wall_ns(hatch.time)
        now = _wall()
        if not hatch.is_travelling():
            return now


def _real_wall_ns(source: ModuleType) -> int:
    now: int = source.clock_gettime_ns(time.CLOCK_REALTIME) if _SYSTEM else source.time_ns()
    return now
