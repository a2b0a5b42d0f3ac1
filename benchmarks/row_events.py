"""Growth of the cost of a run's events with their number."""

from __future__ import annotations

import time
from collections.abc import Iterator

from helmr_ergonomic import HelmrClient

from . import load, local
from .measure import Goal, Line, in_turns, micro, milli

FEW, MANY = 1_000, 100_000
PAGE = 200
PAGES = 20


def lines() -> Iterator[Line]:
    with local.server() as helmr, HelmrClient(helmr.url, helmr.key, timeout=120) as client:
        runs = {count: local.ended_run(helmr, client, count) for count in (FEW, MANY)}

        def page(count: int) -> float:
            path = f"/api/runs/{runs[count]}/events?limit={PAGE}&cursor={count - PAGE}"
            before = helmr.spent()
            load.run(helmr.url, load.get(path, helmr.key), PAGES, 1)
            return (helmr.spent() - before) / PAGES

        both = in_turns(lambda: page(MANY), lambda: page(FEW), 11)
        yield both.line(
            f"the last page of {PAGE} events, {MANY:,} events of a run",
            f"{FEW:,} events",
            Goal(at_most=1.2),
            f"{milli(both.our_median)} : {milli(both.their_median)} of the server's processor time",
        )

        def follow(count: int, times: int) -> float:
            began = time.perf_counter()
            for _ in range(times):
                assert sum(1 for _ in client.runs.events.follow(runs[count])) == count
            return (time.perf_counter() - began) / (count * times)

        both = in_turns(lambda: follow(MANY, 1), lambda: follow(FEW, 20), 3)
        yield both.line(
            f"following from the first event to the end, per event, {MANY:,} events",
            f"{FEW:,} events",
            Goal(at_most=1.2),
            f"{micro(both.our_median)} : {micro(both.their_median)}",
        )
