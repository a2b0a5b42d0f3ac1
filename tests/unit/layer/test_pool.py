"""The connection pool. The sync pool is derived from the async one, so most tests cover only the async
one."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import h11
import httpcore
import httpx
import pytest

from helmr_ergonomic import AsyncHelmrClient, HelmrClient
from helmr_ergonomic._async.connections import AsyncPooledTransport
from helmr_ergonomic._async.pool import AsyncPool
from helmr_ergonomic._sync.connections import PooledTransport
from helmr_ergonomic._sync.pool import Pool

pytestmark = pytest.mark.anyio

HERE = "https://here.test"
THERE = "https://there.test"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Line:
    """A fake connection, sync and async, that responds immediately or when `hold` is set."""

    def __init__(self, origin: httpcore.Origin, hold: asyncio.Event | None) -> None:
        self.origin = origin
        self.requests = 0
        self.state = "new"
        self.expired = False
        self.fails: BaseException | None = None
        self._hold = hold

    def is_idle(self) -> bool:
        return self.state == "idle"

    def has_expired(self) -> bool:
        return self.expired

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        self.begin()
        try:
            if self._hold is not None:
                await self._hold.wait()
        except BaseException:
            self.state = "closed"
            raise
        return httpcore.Response(200, content=AsyncBody(self))

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        self.begin()
        return httpcore.Response(200, content=Body(self))

    def begin(self) -> None:
        assert self.state != "active", "two requests at once on one connection"
        if self.fails is not None:
            self.state = "closed"
            raise self.fails
        assert self.state in ("new", "idle")
        self.state = "active"
        self.requests += 1

    def end(self) -> None:
        if self.state == "active":
            self.state = "idle"

    def close(self) -> None:
        self.state = "closed"

    async def aclose(self) -> None:
        self.close()


class Body:
    def __init__(self, line: Line) -> None:
        self._line = line

    def __iter__(self) -> Iterator[bytes]:
        yield b""

    def close(self) -> None:
        self._line.end()


class AsyncBody:
    def __init__(self, line: Line) -> None:
        self._line = line

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b""

    async def aclose(self) -> None:
        self._line.end()


class Lines:
    """Creates the fake connections."""

    def __init__(self) -> None:
        self.made: list[Line] = []
        self.hold: asyncio.Event | None = None

    def create_connection(self, origin: httpcore.Origin) -> Line:
        self.made.append(Line(origin, self.hold))
        return self.made[-1]

    @property
    def open(self) -> int:
        return sum(line.state in ("active", "idle") for line in self.made)


def limits(most: int = 10, idle: int = 10, seconds: float = 5.0) -> httpx.Limits:
    return httpx.Limits(max_connections=most, max_keepalive_connections=idle, keepalive_expiry=seconds)


def request(origin: str = HERE, pool: float | None = 10.0) -> httpcore.Request:
    return httpcore.Request(
        "GET", origin, headers={"Host": "here.test"}, extensions={"timeout": {"pool": pool}}
    )


def pool_of(lines: Lines, **values: Any) -> AsyncPool:
    return AsyncPool(cast(Any, lines), limits(**values))


async def send(pool: AsyncPool, origin: str = HERE, seconds: float | None = 10.0) -> Any:
    response: Any = await pool.handle_async_request(request(origin, seconds))
    return response.stream


async def send_all(pool: AsyncPool, origin: str = HERE) -> None:
    await (await send(pool, origin)).aclose()


async def test_the_most_recently_used_connection_is_reused_first() -> None:
    lines = Lines()
    pool = pool_of(lines)
    first, second = await send(pool), await send(pool)
    await second.aclose()
    await first.aclose()
    for _ in range(3):
        await send_all(pool)
    assert [line.requests for line in lines.made] == [4, 1]


async def test_each_origin_has_its_own_connections() -> None:
    lines = Lines()
    pool = pool_of(lines)
    for origin in (HERE, THERE, HERE, THERE, "https://here.test:8443", "http://here.test"):
        await send_all(pool, origin)
    assert [line.requests for line in lines.made] == [2, 2, 1, 1]


async def test_an_expired_or_closed_connection_is_not_reused() -> None:
    lines = Lines()
    pool = pool_of(lines)
    await send_all(pool)
    lines.made[0].expired = True
    await send_all(pool)
    assert [line.state for line in lines.made] == ["closed", "idle"]


async def test_the_next_response_closes_connections_that_were_idle_too_long() -> None:
    lines = Lines()
    pool = pool_of(lines, seconds=0.0)
    bodies = [await send(pool) for _ in range(3)]
    for body in bodies:
        await body.aclose()
    assert lines.open == 0


async def test_the_number_of_idle_connections_is_limited() -> None:
    lines = Lines()
    pool = pool_of(lines, idle=2)
    for body in [await send(pool) for _ in range(5)]:
        await body.aclose()
    assert lines.open == 2
    assert [line.state for line in lines.made[-2:]] == ["idle", "idle"], "the oldest are closed"


async def test_the_number_of_open_connections_is_limited_and_requests_queue_in_order() -> None:
    lines = Lines()
    pool = pool_of(lines, most=2)
    bodies = [await send(pool), await send(pool)]
    served: list[int] = []

    async def another(number: int) -> None:
        body = await send(pool)
        served.append(number)
        await body.aclose()

    async with asyncio.TaskGroup() as tasks:
        for number in range(5):
            tasks.create_task(another(number))
        await asyncio.sleep(0)
        assert served == []
        for body in bodies:
            await body.aclose()
    assert served == [0, 1, 2, 3, 4]
    assert len(lines.made) == 2


async def test_waiting_for_a_connection_times_out() -> None:
    pool = pool_of(Lines(), most=1)
    body = await send(pool)
    with pytest.raises(httpcore.PoolTimeout):
        await send(pool, seconds=0.001)
    await body.aclose()
    await send_all(pool)


async def test_an_idle_connection_to_another_origin_is_closed_if_the_pool_is_full() -> None:
    lines = Lines()
    pool = pool_of(lines, most=1)
    await send_all(pool, THERE)
    await send_all(pool, HERE)
    assert [line.state for line in lines.made] == ["closed", "idle"]
    body = await send(pool, HERE)
    waiting = asyncio.create_task(send_all(pool, THERE))
    await asyncio.sleep(0)
    await body.aclose()
    await waiting
    assert lines.open == 1


async def test_a_failed_request_frees_its_slot() -> None:
    lines = Lines()
    pool = pool_of(lines, most=1)
    await send_all(pool)
    lines.made[0].fails = httpcore.ReadError()
    with pytest.raises(httpcore.ReadError):
        await send(pool)
    await send_all(pool)
    assert lines.open == 1


async def test_an_unavailable_connection_is_replaced() -> None:
    lines = Lines()
    pool = pool_of(lines)
    await send_all(pool)
    lines.made[0].fails = httpcore.ConnectionNotAvailable()
    await send_all(pool)
    assert [line.state for line in lines.made] == ["closed", "idle"]


async def test_closing_a_body_twice_releases_its_connection_once() -> None:
    lines = Lines()
    pool = pool_of(lines)
    body = await send(pool)
    await body.aclose()
    other = await send(pool)
    await body.aclose()
    assert lines.made[0].state == "active"
    await send_all(pool)
    assert len(lines.made) == 2
    await other.aclose()


@pytest.mark.parametrize("seed", range(20))
async def test_cancellation_never_leaks_a_slot(seed: int) -> None:
    """Cancels requests while they wait, connect or read, or just as they get a connection."""
    chance = random.Random(seed)  # noqa: S311  chooses what is cancelled
    lines = Lines()
    lines.hold = asyncio.Event()
    pool = pool_of(lines, most=3)

    async def one() -> None:
        body = await send(pool, chance.choice([HERE, THERE]))
        try:
            await asyncio.sleep(0)
        finally:
            await body.aclose()

    tasks = [asyncio.create_task(one()) for _ in range(40)]
    await asyncio.sleep(0)
    for task in chance.sample(tasks, 10):
        task.cancel()
    lines.hold.set()
    while not all(task.done() for task in tasks):
        if chance.random() < 0.3:
            chance.choice(tasks).cancel()
        assert lines.open <= 3
        await asyncio.sleep(0)
    await asyncio.gather(*tasks, return_exceptions=True)
    bodies = [await send(pool, HERE, 1.0) for _ in range(3)]
    assert lines.open == 3
    for body in bodies:
        await body.aclose()


async def test_a_closed_pool_keeps_no_connection() -> None:
    lines = Lines()
    pool = pool_of(lines)
    body = await send(pool)
    await send_all(pool)
    await pool.aclose()
    assert lines.open == 0
    await body.aclose()
    assert lines.open == 0


def test_threads_share_a_pool() -> None:
    lines = Lines()
    pool = Pool(cast(Any, lines), limits(most=4, idle=2))
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for number in range(100):
                body: Any = pool.handle_request(request(HERE if number % 3 else THERE)).stream
                body.close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sum(line.requests for line in lines.made) == 800
    assert lines.open <= 4


def test_waiting_for_a_connection_in_a_thread_times_out() -> None:
    pool = Pool(cast(Any, Lines()), limits(most=1))
    body: Any = pool.handle_request(request()).stream
    with pytest.raises(httpcore.PoolTimeout):
        pool.handle_request(request(pool=0.001))
    body.close()
    body = pool.handle_request(request()).stream
    body.close()


# --- integration in httpx ----------------------------------------------------------------------------------


@pytest.mark.parametrize("proxy", [None, "http://proxy.test:3128", "https://proxy.test"])
def test_httpx_transports_use_the_pool(proxy: str | None) -> None:
    made = httpx.Proxy(proxy) if proxy else None
    for transport in (
        PooledTransport(limits=limits(), proxy=made, trust_env=False),
        AsyncPooledTransport(limits=limits(), proxy=made, trust_env=False),
    ):
        assert isinstance(transport, (httpx.HTTPTransport, httpx.AsyncHTTPTransport))
        assert isinstance(transport._pool, (Pool, AsyncPool))


async def test_a_patched_httpx_method_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """OpenTelemetry, pytest-httpx and others patch it, even after the client is created."""
    seen: list[str] = []
    counts = dict.fromkeys(("queued", "running", "waiting", "succeeded", "failed", "cancelled", "expired"), 0)

    def response(self: object, made: httpx.Request) -> httpx.Response:
        seen.append(made.url.path)
        return httpx.Response(200, json=counts)

    async def async_response(self: object, made: httpx.Request) -> httpx.Response:
        return response(self, made)

    client, other = HelmrClient("https://a.test", "k"), AsyncHelmrClient("https://a.test", "k")
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", response)
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", async_response)
    client.runs.counts()
    await other.runs.counts()
    assert seen == ["/api/runs/counts"] * 2
    client.close()
    await other.aclose()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
PLAIN = b"6\r\ndata: \r\n0020\r\na chunk with a line end \r\n in it\r\n00002\r\n\n\n\r\n"
CONTENT = b"data: a chunk with a line end \r\n in it\n\n"


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def pool_on(received: list[bytes]) -> AsyncPool:
    """Return a pool whose only connection receives these bytes, one element at a read."""
    backend = httpcore.AsyncMockBackend(received)
    return AsyncPool(httpcore.AsyncConnectionPool(network_backend=backend), limits())


async def content_of(pool: AsyncPool) -> bytes:
    body = await send(pool, "http://here.test")
    try:
        return b"".join([piece async for piece in body])
    finally:
        await body.aclose()


@pytest.mark.parametrize(
    ("end", "rest"),
    [
        (b"0\r\n\r\n", b""),
        (b"000\r\nX-Trailer: 1\r\n\r\n", b""),
        (b"0;last\r\n\r\n", b""),
        (b"4;name=value\r\nmore\r\n1\r\n.\r\n0\r\n\r\n", b"more."),
        (b"000000000000000001\r\n.\r\n0\r\n\r\n", b"."),
    ],
)
async def test_a_chunked_body_is_the_same_however_its_bytes_arrive(end: bytes, rest: bytes) -> None:
    whole, expected = HEAD + PLAIN + end, CONTENT + rest
    for size in range(1, len(whole) + 1):
        pool = pool_on([*pieces(whole, size), *pieces(whole, size)])
        assert await content_of(pool) == expected
        assert await content_of(pool) == expected, "the connection is not reused"
        assert len(pool._all) == 1


@pytest.mark.parametrize(
    "end",
    [
        b"",
        b"5",
        b"5\r\nab",
        b"5\r\nabcde",
        b"5\r\nabcdeXX0\r\n\r\n",
        b"5\r\nabcde0\r\n\r\n",
        b"\r\n0\r\n\r\n",
        b"xyz\r\nabcde\r\n0\r\n\r\n",
        b"-5\r\nabcde\r\n0\r\n\r\n",
        b"1" * 500,
        b"0\r\nX-Trailer",
    ],
)
async def test_a_chunked_body_that_breaks_is_refused_as_by_h11(end: bytes) -> None:
    whole = HEAD + PLAIN + end
    for size in range(1, len(whole) + 1):
        pool = pool_on(pieces(whole, size))
        with pytest.raises(httpcore.RemoteProtocolError):
            await content_of(pool)
        assert not pool._all


@pytest.mark.parametrize("end", [b"5\r\nab", b"5\r\nabcde", b"5\r\nabcde\r", b"5\r\nabcde\r\n"])
async def test_a_chunked_body_that_ends_early_is_called_incomplete(end: bytes) -> None:
    with pytest.raises(httpcore.RemoteProtocolError, match="incomplete chunked read"):
        await content_of(pool_on([HEAD + PLAIN, end]))


async def test_a_chunked_body_that_is_left_closes_its_connection() -> None:
    pool = pool_on([HEAD + PLAIN, b"0\r\n\r\n"])
    body = await send(pool, "http://here.test")
    async for _ in body:
        break
    await body.aclose()
    assert not pool._all


async def test_a_chunked_body_may_stay_unread() -> None:
    pool = pool_on([HEAD + PLAIN, b"0\r\n\r\n"])
    await (await send(pool, "http://here.test")).aclose()
    assert not pool._all


async def test_a_response_without_a_body_is_not_read_as_chunks() -> None:
    pool = pool_on([HEAD.replace(b"200 OK", b"204 No Content"), HEAD + b"1\r\n.\r\n0\r\n\r\n"])
    assert [await content_of(pool), await content_of(pool)] == [b"", b"."]


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_h11_does_not_get_the_content_of_plain_chunks(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = 0
    receive = h11.Connection.receive_data

    def counted(self: h11.Connection, data: bytes) -> None:
        nonlocal given
        given += len(data)
        receive(self, data)

    monkeypatch.setattr(h11.Connection, "receive_data", counted)
    chunk = b"%x\r\n%b\r\n" % (10_000, b"." * 10_000)
    received = [HEAD, *[chunk] * 10, b"0\r\n\r\n"]
    if kind == "async":
        content = await content_of(pool_on(received))
    else:
        makes = httpcore.ConnectionPool(network_backend=httpcore.MockBackend(received))
        body: Any = Pool(makes, limits()).handle_request(request("http://here.test")).stream
        content = b"".join(body)
        body.close()
    assert content == b"." * 100_000
    assert given == len(HEAD) + len(b"0\r\n\r\n")


@pytest.mark.parametrize(
    "first",
    [
        HEAD + b"0\r\n\r\n",
        HEAD + PLAIN + b"0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ],
)
async def test_bytes_after_a_body_are_not_read_as_the_next_response(first: bytes) -> None:
    more = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"
    pool = pool_on([first + more])
    assert await content_of(pool) in (b"", CONTENT)
    assert not pool._all


class Silent(httpcore.AsyncMockStream):
    """A connection on which the server sends no more, but which it leaves open."""

    closed = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  as httpcore's
        if not self._buffer:
            raise httpcore.ReadTimeout("nothing was sent")
        return await super().read(max_bytes, timeout)

    async def aclose(self) -> None:
        self.closed = True


async def read_until_silent(
    received: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> tuple[Silent, list[str], BaseException]:
    """Read a body until it fails. Returns the connection, before the body is closed, and what was traced."""
    network, traced = Silent(received), list[str]()

    async def connect(*_: object, **__: object) -> Silent:
        return network

    async def trace(event: str, _: object) -> None:
        traced.append(event)

    backend = httpcore.AsyncMockBackend([])
    monkeypatch.setattr(backend, "connect_tcp", connect)
    pool = AsyncPool(httpcore.AsyncConnectionPool(network_backend=backend), limits())
    sent = request("http://here.test")
    sent.extensions["trace"] = trace
    body: Any = (await pool.handle_async_request(sent)).stream
    with pytest.raises((httpcore.ReadTimeout, httpcore.RemoteProtocolError)) as raised:
        [piece async for piece in body]
    return network, traced, raised.value


@pytest.mark.parametrize("part", [b"", b"5", b"5\r\nab", b"5\r\nabcde", b"5\r\nabcde\r", b"0\r\n"])
async def test_a_chunked_body_that_stalls_closes_its_connection_and_is_traced(
    part: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, traced, error = await read_until_silent([HEAD, PLAIN, *([part] if part else [])], monkeypatch)
    assert isinstance(error, httpcore.ReadTimeout)
    assert network.closed
    assert [event for event in traced if "response_body" in event] == [
        "http11.receive_response_body.started",
        "http11.receive_response_body.failed",
    ]


@pytest.mark.parametrize("end", [b"X", b"\n", b"\rX"])
async def test_a_wrong_end_of_a_chunk_is_refused_at_once(end: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, error = await read_until_silent([HEAD, b"5\r\nabcde", end], monkeypatch)
    assert isinstance(error, httpcore.RemoteProtocolError)
