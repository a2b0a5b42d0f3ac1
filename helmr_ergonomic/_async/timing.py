"""Pauses, and ending what takes too long, at the time allowed and not at the end of some step."""

# derive-sync: by hand, because an event loop can end whatever is awaited, and nothing ends a blocking read.

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager

import anyio

from ..timing import TimeIsOver, with_leeway


@contextmanager
def within(seconds: float | None) -> Generator[None]:
    """Let the block take this many seconds at most; `None` means no limit. Raises `TimeIsOver`."""
    if seconds is None:
        yield
        return
    with anyio.move_on_after(with_leeway(seconds)) as scope:
        yield
    if scope.cancelled_caught:
        raise TimeIsOver


async def sleep(seconds: float) -> None:
    """Let this many seconds pass, while other tasks run."""
    await anyio.sleep(seconds)


class Signal:
    """Something that is waited for, and happens once."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def set(self) -> None:
        """Let it happen."""
        self._event.set()

    async def wait(self, seconds: float | None) -> None:
        """Wait until it happens, for so many seconds at most; `None` means no limit."""
        with anyio.move_on_after(seconds):
            await self._event.wait()


def shielded() -> AbstractContextManager[object]:
    """A block that a cancellation waits for."""
    return anyio.CancelScope(shield=True)


@contextmanager
def to_the_end(seconds: float) -> Generator[None]:
    """Let the block go on for so many seconds even when the task is being cancelled."""
    with anyio.move_on_after(seconds, shield=True):
        yield
