"""Wait until a terminal has input to read."""

# derive-sync: by hand, because an event loop watches a descriptor, and a thread waits for it.

from __future__ import annotations

import anyio


async def readable(descriptor: int, seconds: float) -> bool:
    """True if the descriptor has input to read within a number of seconds."""
    with anyio.move_on_after(seconds):
        await anyio.wait_readable(descriptor)
        return True
    return False
