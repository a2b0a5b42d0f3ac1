"""`sessions.start` of a typed task, with a parsed response."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from examples.review import ReviewRequest

from . import samples
from .measure import Goal, Line, calls, micro
from .mocked import pair

WHAT = "`sessions.start` with a typed task, response parsed, mock transport"
THE_SAME = "the same with a user's `http_client`"
AGAINST = "bare httpx post + json of the same body"
WHY = (
    "A tenth of it is the response: two models with 60 fields are created and their types checked. A "
    "fifth is the body: the payload is checked, the key hashed, and each field checked and written. "
    "An eighth is the mock transport, which both sides use. The bare side only writes and parses JSON."
)


def lines() -> Iterator[Line]:
    yield line(WHAT, Goal(at_most=0.7), own=True)
    yield line(THE_SAME, Goal(at_most=1.4), own=False)


def line(what: str, goal: Goal, *, own: bool) -> Line:
    client, http = pair(201, samples.response("post", "/api/sessions", 201), own=own)

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
        # The digest that our side computes for each call.
        "idempotency_key": "5f1c0f0e0e7a4b0d9c3c9c1b8a7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c9d",
    }

    def theirs() -> Any:
        response = http.post("/api/sessions", json=body)
        response.raise_for_status()
        started = response.json()
        return started["session"]["id"], started["run"]["id"]

    both = calls(ours, theirs, seconds=4.0)
    figures = f"{micro(both.our_median)} : {micro(both.their_median)}"
    return both.line(what, AGAINST, goal, figures, why=WHY)
