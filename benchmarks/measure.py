"""How a row is measured: both sides in turns, so that whatever else the machine does hits both alike."""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """What a ratio has to be."""

    at_most: float | None = None
    at_least: float | None = None

    def met(self, ratio: float) -> bool:
        if self.at_most is not None and ratio > self.at_most:
            return False
        return self.at_least is None or ratio >= self.at_least

    def distance(self, ratio: float) -> float:
        """By what part of the goal a ratio misses it."""
        wanted = self.at_most if self.at_most is not None else self.at_least
        assert wanted is not None
        return abs(ratio - wanted) / wanted

    def __str__(self) -> str:
        return f"≤ {self.at_most:g}" if self.at_most is not None else f"≥ {self.at_least:g}"


@dataclass(frozen=True)
class Line:
    """One line of the table. `low` and `high` are the quartiles of the rounds' ratios."""

    what: str
    against: str
    ratio: float
    low: float
    high: float
    goal: Goal | None = None
    note: str = ""
    why: str = ""
    """Why the goal is missed, if it is."""


@dataclass(frozen=True)
class Sides:
    """What the rounds gave, in seconds: one pair of times per round."""

    ours: Sequence[float]
    theirs: Sequence[float]

    @property
    def ratios(self) -> list[float]:
        return [a / b for a, b in zip(self.ours, self.theirs, strict=True)]

    @property
    def our_median(self) -> float:
        return statistics.median(self.ours)

    @property
    def their_median(self) -> float:
        return statistics.median(self.theirs)

    def line(
        self,
        what: str,
        against: str,
        goal: Goal | None,
        note: str = "",
        *,
        rate: bool = False,
        why: str = "",
    ) -> Line:
        """The line for these rounds; with `rate` the ratio is that of the speeds, not of the times."""
        ratios = [1 / ratio for ratio in self.ratios] if rate else self.ratios
        low, middle, high = quartiles(ratios)
        return Line(what, against, middle, low, high, goal, note, why)


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def in_turns(ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> Sides:
    """Call both once per round, who goes first alternating. Each says how many seconds it took."""
    ours()
    theirs()  # the first round pays for imports and caches, and is not counted
    our_times: list[float] = []
    their_times: list[float] = []
    for number in range(rounds):
        if number % 2:
            their_times.append(theirs())
            our_times.append(ours())
        else:
            our_times.append(ours())
            their_times.append(theirs())
    return Sides(our_times, their_times)


def calls(ours: Callable[[], object], theirs: Callable[[], object], *, seconds: float = 6.0) -> Sides:
    """Times per call, from rounds of about 10 ms a side, for so many seconds in all."""
    theirs()
    once = timed(theirs, 20)
    count = max(1, round(0.010 / once))
    rounds = max(11, round(seconds / (count * once * 2.5)))
    return in_turns(lambda: timed(ours, count), lambda: timed(theirs, count), rounds)


def timed(call: Callable[[], object], count: int) -> float:
    """Seconds of processor time per call: nothing here waits, and other work on the machine disturbs it
    least."""
    began = time.process_time()
    for _ in range(count):
        call()
    return (time.process_time() - began) / count


def micro(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs"


def milli(seconds: float) -> str:
    return f"{seconds * 1e3:.1f} ms"


def peak_mib() -> float:
    """The most memory that this process has had so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
