"""Waiting until a terminal has something to read."""

# The twin of _async/readable.py, by hand: an event loop watches a descriptor, and a thread waits for it.

from __future__ import annotations

import select


def readable(descriptor: int, seconds: float) -> bool:
    """Whether the descriptor has something to read within so many seconds."""
    ready, _, _ = select.select([descriptor], [], [], seconds)
    return bool(ready)
