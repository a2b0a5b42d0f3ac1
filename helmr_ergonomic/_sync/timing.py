"""Pauses, and timeouts that interrupt a step instead of waiting for it to finish."""

# The counterpart of _async/timing.py, by hand, because an event loop can cancel anything that is awaited, and
# nothing can cancel a blocking read. So a block sets its deadline, and connections limit each wait to it.

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from contextvars import ContextVar

from ..timing import TimeIsOver, with_leeway

_over_at: ContextVar[float | None] = ContextVar("helmr_over_at", default=None)


class within:
    """Limit the block to this many seconds; `None` means no limit. Raises `TimeIsOver`."""

    # As a generator, it would take another 1% of a typed start.

    __slots__ = ("_seconds", "_token")

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        if self._seconds is not None:
            end = time.monotonic() + with_leeway(self._seconds)
            outer = _over_at.get()
            self._token = _over_at.set(end if outer is None else min(outer, end))

    def __exit__(self, *_: object) -> None:
        if self._seconds is not None:
            _over_at.reset(self._token)


def time_left() -> float | None:
    """Return the seconds that the surrounding block has left; `None` means no limit. Raises `TimeIsOver`."""
    end = _over_at.get()
    if end is None:
        return None
    left = end - time.monotonic()
    if left <= 0:
        raise TimeIsOver
    return left


def clipped(seconds: float | None) -> float | None:
    """Return `seconds`, or the time that remains if it is shorter. Raises `TimeIsOver` if none remains."""
    left = time_left()
    return left if seconds is None else seconds if left is None else min(seconds, left)


def sleep(seconds: float) -> None:
    """Sleep for this many seconds."""
    time.sleep(seconds)


class Signal:
    """An event that happens once."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Signal that it has happened."""
        self._event.set()

    def wait(self, seconds: float | None) -> None:
        """Wait until it has happened, for at most this many seconds or until the block's deadline."""
        with suppress(TimeIsOver):
            self._event.wait(clipped(seconds))


def shielded(seconds: float | None = None) -> AbstractContextManager[None]:
    """Do nothing: a thread cannot be cancelled, and each step in the block has its own timeout."""
    return nullcontext()
