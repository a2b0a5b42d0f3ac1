"""`sessions.start` of a typed task, the answer parsed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from examples.review import ReviewRequest

from . import samples
from .measure import Goal, Line, calls, micro
from .mocked import pair

WHAT = "`sessions.start` with a typed task, answer parsed, mock transport"
AGAINST = "bare httpx post + json of the same body"


def lines() -> Iterator[Line]:
    client, http = pair(201, samples.answer("post", "/api/sessions", 201))

    def ours() -> Any:
        started = client.sessions.start(
            samples.review,
            ReviewRequest("OWNER", "REPO", 42),
            external_id="github:OWNER/REPO#42",
            idempotency_key="github:delivery-id",
        )
        return started.session.id, started.run.id

    body = {
        "task_id": "review-pull-request",
        "payload": {"owner": "OWNER", "repo": "REPO", "prNumber": 42},
        "external_id": "github:OWNER/REPO#42",
        "max_duration_seconds": 900,
        # The TypeScript SDK's digest: what our side computes for each call, by hand computed once.
        "idempotency_key": "5f1c0f0e0e7a4b0d9c3c9c1b8a7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c9d",
    }

    def theirs() -> Any:
        answer = http.post("/api/sessions", json=body)
        answer.raise_for_status()
        started = answer.json()
        return started["session"]["id"], started["run"]["id"]

    both = calls(ours, theirs)
    yield both.line(
        WHAT, AGAINST, Goal(at_most=1.5), f"{micro(both.our_median)} : {micro(both.their_median)}"
    )
