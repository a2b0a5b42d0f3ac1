"""Calculations with time limits."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 1_000_000.0
"""The longest single wait, in seconds (11 days): sockets, locks and event loops refuse more than a month.
"""

LEEWAY: Final = 0.02
"""Seconds by which a block may exceed the limit of its steps, so that the error names the step which took too
long. At most the limit itself: see `with_leeway`.
"""


class TimeIsOver(Exception):
    """The time limit has passed. It never leaves this package."""


def bounded(seconds: float) -> float:
    """Limit `seconds` to between 0 and the longest single wait."""
    return min(max(seconds, 0.0), LONGEST)


def with_leeway(seconds: float) -> float:
    """Return the time limit for a block whose steps are limited to `seconds`."""
    allowed = bounded(seconds)
    return allowed + min(LEEWAY, allowed)


def least(*seconds: float | None) -> float | None:
    """Return the shortest of these limits; `None` means no limit."""
    return min((given for given in seconds if given is not None), default=None)
