"""Time limits, and the shortest and longest of them."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 1_000_000.0
"""Seconds (11 days) that a single wait takes at most: sockets, locks and event loops refuse more than a
month.
"""

LEEWAY: Final = 0.02
"""Seconds by which the whole may outlast its steps, so that the step which took too long is the one named. At
most the time allowed itself: see `with_leeway`.
"""


class TimeIsOver(Exception):
    """The time limit has passed. It never leaves this package."""


def bounded(seconds: float) -> float:
    """`seconds`, limited to between 0 and the longest that any system can wait."""
    return min(max(seconds, 0.0), LONGEST)


def with_leeway(seconds: float) -> float:
    """The time limit for a block whose steps are limited to `seconds`."""
    allowed = bounded(seconds)
    return allowed + min(LEEWAY, allowed)


def least(*seconds: float | None) -> float | None:
    """The shortest of these times; `None` means no limit."""
    return min((given for given in seconds if given is not None), default=None)
