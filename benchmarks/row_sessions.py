"""How helmr_local's cost and memory grow with the sessions in its database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from . import load, local
from .load import Load
from .measure import Goal, Line, Sides, milli, percentile

FEW, MANY = 1_000, 100_000
ROUNDS = 6
REQUESTS = 300


def lines() -> Iterator[Line]:
    with local.server() as small, local.server() as large:
        pairs: list[tuple[local.Helmr, str]] = []
        memories: list[tuple[float, float]] = []
        for helmr, count in ((small, FEW), (large, MANY)):
            before = helmr.do("memory")
            pairs.append((helmr, helmr.do("sessions", count=count)))
            memories.append((before, helmr.do("memory")))
        yield _compare("get a session", [partial(_gets, helmr, f"/{last}") for helmr, last in pairs])
        yield _compare("list the newest 100 sessions", [partial(_gets, helmr, "") for helmr, _ in pairs])
        yield _compare("start a session, its run executed", [partial(_starts, helmr) for helmr, _ in pairs])
    (_, few), (before, many) = memories
    per_session = (many - few) * 1024 / (MANY - FEW)
    yield Line(
        f"memory of helmr_local with {MANY:,} sessions in memory",
        f"with {FEW:,}",
        many / few,
        many / few,
        many / few,
        None,
        f"{many:.0f} MiB : {few:.0f} MiB, {before:.0f} MiB empty; {per_session:.1f} KiB per session",
    )


def _gets(helmr: local.Helmr, path: str) -> Load:
    return load.run(helmr.url, load.get(f"/api/sessions{path}", helmr.key), REQUESTS, 4)


def _starts(helmr: local.Helmr) -> Load:
    return load.run(helmr.url, load.starts(helmr.key, local.review.id), REQUESTS, 4)


def _compare(name: str, sides: Sequence[Callable[[], Load]]) -> Line:
    """Both servers are there all the time, and are asked in turns."""
    loads: list[list[Load]] = [[], []]
    for number in range(ROUNDS + 1):
        for side in (0, 1) if number % 2 else (1, 0):
            once = sides[side]()
            if number:
                loads[side].append(once)
    few, many = ([once.seconds for once in side] for side in loads)
    tails = [percentile([one for once in side for one in once.latencies], 99) for side in loads]
    both = Sides(many, few)
    return both.line(
        f"{name}, {MANY:,} sessions in the database",
        f"{FEW:,} sessions",
        Goal(at_most=1.5),
        f"{milli(both.our_median / REQUESTS)} : {milli(both.their_median / REQUESTS)} a request, "
        f"p99 {milli(tails[1])} : {milli(tails[0])} with 4 connections",
    )
