"""Growth of helmr_local's cost and memory with the number of sessions in its database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from . import load, local
from .load import Load
from .measure import Goal, Line, Sides, micro, milli, percentile

FEW, MANY = 1_000, 100_000
ROUNDS = 6
REQUESTS = 300


def lines() -> Iterator[Line]:
    with local.server() as small, local.server() as large:
        helmrs = (small, large)
        newest: dict[str, str] = {}
        memories: list[tuple[float, float]] = []
        for helmr, count in ((small, FEW), (large, MANY)):
            before = helmr.do("memory")
            newest[helmr.url] = helmr.do("sessions", count=count)
            memories.append((before, helmr.do("memory")))
        yield _compare("get a session", helmrs, lambda helmr: _gets(helmr, f"sessions/{newest[helmr.url]}"))
        yield _compare("list the newest 100 sessions", helmrs, lambda helmr: _gets(helmr, "sessions"))
        yield _compare(
            "list the live runs, of which there are none", helmrs, lambda helmr: _gets(helmr, "runs")
        )
        yield _compare("start a session, its run executed", helmrs, _starts)
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
    return load.run(helmr.url, load.get(f"/api/{path}", helmr.key), REQUESTS, 4)


def _starts(helmr: local.Helmr) -> Load:
    return load.run(helmr.url, load.starts(helmr.key, local.review.id), REQUESTS, 4)


def _compare(name: str, helmrs: Sequence[local.Helmr], request: Callable[[local.Helmr], Load]) -> Line:
    """Measure two running servers in alternation."""
    loads: list[list[Load]] = [[], []]
    spent: list[list[float]] = [[], []]
    for number in range(ROUNDS + 1):
        for side in (0, 1) if number % 2 else (1, 0):
            before = helmrs[side].spent()
            once = request(helmrs[side])
            if number:
                loads[side].append(once)
                spent[side].append((helmrs[side].spent() - before) / REQUESTS)
    tails = [percentile([one for once in side for one in once.latencies], 99) for side in loads]
    both = Sides(spent[1], spent[0])
    return both.line(
        f"{name}, {MANY:,} sessions in the database",
        f"{FEW:,} sessions",
        Goal(at_most=1.5),
        f"{micro(both.our_median)} : {micro(both.their_median)} of processor time a request, "
        f"p99 {milli(tails[1])} : {milli(tails[0])} with 4 connections",
    )
