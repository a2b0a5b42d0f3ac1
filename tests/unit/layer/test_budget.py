"""Limits on the load that a client adds to a failing server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from helmr_api.types import EventStream
from helmr_ergonomic import RetryBudget, errors
from helmr_ergonomic.reconnect import Reconnects
from helmr_ergonomic.retries import retry_delay

from . import responses as bodies  # words: allow
from .driver import Driver

RUN_ID = "0190f6d8-0000-7000-8000-000000000001"


class Server:
    """Responds 503 to every request while it is down."""

    def __init__(self) -> None:
        self.requests = 0
        self.is_down = True

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        if self.is_down:
            return httpx.Response(503, json={"error": "down", "code": "internal"})
        return httpx.Response(200, json=bodies.run())


def fail(drive: Driver, client: Any, calls: int) -> None:
    for _ in range(calls):
        with pytest.raises(errors.ServerError):
            drive(client.runs.retrieve(RUN_ID))


def test_with_an_empty_budget_each_call_sends_one_request(drive: Driver, naps: list[float]) -> None:
    server = Server()
    client = drive.client(server, retry_budget=RetryBudget(6))
    fail(drive, client, 2)
    assert server.requests == 2 + 6, "each with three retries"
    fail(drive, client, 20)
    assert server.requests == 2 + 6 + 20
    assert len(naps) == 6


def test_successes_refill_the_budget(drive: Driver, naps: list[float]) -> None:
    server = Server()
    budget = RetryBudget(4, refill=0.5)
    client = drive.client(server, retry_budget=budget)
    fail(drive, client, 2)
    assert budget.tokens == 0
    server.is_down = False
    for _ in range(3):
        drive(client.runs.retrieve(RUN_ID))
    assert budget.tokens == 1.5
    for _ in range(30):
        drive(client.runs.retrieve(RUN_ID))
    assert budget.tokens == 4, "never more than its capacity"


def test_a_retry_that_succeeds_costs_nothing(drive: Driver, naps: list[float]) -> None:
    budget = RetryBudget(4, refill=0)
    server = Server()

    def flaky(request: httpx.Request) -> httpx.Response:
        server.is_down = server.requests % 2 == 0
        return server(request)

    client = drive.client(flaky, retry_budget=budget)
    for _ in range(10):
        drive(client.runs.retrieve(RUN_ID))
    assert server.requests == 20
    assert budget.tokens == 4


def test_clients_made_by_with_options_share_the_budget(drive: Driver, naps: list[float]) -> None:
    server = Server()
    client = drive.client(server, retry_budget=RetryBudget(1))
    fail(drive, client.with_options(max_retries=1), 1)
    fail(drive, client, 1)
    fail(drive, client.with_raw_response, 1)
    assert server.requests == 4


def test_without_a_budget_every_call_is_retried(drive: Driver, naps: list[float]) -> None:
    server = Server()
    fail(drive, drive.client(server, retry_budget=None), 200)
    assert server.requests == 800


@pytest.mark.parametrize("budget", [5, True, "10", RetryBudget])
def test_anything_but_a_budget_is_an_argument_error(drive: Driver, budget: Any) -> None:
    with pytest.raises(errors.ArgumentError, match="retry_budget must be a RetryBudget or None, not"):
        drive.client(Server(), retry_budget=budget)


def test_a_client_has_its_own_budget(drive: Driver, naps: list[float]) -> None:
    server = Server()
    fail(drive, drive.client(server), 200)
    assert server.requests == 200 + RetryBudget().initial


@pytest.mark.parametrize(
    "values",
    [
        {"capacity": 0},
        {"capacity": "5"},
        {"capacity": True},
        {"refill": -0.1},
        {"refill": 2},
        {"reconnects": 0},
    ],
)
def test_an_out_of_range_option_is_rejected(values: dict[str, Any]) -> None:
    with pytest.raises(errors.ArgumentError, match=f"{next(iter(values))} must be"):
        RetryBudget(**values)


def test_delays_have_full_jitter() -> None:
    delays = [retry_delay(3, None) for _ in range(1000)]
    assert min(delays) < 0.1
    assert 1.9 < max(delays) <= 2.0
    with_retry_after = [retry_delay(1, 10.0) for _ in range(1000)]
    assert 10.0 <= min(with_retry_after) < 10.1
    assert 12.4 < max(with_retry_after) <= 12.5


# --- reconnecting streams -----------------------------------------------------------------------------------


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    time = [1000.0]
    monkeypatch.setattr("helmr_ergonomic.reconnect.monotonic", lambda: time[0])
    return time


def broken(per_second: int | None, count: int) -> Reconnects:
    reconnects = Reconnects(per_second)
    for number in range(count):
        reconnects.broke(f"/{number}")
    return reconnects


def delays(reconnects: Reconnects, count: int) -> list[float]:
    return [reconnects.delay(f"/{number}") for number in range(count)]


@pytest.mark.usefixtures("now")
def test_streams_that_never_broke_open_without_delay() -> None:
    assert delays(Reconnects(4), 50) == [0.0] * 50


@pytest.mark.usefixtures("now")
def test_a_single_broken_stream_reopens_without_delay() -> None:
    reconnects = broken(4, 1)
    assert [reconnects.delay("/0") for _ in range(10)] == [0.0] * 10


@pytest.mark.usefixtures("now")
def test_broken_streams_reopen_at_a_limited_rate() -> None:
    assert delays(broken(4, 8), 8) == [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75]
    assert delays(broken(None, 8), 8) == [0.0] * 8


@pytest.mark.usefixtures("now")
def test_no_reconnect_waits_more_than_30_seconds() -> None:
    found = delays(broken(1, 1000), 1000)
    assert found[:31] == [float(number) for number in range(31)]
    assert all(15 <= delay <= 30 for delay in found[31:])


@pytest.mark.usefixtures("now")
def test_a_client_reopens_broken_streams_at_the_rate_of_its_budget(drive: Driver, naps: list[float]) -> None:
    client = drive.client(Server(), retry_budget=RetryBudget(reconnects=4))

    def open_sync(stream: EventStream[None]) -> None:
        with client._transport.frames(stream, 30.0):
            pass

    async def open_async(stream: EventStream[None]) -> None:
        async with client._transport.frames(stream, 30.0):
            pass

    opening: Any = open_sync if drive.kind == "sync" else open_async
    for number in (0, 1, 2, 0, 1, 2):
        stream = EventStream[None](f"/api/runs/{RUN_ID[:-1]}{number}/events", lambda event, data: None)
        with pytest.raises(errors.ServerError):
            drive(opening(stream))
    assert naps == [0.25, 0.5]


class Breaks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that ends with a reset connection."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        yield self._data
        raise httpx.ReadError("reset")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


def test_streams_that_break_after_the_event_waited_for_delay_no_others(
    drive: Driver, naps: list[float]
) -> None:
    sent = 0

    def serve(request: httpx.Request) -> httpx.Response:
        nonlocal sent
        if not request.url.path.endswith("/events"):
            return httpx.Response(200, json=bodies.run(status="running" if sent % 4 else "succeeded"))
        sent += 1
        text = json.dumps(bodies.event(sent, "run.failed"))
        stream = Breaks(f"id: {sent}\nevent: run_event\ndata: {text}\n\n".encode())
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=stream)

    runs = drive.client(serve, retry_budget=RetryBudget(reconnects=4)).runs
    for number in range(3):
        sent += 1  # the run is read as running until the stream has broken three times
        assert drive(runs.wait(f"{RUN_ID[:-1]}{number}")).is_success
    assert sent == 3 * 4
    assert naps == []


def test_reopened_streams_do_not_delay_others(now: list[float]) -> None:
    reconnects = broken(1, 3)
    delays(reconnects, 3)
    for number in range(3):
        reconnects.opened(f"/{number}")
    reconnects.broke("/0")
    reconnects.broke("/1")
    assert delays(reconnects, 2) == [0.0, 1.0]


def test_a_stream_that_is_not_reopened_is_forgotten(now: list[float]) -> None:
    reconnects = broken(1, 1)
    now[0] += 200
    reconnects.broke("/1")
    assert [reconnects.delay("/1") for _ in range(3)] == [0.0] * 3
