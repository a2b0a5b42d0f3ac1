"""`runs.retrieve`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import samples
from .measure import Goal, Line, calls, micro
from .mocked import pair

WHAT = "`runs.retrieve`, mock transport"
THE_SAME = "the same with a user's `http_client`"
AGAINST = "bare httpx get + json"


def lines() -> Iterator[Line]:
    yield line(WHAT, Goal(at_most=0.6), own=True)
    yield line(THE_SAME, Goal(at_most=1.25), own=False)


def line(what: str, goal: Goal, *, own: bool) -> Line:
    run = samples.finished_run()
    client, http = pair(200, run, own=own)

    def ours() -> Any:
        return client.runs.retrieve(run["id"]).status

    def theirs() -> Any:
        response = http.get(f"/api/runs/{run['id']}")
        response.raise_for_status()
        return response.json()["status"]

    both = calls(ours, theirs, seconds=4.0)
    return both.line(what, AGAINST, goal, f"{micro(both.our_median)} : {micro(both.their_median)}")
