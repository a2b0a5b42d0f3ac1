"""Wait until a terminal has input to read."""

# The counterpart of _async/readable.py, by hand: an event loop watches a descriptor; a thread waits for it.

from __future__ import annotations

import select


def readable(descriptor: int, seconds: float) -> bool:
    """True if the descriptor has input to read within a number of seconds."""
    ready, _, _ = select.select([descriptor], [], [], seconds)
    return bool(ready)
