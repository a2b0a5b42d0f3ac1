"""`runs.retrieve`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import samples
from .measure import Goal, Line, calls, micro
from .mocked import pair

WHAT = "`runs.retrieve`, mock transport"
AGAINST = "bare httpx get + json"


def lines() -> Iterator[Line]:
    run = samples.finished_run()
    client, http = pair(200, run)

    def ours() -> Any:
        return client.runs.retrieve(run["id"]).status

    def theirs() -> Any:
        answer = http.get(f"/api/runs/{run['id']}")
        answer.raise_for_status()
        return answer.json()["status"]

    both = calls(ours, theirs)
    yield both.line(
        WHAT, AGAINST, Goal(at_most=1.4), f"{micro(both.our_median)} : {micro(both.their_median)}"
    )
