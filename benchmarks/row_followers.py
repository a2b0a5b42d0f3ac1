"""Growth of the delivery time of an event with the number of followers."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence

from helmr_ergonomic import HelmrClient

from . import local
from .measure import Goal, Line, micro, milli, quartiles

COUNTS = (1, 64, 512)
EVENTS = 40
ROUNDS = 5


def lines() -> Iterator[Line]:
    with local.server() as helmr, HelmrClient(helmr.url, helmr.key) as client:
        runs = [client.sessions.start(local.steady, 3600.0).run.id for _ in range(max(COUNTS))]
        alone, everybody = asyncio.run(_measured(helmr, runs))
    one = statistics.median(alone[1])
    for count in COUNTS[1:]:
        low, middle, high = quartiles(alone[count])
        yield Line(
            f"an event reaches its follower, {count} followers on one helmr_local",
            "1 follower",
            middle / one,
            low / one,
            high / one,
            Goal(at_most=1.5),
            f"{micro(middle)} : {micro(one)}",
            "Most of so short a time is waking up the process that measures.",
        )
    one = statistics.median(everybody[1])
    for count in COUNTS[1:]:
        low, middle, high = quartiles([seconds / count for seconds in everybody[count]])
        yield Line(
            f"an event for each of {count} followers at once, per follower",
            "1 follower",
            middle / one,
            low / one,
            high / one,
            None,
            f"{milli(middle)} : {milli(one)}; {milli(middle * count)} for all",
        )


async def _measured(
    helmr: local.Helmr, runs: Sequence[str]
) -> tuple[dict[int, list[float]], dict[int, list[float]]]:
    """Return the seconds for an event of one run, and for an event of each run, by number of followers."""
    alone: dict[int, list[float]] = {}
    everybody: dict[int, list[float]] = {}
    followers: list[_Follower] = []
    for count in COUNTS:
        while len(followers) < count:
            followers.append(await _follow(helmr, runs[len(followers)]))
        alone[count] = [await _arrival(helmr, followers[:1]) for _ in range(EVENTS)]
        everybody[count] = [await _arrival(helmr, followers) for _ in range(ROUNDS)]
    for follower in followers:
        follower.close()
    return alone, everybody


async def _arrival(helmr: local.Helmr, followers: Sequence[_Follower]) -> float:
    """Return the seconds from the write of the events until the last has arrived."""
    arrivals = [follower.next() for follower in followers]
    written: float = await asyncio.to_thread(helmr.do, "events_now", runs=[f.run for f in followers])
    return max(await asyncio.gather(*arrivals)) - written


async def _follow(helmr: local.Helmr, run: str) -> _Follower:
    host, port = helmr.url.removeprefix("http://").split(":")
    loop = asyncio.get_running_loop()
    _, follower = await loop.create_connection(lambda: _Follower(run), host, int(port))
    first = follower.next()
    follower.ask(
        f"GET /api/runs/{run}/events?follow=1 HTTP/1.1\r\nhost: localhost\r\n"
        f"authorization: Bearer {helmr.key}\r\n\r\n"
    )
    await first
    return follower


class _Follower(asyncio.Protocol):
    """Receives one run's events, and reports the arrival time of the next."""

    def __init__(self, run: str) -> None:
        self.run = run
        self._next: asyncio.Future[float] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def ask(self, request: str) -> None:
        self._transport.write(request.encode())

    def next(self) -> asyncio.Future[float]:
        self._next = asyncio.get_running_loop().create_future()
        return self._next

    def data_received(self, data: bytes) -> None:
        if b"data: " in data and self._next is not None and not self._next.done():
            self._next.set_result(time.perf_counter())

    def connection_lost(self, exc: Exception | None) -> None:
        if self._next is not None and not self._next.done():
            self._next.set_exception(exc or ConnectionResetError("the stream has ended"))

    def close(self) -> None:
        self._next = None
        self._transport.close()
