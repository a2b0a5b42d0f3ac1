"""Time, from one place: the real clock, or one that a test moves by hand."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol

MICROSECOND = 1_000_000


class Timer(Protocol):
    """What `Clock.call_at` returns."""

    def cancel(self) -> None:
        """Forget the call; harmless when it has happened."""
        ...


class Clock(Protocol):
    """The only source of time of the engine; all instants are microseconds since the epoch."""

    def now(self) -> int:
        """The present instant."""
        ...

    def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
        """Call back once when the instant has come."""
        ...

    def soon(self, callback: Callable[[], None]) -> None:
        """Call back once, now but not at once."""
        ...


class RealClock:
    """The machine's time, with timers on the running event loop.

    It follows the wall clock forward (after a suspend, for instance) and never back: once the wall clock has
    been set back, it goes on at the pace of the monotonic clock. So every deadline comes after the time that
    it was set for, and nothing that the server has written lies in its future.
    """

    def __init__(self) -> None:
        self._ahead = 0  # of the monotonic clock, in nanoseconds

    def now(self) -> int:
        # In this order: to be interrupted in between must not push the clock forward.
        wall = time.time_ns()
        monotonic = time.monotonic_ns()
        self._ahead = max(self._ahead, wall - monotonic)
        return (monotonic + self._ahead) // 1_000

    def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
        delay = max(0.0, (when - self.now()) / MICROSECOND)
        # Longer delays overflow the selector; such a timer would outlive the process anyway.
        return asyncio.get_running_loop().call_later(min(delay, 365 * 86_400.0), callback)

    def soon(self, callback: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_soon(callback)


class _ManualTimer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class ManualClock:
    """A clock that stands still until `advance`, which fires the due timers in order."""

    def __init__(self, start: int = 1_780_000_000 * MICROSECOND) -> None:
        self._now = start
        self._order = itertools.count()
        self._timers: list[tuple[int, int, _ManualTimer]] = []

    def now(self) -> int:
        return self._now

    def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
        timer = _ManualTimer(callback)
        heapq.heappush(self._timers, (when, next(self._order), timer))
        return timer

    def soon(self, callback: Callable[[], None]) -> None:
        self.call_at(self._now, callback)

    def advance(self, seconds: float) -> None:
        """Move on; each timer sees the instant that it was set for."""
        end = self._now + round(seconds * MICROSECOND)
        while self._timers and self._timers[0][0] <= end:
            when, _, timer = heapq.heappop(self._timers)
            self._now = max(self._now, when)
            if timer.callback is not None:
                callback, timer.callback = timer.callback, None
                callback()
        self._now = end
