"""The delay between the end of a run and the return of `runs.wait`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from helmr_ergonomic import HelmrClient

from . import local
from .measure import Goal, Line, milli, percentile, quartiles

RUNS = 400
WHAT = "a run reaches its end → `runs.wait` returns, loopback, p99"
AGAINST = "one round trip of `GET /api/runs/{id}` (median)"
WHY = (
    "A wait takes two messages, the event and the run, after helmr_local has stored the end: its "
    "median is about two and a half round trips, so the goal leaves little room for its p99. The event comes "
    "after 0.7 round trips, the end of its stream takes 0.2 and the run 1.2. The p99 is up to twice the "
    "median, because one of the three threads and processes involved waits for a processor, not because of "
    "garbage collection; the p99 of a plain round trip is further from its own median."
)


def lines() -> Iterator[Line]:
    with local.server() as helmr, HelmrClient(helmr.url, helmr.key) as client:
        trips: list[float] = []
        delays: list[float] = []
        for number in range(RUNS + 10):
            started = client.sessions.start(local.steady, 0.015)
            ended = client.runs.wait(started.run)
            now = time.perf_counter()
            began = time.perf_counter()
            client.runs.retrieve(started.run)
            trip = time.perf_counter() - began
            if number >= 10:
                assert ended.output is not None
                # The end as measured by the task, so that the delay includes the server's work.
                delays.append(now - ended.output)
                trips.append(trip)
    trip = statistics.median(trips)
    ninety_nine = percentile(delays, 99)
    low, middle, high = quartiles(delays)
    yield Line(
        WHAT,
        AGAINST,
        ninety_nine / trip,
        low / trip,
        high / trip,
        Goal(at_most=3),
        f"{milli(ninety_nine)} : {milli(trip)}; median {milli(middle)}, "
        f"p99 of the round trips {milli(percentile(trips, 99))}",
        WHY,
    )
