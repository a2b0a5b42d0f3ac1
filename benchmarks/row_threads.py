"""Many threads on one synchronous client."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import httpx

from examples.review import ReviewRequest
from helmr_ergonomic import HelmrClient

from . import canned, samples
from .measure import Goal, Line, in_turns

THREADS = 64
STARTS = 500
WHAT = f"starts by {THREADS} threads, one client, loopback server: throughput"
AGAINST = "the same with bare `httpx.Client`"
WHY = (
    "Threads take turns in the interpreter, and its lock is passed on at each read and write on both "
    "sides: 11 times for a start, and 13 times for a bare one. A start takes 0.83 of the instructions of a "
    "bare one (cachegrind). The ratio depends on what else the processors do: it was 1.2 to 1.7 on a busy "
    "machine. In a profile of one thread without the socket, h11 takes a fifth of our side, httpcore an "
    "eighth, and this package a third."
)


def lines() -> Iterator[Line]:
    with (
        canned.server() as url,
        HelmrClient(url, samples.KEY) as client,
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {samples.KEY}"}) as http,
    ):

        def ours(number: int) -> None:
            started = client.sessions.start(
                samples.review,
                ReviewRequest("OWNER", "REPO", number),
                idempotency_key=f"delivery-{number}",
            )
            assert started.run.id

        def theirs(number: int) -> None:
            body = {
                "task_id": "review-pull-request",
                "payload": {"owner": "OWNER", "repo": "REPO", "prNumber": number},
                "max_duration_seconds": 900,
                "idempotency_key": f"delivery-{number}",
            }
            response = http.post("/api/sessions", json=body)
            response.raise_for_status()
            assert response.json()["run"]["id"]

        both = in_turns(lambda: _part(ours), lambda: _part(theirs), 6)
    rates = f"{STARTS / both.our_median:.0f}/s : {STARTS / both.their_median:.0f}/s"
    yield both.line(WHAT, AGAINST, Goal(at_least=1.5), rates, rate=True, why=WHY)


def _part(start: Callable[[int], None]) -> float:
    numbers = iter(range(STARTS))
    lock = threading.Lock()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                start(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]
    return time.perf_counter() - began
