"""Starting and stopping a local control plane, as in a test suite with one per test."""

from __future__ import annotations

import time
from collections.abc import Iterator

from helmr import task
from helmr_local import LocalHelmr, TaskContext, implement

from .measure import Goal, Line, quartiles

ROUNDS = 30

greet = task("greet")


@implement(greet)
def _greet(ctx: TaskContext[None]) -> None:
    """An empty task, which is never started."""


WHAT = "`LocalHelmr` with one task: start and stop, in a process that has done so before"


def lines() -> Iterator[Line]:
    taken: list[float] = []
    for number in range(ROUNDS + 3):
        began = time.perf_counter()
        with LocalHelmr(tasks=[_greet]):
            pass
        if number >= 3:
            taken.append((time.perf_counter() - began) * 1e3)
    low, middle, high = quartiles(taken)
    yield Line(WHAT, "milliseconds", middle, low, high, Goal(at_most=20))
