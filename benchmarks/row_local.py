"""helmr_local against a mock server of the same document."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator

from helmr_ergonomic import HelmrClient

from . import load, local, prism, samples
from .load import Load
from .measure import Goal, Line, Sides, milli, percentile

ROUNDS = 6
REQUESTS = 1_500
WARM_UPS = 3  # Node.js compiles during the first few thousand requests
AGAINST = "a Prism mock of the same document"
WHY_STARTS = (
    "Prism responds with the document's example and keeps nothing. Here a start is checked by the contract's "
    "rules and stored in 4 statements: inserts of the key, workspace, run and session."
)
# Counted with callgrind and cProfile (Python 3.11), without the socket and the kernel.
WHY_EXECUTED = (
    f"{WHY_STARTS} To execute the run takes 3 statements more. Together this is 1.3 million instructions, "
    "most of them in the Python interpreter, for 700 function calls of which none takes more than 4%. "
    "Commits do not matter: 16 connections share two."
)
WHY_IN_A_FILE = f"{WHY_EXECUTED} With the database in a file, a start also writes 6 pages to its log."
WHY_GETS = "Reading and writing HTTP in Python is most of what a get costs."
STARTS = "helmr_local: starts per second"


def lines() -> Iterator[Line]:
    with (
        tempfile.TemporaryDirectory() as folder,
        prism.server() as mock,
        local.server() as helmr,
        local.server(f"{folder}/helmr.sqlite3") as lasting,
    ):
        session = helmr.do("sessions", count=200)
        yield _compare(
            f"{STARTS} (each run executed)",
            WHY_EXECUTED,
            lambda: load.run(helmr.url, load.starts(helmr.key, local.review.id), REQUESTS),
            lambda: load.run(mock, load.starts("key", "review-pull-request"), REQUESTS),
            goal=Goal(at_least=4),
        )
        yield _compare(
            f"{STARTS} (each run executed, the database in a file)",
            WHY_IN_A_FILE,
            lambda: load.run(lasting.url, load.starts(lasting.key, local.review.id), REQUESTS),
            lambda: load.run(mock, load.starts("key", "review-pull-request"), REQUESTS),
            goal=Goal(at_least=3),
        )
        example = samples.response("post", "/api/sessions", 201)["session"]["id"]
        with HelmrClient(helmr.url, helmr.key) as client:
            client.sessions.start(local.held, 3600.0)
        yield _compare(
            f"{STARTS} (the runs stay queued)",
            WHY_STARTS,
            lambda: load.run(helmr.url, load.starts(helmr.key, local.held.id, "0.1"), REQUESTS),
            lambda: load.run(mock, load.starts("key", "review-pull-request"), REQUESTS),
        )
        yield _compare(
            "helmr_local: gets per second (a session)",
            WHY_GETS,
            lambda: load.run(helmr.url, load.get(f"/api/sessions/{session}", helmr.key), REQUESTS),
            lambda: load.run(mock, load.get(f"/api/sessions/{example}", "key"), REQUESTS),
        )


def _compare(
    what: str,
    why: str,
    ours: Callable[[], Load],
    theirs: Callable[[], Load],
    goal: Goal | None = Goal(at_least=3),  # noqa: B008  # a constant
) -> Line:
    for _ in range(WARM_UPS):
        ours()
        theirs()
    our_loads: list[Load] = []
    their_loads: list[Load] = []
    for number in range(ROUNDS):
        sides = [(ours, our_loads), (theirs, their_loads)]
        for measure, loads in sides if number % 2 else reversed(sides):
            loads.append(measure())
    both = Sides([once.seconds for once in our_loads], [once.seconds for once in their_loads])
    tails = [
        percentile([one for once in loads for one in once.latencies], 99)
        for loads in (our_loads, their_loads)
    ]
    return both.line(
        what,
        AGAINST,
        goal,
        f"{REQUESTS / both.our_median:,.0f}/s : {REQUESTS / both.their_median:,.0f}/s, "
        f"p99 {milli(tails[0])} : {milli(tails[1])} with {load.CONNECTIONS} connections",
        rate=True,
        why=why,
    )
