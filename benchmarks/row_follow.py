"""Following a long run's events."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import partial

import httpx_sse

from . import canned, samples
from .measure import Goal, Line, in_turns, peak_mib

EVENTS = canned.EVENTS
WHAT = f"following {EVENTS:,} run events: rate"
AGAINST = "httpx-sse and `json.loads` over the same stream"
WHY = (
    "All fields of each event are checked. It becomes a model whose other fields are set when one is used. "
    "Of our processor time, half parses and checks the JSON and a sixth splits the stream into frames; the "
    "rest receives the bytes and passes on the events."
)
USED = "the same, and one more field of each event is used"
MEMORY = "growth of memory from the 1,000th event to the last"
FLAT = 2.0


def lines() -> Iterator[Line]:
    run = samples.finished_run()["id"]
    grown: list[float] = []
    with canned.clients() as (client, http):

        def ours(*, is_used: bool = False) -> float:
            began, count, before = time.perf_counter(), 0, 0.0
            for event in client.runs.events.follow(run):
                count += 1
                if count == 1000:
                    before = peak_mib()
                assert event.kind
                if is_used:
                    assert event.category
            grown.append(peak_mib() - before)
            assert count == EVENTS
            return time.perf_counter() - began

        def theirs(*, is_used: bool = False) -> float:
            began, count = time.perf_counter(), 0
            with httpx_sse.connect_sse(http, "GET", f"/api/runs/{run}/events?follow=1") as source:
                for frame in source.iter_sse():
                    count += 1
                    event = json.loads(frame.data)
                    assert event["kind"]
                    if is_used:
                        assert event["category"]
            assert count == EVENTS
            return time.perf_counter() - began

        both = in_turns(ours, theirs, 5)
        used = in_turns(partial(ours, is_used=True), partial(theirs, is_used=True), 5)
    for what, against, goal, figures in (
        (WHAT, AGAINST, Goal(at_least=2), both),
        (USED, "the same", None, used),
    ):
        rates = f"{EVENTS / figures.our_median:,.0f}/s : {EVENTS / figures.their_median:,.0f}/s"
        yield figures.line(what, against, goal, rates, rate=True, why=WHY)
    # The peak never falls, so only the first round counts. It would include any retained memory.
    yield Line(MEMORY, "MiB, 0 is flat", grown[0], grown[0], grown[0], Goal(at_most=FLAT))
