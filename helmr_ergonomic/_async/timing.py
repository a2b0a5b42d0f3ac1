"""Pauses, and timeouts that interrupt a step instead of waiting for it to finish."""

# derive-sync: by hand, because an event loop can cancel anything that is awaited, and nothing can cancel a
# blocking read.

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager

import anyio

from ..timing import TimeIsOver, with_leeway


@contextmanager
def within(seconds: float | None) -> Generator[None]:
    """Limit the block to this many seconds; `None` means no limit. Raises `TimeIsOver`."""
    if seconds is None:
        yield
        return
    with anyio.move_on_after(with_leeway(seconds)) as scope:
        yield
    if scope.cancelled_caught:
        raise TimeIsOver


async def sleep(seconds: float) -> None:
    """Sleep for this many seconds while other tasks run."""
    await anyio.sleep(seconds)


class Signal:
    """An event that happens once."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def set(self) -> None:
        """Signal that it has happened."""
        self._event.set()

    async def wait(self, seconds: float | None) -> None:
        """Wait until it has happened, for at most this many seconds; `None` means no limit."""
        with anyio.move_on_after(seconds):
            await self._event.wait()


def shielded(seconds: float | None = None) -> AbstractContextManager[object]:
    """Delay cancellation until the end of the block, for at most this many seconds; `None` means no limit."""
    return anyio.move_on_after(seconds, shield=True)
