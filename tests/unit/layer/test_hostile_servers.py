"""Whatever a server does, calls end within their timeout, memory is bounded, and nothing stays open."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import os
import select
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Generator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from helmr_api.connection import new_async_http_client
from helmr_contract.request_validator import request_validator
from helmr_ergonomic import AiohttpClient, AsyncHelmrClient, LogLine, errors, sse
from helmr_ergonomic import bodies as limits
from helmr_ergonomic._async import connections as async_connections
from helmr_ergonomic._sync import connections as sync_connections
from helmr_ergonomic._sync.watching import event_stream
from helmr_ergonomic.errors import HelmrError, HelmrTimeoutError, UnexpectedResponseError

from . import responses as bodies  # words: allow
from .driver import KEY, Driver
from .peers import (
    ENDLESS,
    LARGE,
    LARGE_EVENTS,
    SLOW,
    STREAM,
    Connection,
    Peer,
    bomb,
    comments,
    continues,
    dripping_body,
    dripping_head,
    plane,
    silence,
    to_each_request,
    until,
)
from .responses import RUN_ID, TOKEN_ID  # words: allow

ALLOWED = 0.2
"""The timeout of most calls in this module, in seconds."""
PATIENCE = 20.0
"""How long a call may exceed its timeout on a busy machine, in seconds. Peers serve for longer."""


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Build slow and large objects before time and memory are measured."""
    request_validator()
    bomb()


@pytest.fixture(autouse=True)
def nothing_left() -> Generator[None]:
    """Check that every thread started by a call ends."""
    before = set(threading.enumerate())
    yield
    until(lambda: not [t for t in set(threading.enumerate()) - before if t.name.startswith("helmr")])


class Caller:
    """The client under test: sync or async, with its own connections or the caller's HTTP client."""

    def __init__(self, kind: str) -> None:
        self.drive = Driver(kind.partition(" ")[0])
        self._is_own = not kind.endswith("of the caller's")
        self.is_aiohttp = kind.endswith("of aiohttp")

    def client(self, peer: Peer, **options: Any) -> Any:
        if not self._is_own:
            options["http_client"] = self.drive.http(verify=False, trust_env=False)  # quicker to make
        if self.is_aiohttp:
            options["http_client"] = self._aiohttp = self.drive.keep(AiohttpClient())
        return self.drive.live(**{"url": peer.url, "api_key": KEY, "max_retries": 0, **options})

    def close_aiohttp(self) -> None:
        """Close the aiohttp client."""
        self.drive(self._aiohttp.aclose())

    def ends(self, call: Callable[[], Any], seconds: float = ALLOWED, at_least: float | None = None) -> Any:
        """Return a call's result or error, after checking that it took as long as expected."""
        at_least = seconds if at_least is None else at_least
        began = time.monotonic()
        try:
            outcome: Any = self.drive(call())
        except HelmrError as error:
            outcome = error
        took = time.monotonic() - began
        assert at_least * 0.9 <= took <= seconds + PATIENCE, f"it took {took:.2f} s"
        return outcome


OWN = ["sync", "sync with the pool of httpx", "async", "async with the pool of httpx", "async of aiohttp"]


