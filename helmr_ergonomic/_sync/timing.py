"""Pauses, and ending what takes too long, at the time allowed and not at the end of some step."""

# The twin of _async/timing.py, by hand: an event loop can end whatever is awaited, and nothing ends a blocking
# read. So the block says when it has to be over, and the connections wait for nothing beyond that.

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from contextvars import ContextVar

from ..timing import TimeIsOver, with_leeway

_over_at: ContextVar[float | None] = ContextVar("helmr_over_at", default=None)


@contextmanager
def within(seconds: float | None) -> Generator[None]:
    """Let the block take this many seconds at most; `None` is no limit. Raises `TimeIsOver`."""
    if seconds is None:
        yield
        return
    end = time.monotonic() + with_leeway(seconds)
    outer = _over_at.get()
    token = _over_at.set(end if outer is None else min(outer, end))
    try:
        yield
    finally:
        _over_at.reset(token)


def time_left() -> float | None:
    """Seconds that the block around may still take; `None` when it has no limit. Raises `TimeIsOver`."""
    end = _over_at.get()
    if end is None:
        return None
    left = end - time.monotonic()
    if left <= 0:
        raise TimeIsOver
    return left


def clipped(seconds: float | None) -> float | None:
    """`seconds`, or what is left if that is less. Raises `TimeIsOver` when nothing is."""
    left = time_left()
    return left if seconds is None else seconds if left is None else min(seconds, left)


def sleep(seconds: float) -> None:
    """Let this many seconds pass."""
    time.sleep(seconds)


class Signal:
    """Something that is waited for, and happens once."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Let it happen."""
        self._event.set()

    def wait(self, seconds: float | None) -> None:
        """Wait until it happens, for so many seconds at most, or until the block around is over."""
        with suppress(TimeIsOver):
            self._event.wait(clipped(seconds))


def shielded() -> AbstractContextManager[None]:
    """A block that a cancellation waits for: nothing cancels a thread."""
    return nullcontext()


@contextmanager
def to_the_end(seconds: float) -> Generator[None]:
    """Let the block go on: nothing cancels a thread. What it does has limits of its own."""
    yield
