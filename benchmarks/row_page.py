"""One page of typed stream records with decoded data."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from . import samples
from .measure import Goal, Line, calls, milli
from .mocked import pair

RECORDS = 500
WHAT = f"one page of {RECORDS} typed stream records, each decoded, mock transport"
AGAINST = "bare httpx get + json"
WHY = (
    "Each record becomes a frozen model whose fields are checked, and its data are converted to their type; "
    "the bare side only parses the JSON. Both sides spend about a sixth on httpx and the mock transport."
)


def lines() -> Iterator[Line]:
    page = samples.record_page(RECORDS)
    client, http = pair(200, page)
    session = samples.response("post", "/api/sessions", 201)["session"]["id"]
    output = client.sessions.open(session).output(samples.report)

    def ours() -> Any:
        # Another page may follow a full one; this row measures one page.
        return [record.data.summary for record in islice(output.list(page_size=RECORDS), RECORDS)]

    def theirs() -> Any:
        response = http.get(f"/api/sessions/{session}/outputs/agent.report", params={"limit": RECORDS})
        response.raise_for_status()
        return [record["data"]["summary"] for record in response.json()["records"]]

    assert ours() == theirs()
    both = calls(ours, theirs)
    yield both.line(
        WHAT, AGAINST, Goal(at_most=0.8), f"{milli(both.our_median)} : {milli(both.their_median)}", why=WHY
    )
