"""Many starts at once on one async client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

import httpx

from examples.review import ReviewRequest
from helmr_ergonomic import AsyncHelmrClient

from . import canned, samples
from .measure import Goal, Line, Sides

STARTS = 5_000
IN_FLIGHT = 64
PART = 500
WHAT = f"{STARTS:,} starts, {IN_FLIGHT} in flight, one async client, loopback server: throughput"
AGAINST = "the same with bare `httpx.AsyncClient`"


def lines() -> Iterator[Line]:
    with canned.server() as url:
        both = asyncio.run(_rounds(url))
    ours, theirs = (PART / seconds for seconds in (both.our_median, both.their_median))
    yield both.line(WHAT, AGAINST, Goal(at_least=0.9), f"{ours:.0f}/s : {theirs:.0f}/s", rate=True)


async def _rounds(url: str) -> Sides:
    """All starts of both sides, in turns of some hundred, so that load on the machine hits both."""
    async with (
        AsyncHelmrClient(url, samples.KEY) as client,
        httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {samples.KEY}"}) as http,
    ):

        async def ours(number: int) -> None:
            started = await client.sessions.start(
                samples.review,
                ReviewRequest("OWNER", "REPO", number),
                idempotency_key=f"delivery-{number}",
            )
            assert started.run.id

        async def theirs(number: int) -> None:
            body = {
                "task_id": "review-pull-request",
                "payload": {"owner": "OWNER", "repo": "REPO", "prNumber": number},
                "max_duration_seconds": 900,
                "idempotency_key": f"delivery-{number}",
            }
            answer = await http.post("/api/sessions", json=body)
            answer.raise_for_status()
            assert answer.json()["run"]["id"]

        await _part(ours)
        await _part(theirs)
        our_times: list[float] = []
        their_times: list[float] = []
        for number in range(STARTS // PART):
            if number % 2:
                their_times.append(await _part(theirs))
                our_times.append(await _part(ours))
            else:
                our_times.append(await _part(ours))
                their_times.append(await _part(theirs))
    return Sides(our_times, their_times)


async def _part(start: Callable[[int], Awaitable[None]]) -> float:
    numbers = iter(range(PART))

    async def worker() -> None:
        for number in numbers:
            await start(number)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(IN_FLIGHT):
            group.create_task(worker())
    return time.perf_counter() - began
