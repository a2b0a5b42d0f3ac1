"""From a new process to a client that can send requests."""

from __future__ import annotations

from collections.abc import Iterator

from .measure import Goal, Line, in_turns, milli
from .processes import URL, seconds

OURS = f"from helmr_ergonomic import HelmrClient\nHelmrClient({URL!r}, 'helmr_key_benchmark')"
THEIRS = (
    f"import httpx\nhttpx.Client(base_url={URL!r}, headers={{'Authorization': 'Bearer helmr_key_benchmark'}})"
)
WHAT = "new process to a constructed client"
AGAINST = "httpx imported, a client constructed"

WHY_MADE = (
    "It is at the edge of the goal, which the spread crosses. Besides httpx, our side imports the errors, "
    "the transport and the pool of this package."
)
WHY_FIRST = (
    "It is at the edge of the goal, which the spread crosses. On a mock transport the bare side imports "
    "httpx and nothing else. What our side needs beyond that is 88 modules of this package. Counted in "
    "instructions, the ratio is 1.26."
)

RESPONSE = "httpx.MockTransport(lambda request: httpx.Response(200, json={'error': 'no'}, request=request))"
FIRST_OURS = f"""
import httpx
from helmr_ergonomic import HelmrClient, task, errors
greet = task("greet", payload=dict[str, str])
client = HelmrClient({URL!r}, "k", http_client=httpx.Client(transport={RESPONSE}))
try:
    client.sessions.start(greet, {{"name": "you"}})
except errors.UnexpectedResponseError:
    pass
"""
FIRST_THEIRS = f"""
import httpx
client = httpx.Client(base_url={URL!r}, headers={{"Authorization": "Bearer k"}}, transport={RESPONSE})
client.post("/api/sessions", json={{"task_id": "greet", "payload": {{"name": "you"}}}}).json()
"""


def lines() -> Iterator[Line]:
    made = in_turns(lambda: seconds(OURS), lambda: seconds(THEIRS), 15)
    yield made.line(
        WHAT,
        AGAINST,
        Goal(at_most=1.2),
        f"{milli(made.our_median)} : {milli(made.their_median)}",
        why=WHY_MADE,
    )
    first = in_turns(lambda: seconds(FIRST_OURS), lambda: seconds(FIRST_THEIRS), 15)
    yield first.line(
        "new process to the first typed start sent",
        "httpx imported, the first post sent",
        Goal(at_most=1.4),
        f"{milli(first.our_median)} : {milli(first.their_median)}",
        why=WHY_FIRST,
    )
