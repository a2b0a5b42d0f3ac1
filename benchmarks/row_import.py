"""Importing the names that the seed page uses."""

from __future__ import annotations

from collections.abc import Iterator

from .measure import Goal, Line, in_turns, milli
from .processes import seconds, statement_seconds

OURS = "import helmr; helmr.__all__"
THEIRS = "import httpx"
WHAT = f"`{OURS}`, new process"
AGAINST = f"`{THEIRS}`, new process"
ROUNDS = 15


def lines() -> Iterator[Line]:
    """Measure the statement, and the whole process including startup and shutdown."""
    alone = in_turns(lambda: statement_seconds(OURS), lambda: statement_seconds(THEIRS), ROUNDS)
    yield alone.line(
        WHAT, AGAINST, Goal(at_most=0.3), f"{milli(alone.our_median)} : {milli(alone.their_median)}"
    )
    whole = in_turns(lambda: seconds(OURS), lambda: seconds(THEIRS), ROUNDS)
    bare = in_turns(lambda: seconds("pass"), lambda: seconds("pass"), 5).our_median
    yield whole.line(
        "the same, the process as a whole",
        "the same",
        None,
        f"{milli(whole.our_median)} : {milli(whole.their_median)}, a Python that does nothing {milli(bare)}",
    )
