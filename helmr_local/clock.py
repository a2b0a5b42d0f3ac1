"""Time sources: the real clock, and a clock that a test advances."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from typing import Protocol

from . import machine

MICROSECOND = 1_000_000
NEVER = 2**63
"""A time that is never reached."""


class Timer(Protocol):
    """A scheduled call, as returned by `Clock.call_at`."""

    def cancel(self) -> None:
        """Cancel the call; does nothing if it has already happened."""
        ...


class Clock(Protocol):
    """The engine's only source of time. All instants are microseconds since the epoch."""

    def now(self) -> int:
        """Return the current instant."""
        ...

    def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
        """Call the callback once, at that instant."""
        ...


class RealClock:
    """The machine's time, with timers on the running event loop.

    It follows the wall clock forward (after a suspend, for instance) but never back: when the wall clock is
    set back, it continues at the pace of the monotonic clock. So no deadline fires early, and no timestamp
    that the server has written is ever in its future.
    """

    def __init__(self) -> None:
        self._ahead = 0  # lead over the monotonic clock, in nanoseconds

    def now(self) -> int:
        # In this order, so that a pause between the two reads cannot push the clock forward.
        wall = machine.wall_ns()
        monotonic = machine.monotonic_ns()
        if wall - monotonic > self._ahead:  # faster than `max`: one start and its run read the clock 16 times
            self._ahead = wall - monotonic
        return (monotonic + self._ahead) // 1_000

    def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
        delay = max(0.0, (when - self.now()) / MICROSECOND)
        # Longer delays overflow the selector, and no process runs that long anyway.
        return asyncio.get_running_loop().call_later(min(delay, 365 * 86_400.0), callback)


class _ManualTimer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class ManualClock:
    """A clock that stands still until `advance` is called, which fires the due timers in order."""

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
        """Return the instant at which the first timer is due, or `NEVER` without timers."""
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else NEVER

    def fire_next(self) -> None:
        """Fire the first timer with the clock set to the instant that it was scheduled for."""
        if self.next_at() == NEVER:
            return
        when, _, timer = heapq.heappop(self._timers)
        self.move_to(when)
        callback, timer.callback = timer.callback, None
        if callback is not None:
            callback()

    def move_to(self, instant: int) -> None:
        """Set the clock to that instant without firing timers. The clock never moves back."""
        self._now = max(self._now, instant)

    def advance(self, seconds: float) -> None:
        """Advance the clock and fire the timers that fall due on the way."""
        end = self._now + round(seconds * MICROSECOND)
        while self.next_at() <= end:
            self.fire_next()
        self.move_to(end)


class SteppedClock(ManualClock):
    """A server's manual clock. Work that is already due is done without advancing it.

    Args:
        start: The first instant.
        skips: True if the server advances the clock whenever its runs wait only for time to pass.
    """

    def __init__(self, start: int, *, skips: bool = False) -> None:
        super().__init__(start)
        self.skips = skips

    def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
        if when <= self.now():
            return asyncio.get_running_loop().call_soon(callback)
        return super().call_at(when, callback)