def as_named(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make new clients use this kind of connection pool."""
    if kind.endswith("with the pool of httpx"):
        for module in (sync_connections, async_connections):
            monkeypatch.setattr(module, "is_replaceable", lambda pool: False)


@pytest.fixture(params=[*OWN, "sync with connections of the caller's"])
def caller(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Generator[Caller]:
    as_named(request.param, monkeypatch)
    made = Caller(request.param)
    yield made
    made.drive.close()


# Omits httpx's sync pool: a reused connection in it cannot be interrupted while it waits for a response.
@pytest.fixture(params=[kind for kind in OWN if kind != "sync with the pool of httpx"])
def own(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Generator[Caller]:
    as_named(request.param, monkeypatch)
    made = Caller(request.param)
    yield made
    made.drive.close()


# --- timeouts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", SLOW)
def test_an_endless_response_times_out(caller: Caller, how: str) -> None:
    with Peer(to_each_request(SLOW[how])) as peer:
        made = caller.client(peer).with_options(timeout=ALLOWED)
        error = caller.ends(lambda: made.runs.retrieve(RUN_ID))
        assert type(error) is HelmrTimeoutError
        until(lambda: peer.open == 0)


@pytest.mark.parametrize("how", ["dripping_head", "continues", "dripping_body", "dripping_chunk_size"])
def test_a_wait_times_out_during_an_endless_response(caller: Caller, how: str) -> None:
    with Peer(to_each_request(SLOW[how])) as peer:
        client = caller.client(peer)
        error = caller.ends(lambda: client.runs.wait(RUN_ID, timeout=ALLOWED))
        assert type(error) is errors.WaitTimeoutError
        result = caller.ends(lambda: client.tokens.wait(TOKEN_ID, timeout=ALLOWED))
        assert type(result.error) is errors.WaitTimeoutError
        error = caller.ends(lambda: client.sessions.start_and_wait("t", timeout_seconds=ALLOWED))
        assert type(error) is HelmrTimeoutError
        until(lambda: peer.open == 0)


@pytest.mark.parametrize("how", ENDLESS)
def test_a_wait_times_out_during_an_endless_event_stream(caller: Caller, how: str) -> None:
    with Peer(plane(stream=ENDLESS[how])) as peer:
        client = caller.client(peer)
        error = caller.ends(lambda: client.runs.wait(RUN_ID, timeout=ALLOWED))
        assert type(error) is errors.WaitTimeoutError
        started = caller.ends(lambda: client.sessions.start_and_wait("t", timeout_seconds=ALLOWED))
        # On a busy machine, the start itself may time out.
        assert isinstance(started, HelmrTimeoutError) or started.timed_out


@pytest.mark.parametrize("how", ENDLESS)
def test_following_a_run_times_out_during_an_endless_event_stream(own: Caller, how: str) -> None:
    with Peer(plane(stream=ENDLESS[how])) as peer:
        client = own.client(peer)
        error = own.ends(lambda: own.drive.items(client.runs.follow(RUN_ID, timeout=ALLOWED)))
        assert type(error) is errors.WaitTimeoutError
        until(lambda: peer.open <= 1)  # one may stay open for the next request


@pytest.mark.parametrize("how", ["dripping_head", "continues", "dripping_body", "dripping_chunk_size"])
@pytest.mark.parametrize("part", ["/events", f"/runs/{RUN_ID}"])
def test_following_a_run_times_out_during_an_endless_response(own: Caller, how: str, part: str) -> None:
    def serve(c: Connection) -> None:
        while c.request():
            if c.path.partition("?")[0].endswith(part):
                SLOW[how](c)
            elif "follow=1" in c.path:
                c.send(STREAM)
                c.close()
            elif "/events" in c.path:
                c.respond({"events": [], "cursor": 0})
            else:
                c.respond(bodies.run("succeeded"))

    with Peer(serve) as peer:
        client = own.client(peer)
        error = own.ends(lambda: own.drive.items(client.runs.follow(RUN_ID, timeout=ALLOWED)))
        assert type(error) is errors.WaitTimeoutError


def test_a_timeout_includes_retries(caller: Caller) -> None:
    def refuse(c: Connection) -> None:
        while c.request():
            # A second pause of two seconds would exceed the timeout. Without this header the pauses are
            # random, and the last one may end so late that the time is over before the response is read.
            c.respond({"error": "busy"}, b"503 Service Unavailable\r\nRetry-After: 2")

    with Peer(refuse) as peer:
        client = caller.client(peer, max_retries=1_000)
        began = time.monotonic()
        with pytest.raises(errors.ServerError):
            caller.drive(client.with_options(timeout=3.9).runs.counts())
        assert time.monotonic() - began < 3.9 + PATIENCE
        assert 1 <= len(peer.paths) <= 10


@pytest.mark.parametrize("how", [silence, dripping_head, dripping_body, continues])
def test_the_timeouts_of_the_callers_client_apply(own: Caller, how: Callable[[Connection], None]) -> None:
    with Peer(to_each_request(how)) as peer:
        http = own.drive.http(timeout=httpx.Timeout(ALLOWED / 4), verify=False)
        client = own.drive.live(url=peer.url, api_key=KEY, max_retries=0, http_client=http)
        began = time.monotonic()
        with pytest.raises(HelmrTimeoutError):
            own.drive(client.runs.counts())
        assert time.monotonic() - began < ALLOWED + PATIENCE


def test_an_httpx_timeout_bounds_each_attempt_by_the_sum_of_its_parts(own: Caller) -> None:
    with Peer(to_each_request(dripping_body)) as peer:
        step = ALLOWED / 4
        made = own.client(peer).with_options(timeout=httpx.Timeout(step))
        # On a busy machine a byte may be late, so the read timeout expires first.
        assert type(own.ends(lambda: made.runs.counts(), at_least=step)) is HelmrTimeoutError


def test_a_reused_connection_obeys_the_timeout(own: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("sync", "async"):
        long = httpx.Limits(keepalive_expiry=600)  # the machine may be busy
        monkeypatch.setattr(f"helmr_ergonomic._{kind}.connections.LIMITS", long)

    def first_well_then_badly(c: Connection) -> None:
        assert c.request()
        c.respond({})
        assert c.request()
        continues(c)

    with Peer(first_well_then_badly) as peer:
        client = own.client(peer)
        with pytest.raises(UnexpectedResponseError):
            own.drive(client.runs.counts())
        made = client.with_options(timeout=ALLOWED)
        assert type(own.ends(lambda: made.runs.counts())) is HelmrTimeoutError
        until(lambda: peer.open == 0)
        assert len(peer.paths) == 2


def test_a_request_that_the_server_does_not_read_times_out_and_closes_its_connection(
    caller: Caller, connected: list[socket.socket]
) -> None:
    with Peer(Connection.wait) as peer:
        made = caller.client(peer).with_options(timeout=ALLOWED)
        error = caller.ends(lambda: made.sessions.start("t", "x" * 20_000_000))
        assert type(error) is HelmrTimeoutError

        def is_closed() -> bool:
            if caller.drive.kind == "async":
                caller.drive(asyncio.sleep(0))
            return all(one.fileno() == -1 for one in connected)

        until(is_closed)


@pytest.mark.parametrize("kind", [kind for kind in OWN if "async" in kind])
def test_closing_a_client_ends_a_request_that_the_server_does_not_read(
    kind: str, connected: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_named(kind, monkeypatch)

    async def close(url: str) -> None:
        http = AiohttpClient() if kind == "async of aiohttp" else None
        client = AsyncHelmrClient(url, KEY, http_client=http, max_retries=0)
        start = asyncio.ensure_future(client.sessions.start("t", "x" * 20_000_000))
        async with asyncio.timeout(PATIENCE):
            full = 0
            while full < 20:  # turns of the event loop in which the socket takes no more data
                await asyncio.sleep(0)
                full = full + 1 if connected and not select.select([], connected, [], 0)[1] else 0
            for opened in (client, http):
                if opened is not None:
                    await opened.aclose()
            with pytest.raises(errors.HelmrConnectionError):
                await start
            await asyncio.to_thread(until, lambda: [one.fileno() for one in connected] == [-1])

    with Peer(Connection.wait) as peer:
        asyncio.run(close(peer.url))


@pytest.mark.parametrize(
    "record", [b"", b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03"], ids=["none", "part"]
)
def test_an_endless_tls_handshake_times_out(caller: Caller, record: bytes) -> None:
    def drip(c: Connection) -> None:
        c.send(record)
        if record:
            c.drip(b"x" * 5_000)
        else:
            c.stall()

    with Peer(drip) as peer:
        client = caller.client(peer, url=peer.url.replace("http", "https"))
        made = client.with_options(timeout=httpx.Timeout(ALLOWED))
        assert type(caller.ends(lambda: made.runs.counts())) is HelmrTimeoutError


@pytest.mark.parametrize("kind", ["the generated client's", *(kind for kind in OWN if "async" in kind)])
def test_cancelling_a_tls_handshake_closes_the_connection(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    as_named(kind, monkeypatch)
    greeted = threading.Event()

    def stall(c: Connection) -> None:
        c.receive()
        greeted.set()
        c.stall()

    async def cancel(peer: Peer) -> None:
        url = peer.url.replace("http", "https")
        async with AsyncExitStack() as opened:
            if kind == "the generated client's":
                http = await opened.enter_async_context(new_async_http_client(url))
                call: Any = http.get(url)
            else:
                options: Any = {"url": url, "api_key": KEY, "max_retries": 0}
                if kind == "async of aiohttp":
                    options["http_client"] = await opened.enter_async_context(AiohttpClient())
                client = await opened.enter_async_context(AsyncHelmrClient(**options))
                call = client.runs.counts()
            task = asyncio.ensure_future(call)
            assert await asyncio.to_thread(greeted.wait, 60)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            # Neither closing the client nor garbage collection has closed it.
            await asyncio.to_thread(until, lambda: peer.open == 0)

    gc.disable()
    try:
        with Peer(stall) as peer:
            asyncio.run(cancel(peer))
    finally:
        gc.enable()


def test_a_hanging_name_lookup_times_out(own: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def look_up(*args: Any, **kwargs: Any) -> Any:
        released.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    client = own.drive.live(url="https://helmr.test", api_key=KEY, max_retries=0, timeout=ALLOWED)
    try:
        assert type(own.ends(client.runs.counts)) is HelmrTimeoutError
    finally:
        released.set()


def test_each_address_of_a_host_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo

    def two_addresses(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host != "localhost":
            return look_up(host, port, *args, **kwargs)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", 1)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
        ]

    monkeypatch.setattr("socket.getaddrinfo", two_addresses)
    with Peer(plane()) as peer:
        url = peer.url.replace("127.0.0.1", "localhost")
        with Driver("sync").live(url=url, api_key=KEY, max_retries=0) as client:
            assert client.runs.retrieve(RUN_ID).status == "running"


def test_waiting_for_a_free_connection_times_out(own: Caller) -> None:
    with Peer(plane(stream=comments)) as peer:
        http = own.drive.http(limits=httpx.Limits(max_connections=1), verify=False)
        client = own.drive.live(url=peer.url, api_key=KEY, http_client=http)

        def inside() -> Any:
            # The pool timeout is much shorter than the total, so it expires first even on a busy machine.
            made = client.with_options(timeout=httpx.Timeout(PATIENCE, pool=ALLOWED))
            if own.drive.kind == "sync":
                with client._transport.frames(event_stream(RUN_ID, 0), PATIENCE):
                    return made.runs.counts()

            async def ask() -> Any:
                async with client._transport.frames(event_stream(RUN_ID, 0), PATIENCE):
                    return await made.runs.counts()

            return ask()

        error = own.ends(inside)
        assert type(error) is HelmrTimeoutError
        assert "all connections" in str(error)


# --- the end of a follow -----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["comments", "newlines", "half_a_line", "the_same_event"])
def test_a_follow_ends_with_the_run_even_if_its_stream_is_endless(
    own: Caller, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("sync", "async"):
        monkeypatch.setattr(f"helmr_ergonomic._{kind}.transport.PULSE", 0.05)
        monkeypatch.setattr(f"helmr_ergonomic._{kind}.run_logs.AFTERMATH", 0.05)
        monkeypatch.setattr(f"helmr_ergonomic._{kind}.run_logs.SILENCE", 0.5)
    with Peer(plane(run="succeeded", stream=ENDLESS[how])) as peer:
        client = own.client(peer)
        events = own.drive.items(client.runs.events.follow(RUN_ID))
        assert [event.kind for event in events] == (["run.created"] if how == "the_same_event" else [])
        if how != "the_same_event":
            assert own.drive.items(client.runs.logs.follow(RUN_ID)) == []
        until(lambda: peer.open <= 1)


def test_the_end_of_a_run_is_detected_without_an_event(caller: Caller) -> None:  # words: allow
    began = time.monotonic()

    def status() -> str:
        return "running" if time.monotonic() - began < 0.5 else "succeeded"

    with Peer(plane(run=status, stream=comments)) as peer:
        client = caller.client(peer)
        assert caller.drive(client.runs.wait(RUN_ID, timeout=60)).is_success
        assert caller.drive.items(client.runs.events.follow(RUN_ID)) == []


class Dripping:
    """A control plane whose log stream breaks often and repeats earlier chunks."""

    def __init__(self, lines: int) -> None:
        self._chunks = [bodies.log_chunk(n, f"line {n}\n".encode()) for n in range(1, lines + 1)]
        self._events = [bodies.event(1, "run.created"), bodies.event(2, "run.completed")]
        self._sent = 0

    def __call__(self, c: Connection) -> None:
        while c.request():
            ended = self._sent == len(self._chunks)
            if "follow=1" in c.path:
                c.send(STREAM)
                self._stream(c)
                return
            if "/events" in c.path:
                after = int(httpx.URL(c.path).params.get("cursor", 0))
                events = self._events[after : 2 if ended else 1]
                c.respond({"events": events, "cursor": after + len(events)})
            else:
                c.respond(bodies.run("succeeded" if ended else "running"))

    def _stream(self, c: Connection) -> None:
        """Send earlier chunks at once, the next one byte by byte, and half of the one after it."""
        before = self._chunks[: self._sent]
        c.send(b"".join(bodies.frame("run_log", chunk) for chunk in before))
        rest = [bodies.frame("run_log", chunk) for chunk in self._chunks[self._sent :]]
        for at in range(len(rest[0]) if rest else 0):
            c.send(rest[0][at : at + 1])
        self._sent = min(self._sent + 1, len(self._chunks))
        if len(rest) > 1:
            c.send(rest[1][: len(rest[1]) // 2])
        c.close()


def test_following_a_run_yields_everything_once_from_a_slow_broken_repeating_stream(
    own: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("sync", "async"):
        monkeypatch.setattr(f"helmr_ergonomic._{kind}.runs.EVENTS_EVERY", 0.01)
    with Peer(Dripping(4)) as peer:
        client = own.client(peer)
        *items, ended = own.drive.items(client.runs.follow(RUN_ID, timeout=PATIENCE))
    assert [item.text for item in items if isinstance(item, LogLine)] == [f"line {n}" for n in range(1, 5)]
    assert [item.kind for item in items if not isinstance(item, LogLine)] == ["run.created", "run.completed"]
    assert ended.is_success


def test_following_a_run_yields_events_from_an_endless_list(own: Caller) -> None:
    def serve(c: Connection) -> None:
        while c.request():
            if "follow=1" in c.path:
                c.send(STREAM)
                c.send(b": quiet\n\n")
                c.stall()
            elif "/events" in c.path:
                after = int(httpx.URL(c.path).params.get("cursor", 0))
                events = [bodies.event(after + n, "run.created") for n in range(1, 101)]
                c.respond({"events": events, "cursor": after, "next_cursor": after + 100})
            else:
                c.respond(bodies.run("running"))

    with Peer(serve) as peer:
        client = own.client(peer)
        events = own.drive.items(client.runs.follow(RUN_ID, timeout=PATIENCE), 300)
        assert [event.sequence for event in events] == list(range(1, 301))
        error = own.ends(lambda: own.drive.items(client.runs.follow(RUN_ID, timeout=ALLOWED)))
        assert type(error) is errors.WaitTimeoutError


# --- sizes -------------------------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    """Limit bodies and events to 1 MiB."""
    size = 1024 * 1024
    monkeypatch.setattr(limits, "MAX_BYTES", size)
    monkeypatch.setattr(sse, "MAX_FRAME_BYTES", size)
    return size


@pytest.mark.parametrize("how", LARGE)
def test_an_oversized_response_is_an_error(caller: Caller, how: str, small: int) -> None:
    with Peer(to_each_request(LARGE[how])) as peer:
        client = caller.client(peer)
        tracemalloc.start()
        try:
            with pytest.raises(UnexpectedResponseError, match=f"its body is larger than {small} bytes"):
                caller.drive(client.runs.counts())
            assert tracemalloc.get_traced_memory()[1] < 16 * small
        finally:
            tracemalloc.stop()
        if caller.is_aiohttp and how == "gzip_bomb":  # it arrived in full, so its connection stays open
            caller.close_aiohttp()
        until(lambda: peer.open == 0)


@pytest.mark.parametrize("how", LARGE)
def test_an_error_with_an_oversized_body_keeps_its_status(caller: Caller, how: str) -> None:
    def refuse(c: Connection) -> None:
        send = c.send
        c.send = lambda data: send(data.replace(b"200 OK", b"404 Not Found"))  # type: ignore[method-assign]
        LARGE[how](c)

    with Peer(to_each_request(refuse)) as peer:
        client = caller.client(peer)
        for call in (
            lambda: caller.drive(client.runs.counts()),
            lambda: caller.drive(client.runs.wait(RUN_ID)),
            lambda: caller.drive.items(client.runs.events.follow(RUN_ID)),
        ):
            with pytest.raises(errors.NotFoundError):
                call()
        until(lambda: peer.open <= 1)  # a connection stays open if its response was complete


@pytest.mark.parametrize("how", LARGE_EVENTS)
def test_an_oversized_event_is_an_error(
    caller: Caller, how: str, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    small //= 2  # a stream of a whole MiB in small fields takes seconds while memory is traced
    monkeypatch.setattr(sse, "MAX_FRAME_BYTES", small)
    with Peer(plane(stream=LARGE_EVENTS[how])) as peer:
        client = caller.client(peer)
        tracemalloc.start()
        try:
            for call in (
                lambda: caller.drive(client.runs.wait(RUN_ID)),
                lambda: caller.drive.items(client.runs.events.follow(RUN_ID)),
                lambda: caller.drive.items(client.runs.logs.follow(RUN_ID)),
            ):
                with pytest.raises(UnexpectedResponseError, match=f"an event is larger than {small} bytes"):
                    call()
            assert tracemalloc.get_traced_memory()[1] < 16 * small
        finally:
            tracemalloc.stop()


def test_a_compressed_body_is_decompressed(caller: Caller) -> None:
    content = gzip.compress(json.dumps(bodies.run("succeeded", output="x" * 100_000)).encode())

    def serve(c: Connection) -> None:
        while c.request():
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
            c.send(head + b"Content-Length: %d\r\n\r\n" % len(content) + content)

    with Peer(serve) as peer:
        raw = caller.client(peer).with_raw_response
        assert caller.drive(raw.runs.retrieve(RUN_ID)).output == "x" * 100_000
        assert raw.response.json()["id"] == RUN_ID


@pytest.mark.parametrize("encoding", [b"br", b"zstd", b"deflate", b"gzip, gzip", b"x"])
def test_an_unrequested_encoding_is_an_error(own: Caller, encoding: bytes) -> None:
    for status, kind in ((b"200 OK", HelmrError), (b"404 Not Found", errors.NotFoundError)):
        head = b"HTTP/1.1 %b\r\nContent-Encoding: %b\r\n" % (status, encoding)

        def serve(c: Connection, head: bytes = head) -> None:
            while c.request():
                c.send(head + b"Content-Length: 4\r\n\r\nabcd")

        with Peer(serve) as peer, pytest.raises(kind):
            own.drive(own.client(peer).runs.counts())


# --- resource leaks ----------------------------------------------------------------------------------------


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="this system does not show open files")
def test_no_file_descriptor_leaks(caller: Caller) -> None:
    with Peer(to_each_request(dripping_body)) as peer:
        client = caller.client(peer, timeout=0.05)
        opened = []
        for _ in range(8):
            with pytest.raises(HelmrTimeoutError):
                caller.drive(client.runs.counts())
            until(lambda: peer.open == 0)
            opened.append(len(os.listdir("/proc/self/fd")))
        assert max(opened[1:]) <= opened[0] + 2


def test_a_late_response_of_the_callers_client_is_closed() -> None:
    released = threading.Event()
    closed: list[bool] = []

    class Body(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            yield b"{}"

        def close(self) -> None:
            closed.append(True)

    class Late(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            released.wait(30)
            return httpx.Response(200, stream=Body())

    driver = Driver("sync")
    client = driver.live(url="https://helmr.test", api_key=KEY, http_client=driver.http(transport=Late()))
    with pytest.raises(HelmrTimeoutError):
        client.with_options(timeout=0.05, max_retries=0).runs.counts()
    released.set()
    until(lambda: closed == [True])
    driver.close()
