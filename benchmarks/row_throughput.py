"""Many concurrent starts on one async client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeAlias

import httpx

from examples.review import ReviewRequest
from helmr_ergonomic import AiohttpClient, AsyncHelmrClient

from . import canned, samples
from .measure import Goal, Line, Sides

AGAINST = "the same with bare `httpx.AsyncClient`"
WHY = (
    "What is left is mostly the connection: httpcore's HTTP/1.1 in Python, or aiohttp's session, and asyncio."
)

Start: TypeAlias = Callable[[int], Awaitable[None]]


def lines() -> Iterator[Line]:
    with canned.server() as url:
        for in_flight, starts, own, with_aiohttp in ((64, 500, 2.5, 6.0), (512, 512, 2.0, 4.0)):
            goals = (Goal(at_least=own), Goal(at_least=with_aiohttp))
            both = asyncio.run(_rounds(url, in_flight, starts))
            for name, goal, sides in zip(("", ", connections of aiohttp"), goals, both, strict=True):
                ours, theirs = (starts / seconds for seconds in (sides.our_median, sides.their_median))
                yield sides.line(
                    f"starts, {in_flight} in flight, one async client{name}, loopback server: throughput",
                    AGAINST + (" (`max_connections=1000`, `pool=None`)" if in_flight > 100 else ""),
                    goal,
                    f"{ours:.0f}/s : {theirs:.0f}/s",
                    rate=True,
                    why=WHY,
                )


async def _rounds(url: str, in_flight: int, starts: int) -> tuple[Sides, Sides]:
    """Return the times of both sides, without and with aiohttp, measured in alternation."""
    key = {"Authorization": f"Bearer {samples.KEY}"}
    bare: dict[str, Any] = {}
    if in_flight > 100:  # httpx's defaults are too low for this
        bare = {"limits": httpx.Limits(max_connections=1000), "timeout": httpx.Timeout(60, pool=None)}
    async with (
        AsyncHelmrClient(url, samples.KEY) as client,
        AiohttpClient() as connections,
        AsyncHelmrClient(url, samples.KEY, http_client=connections) as with_aiohttp,
        httpx.AsyncClient(base_url=url, headers=key, **bare) as http,
    ):

        async def theirs(number: int) -> None:
            body = {
                "task_id": "review-pull-request",
                "payload": {"owner": "OWNER", "repo": "REPO", "prNumber": number},
                "max_duration_seconds": 900,
                "idempotency_key": f"delivery-{number}",
            }
            response = await http.post("/api/sessions", json=body)
            response.raise_for_status()
            assert response.json()["run"]["id"]

        sides = [_ours(client), _ours(with_aiohttp), theirs]
        times: list[list[float]] = [[], [], []]
        for number in range(1 + (3 if in_flight > 100 else 6)):
            for index in range(3):
                side = (index + number) % 3
                seconds = await _part(sides[side], in_flight, starts)
                if number:  # the first round opens connections and warms up imports
                    times[side].append(seconds)
    return Sides(times[0], times[2]), Sides(times[1], times[2])


def _ours(client: AsyncHelmrClient) -> Start:
    async def start(number: int) -> None:
        started = await client.sessions.start(
            samples.review,
            ReviewRequest("OWNER", "REPO", number),
            idempotency_key=f"delivery-{number}",
        )
        assert started.run.id

    return start


async def _part(start: Start, in_flight: int, starts: int) -> float:
    numbers = iter(range(starts))

    async def worker() -> None:
        for number in numbers:
            await start(number)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(worker())
    return time.perf_counter() - began
