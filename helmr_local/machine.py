"""The machine's real time, even while a test replaces the time functions. A test that freezes or moves its
own time must not stop the server's timers or expire its deadlines, so the server reads the system's clocks
directly.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import ModuleType

# freezegun replaces neither `clock_gettime_ns`, which Windows lacks, nor a function inside a partial.
_SYSTEM = hasattr(time, "clock_gettime_ns")

monotonic_ns: Callable[[], int] = (
    partial(time.clock_gettime_ns, time.CLOCK_MONOTONIC) if _SYSTEM else partial(time.monotonic_ns)
)
"""Returns the nanoseconds of the monotonic clock."""
_wall: Callable[[], int] = (
    partial(time.clock_gettime_ns, time.CLOCK_REALTIME) if _SYSTEM else partial(time.time_ns)
)


def monotonic() -> float:
    """Return the seconds of the monotonic clock."""
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
