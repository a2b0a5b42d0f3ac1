"""Measures both sides of a row in alternation, so that other load on the machine affects both equally."""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """The required bound of a ratio."""

    at_most: float | None = None
    at_least: float | None = None

    def met(self, ratio: float) -> bool:
        if self.at_most is not None and ratio > self.at_most:
            return False
        return self.at_least is None or ratio >= self.at_least

    def distance(self, ratio: float) -> float:
        """Return the relative deviation of a ratio from the goal."""
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
    """The reason if the goal is missed."""


@dataclass(frozen=True)
class Sides:
    """The results of the rounds in seconds: one pair of times per round."""

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
        """Return the line for these rounds.

        With `rate`, the ratio is that of the rates instead of the times.
        """
        ratios = [1 / ratio for ratio in self.ratios] if rate else self.ratios
        low, middle, high = quartiles(ratios)
        return Line(what, against, middle, low, high, goal, note, why)


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the given percentile of the values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def in_turns(ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> Sides:
    """Call both once per round, in alternating order. Each returns its duration in seconds."""
    ours()
    theirs()  # the first round warms up imports and caches, and is not counted
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
    """Measure the time per call, in rounds of about 10 ms per side, for `seconds` in total."""
    theirs()
    once = timed(theirs, 20)
    count = max(1, round(0.010 / once))
    rounds = max(11, round(seconds / (count * once * 2.5)))
    return in_turns(lambda: timed(ours, count), lambda: timed(theirs, count), rounds)


def timed(call: Callable[[], object], count: int) -> float:
    """Return the processor time per call in seconds.

    The calls do not wait, and other load affects it least.
    """
    began = time.process_time()
    for _ in range(count):
        call()
    return (time.process_time() - began) / count


def micro(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs"


def milli(seconds: float) -> str:
    return f"{seconds * 1e3:.1f} ms"


def peak_mib() -> float:
    """Return the peak memory of this process in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
