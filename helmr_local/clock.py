"""Time, from one place: the real clock, or one that a test moves by hand."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from typing import Protocol

from . import machine

MICROSECOND = 1_000_000
NEVER = 2**63
"""An instant that does not come."""


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
        wall = machine.wall_ns()
        monotonic = machine.monotonic_ns()
        if wall - monotonic > self._ahead:  # not `max`: an executed start asks for the time 16 times
            self._ahead = wall - monotonic
        return (monotonic + self._ahead) // 1_000

    def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
        delay = max(0.0, (when - self.now()) / MICROSECOND)
        # Longer delays overflow the selector; such a timer would outlive the process anyway.
        return asyncio.get_running_loop().call_later(min(delay, 365 * 86_400.0), callback)


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

    def next_at(self) -> int:
        """When the first timer is due; `NEVER` when there is none."""
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else NEVER

    def fire_next(self) -> None:
        """Fire the first timer; it sees the instant that it was set for."""
        if self.next_at() == NEVER:
            return
        when, _, timer = heapq.heappop(self._timers)
        self.move_to(when)
        callback, timer.callback = timer.callback, None
        if callback is not None:
            callback()

    def move_to(self, instant: int) -> None:
        """Let it be that instant, and fire nothing. Time does not go back."""
        self._now = max(self._now, instant)

    def advance(self, seconds: float) -> None:
        """Move on, and fire the timers that are due on the way."""
        end = self._now + round(seconds * MICROSECOND)
        while self.next_at() <= end:
            self.fire_next()
        self.move_to(end)


class SteppedClock(ManualClock):
    """The manual clock of a server: what is due already does not wait for the clock to move.

    Args:
        start: The first instant.
        skips: The server moves it when nothing but time lets a run go on.
    """

    def __init__(self, start: int, *, skips: bool = False) -> None:
        super().__init__(start)
        self.skips = skips

    def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
        if when <= self.now():
            return asyncio.get_running_loop().call_soon(callback)
        return super().call_at(when, callback)
