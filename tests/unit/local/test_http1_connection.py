"""The life of a connection: responses, unread bodies, slow clients and disconnects."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest

from helmr_local.asgi import Receive, Scope, Send
from helmr_local.http1.connection import (
    BUFFER_LIMIT,
    DISCARD_LIMIT,
    LINGER_SECONDS,
    STALLED_SECONDS,
    Connection,
)
from tests.unit.local.http1 import LIMITS, Network, Wire, drive, echo, in_loop, respond, responses

GET = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"


def post(length: int, *, expect: bool = False, version: bytes = b"1.1") -> bytes:
    more = b"Expect: 100-continue\r\n" if expect else b""
    return b"POST /a HTTP/%b\r\nHost: a\r\nContent-Length: %d\r\n%b\r\n" % (version, length, more)


CHUNKED = b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Respond without reading the body."""
    await respond(send, b"no", 401)


class Held:
    """An application that responds when `go` is set and records the messages it receives."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.take = asyncio.Event()
        self.received: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def listen() -> None:
            await self.take.wait()
            while True:
                message = await receive()
                self.received.append(message["type"])
                if message["type"] == "http.disconnect":
                    return

        listening = asyncio.ensure_future(listen())
        await self.go.wait()
        await respond(send, b"done")
        self.take.set()
        await listening


# --- responses ---------------------------------------------------------------------------------------


@in_loop
async def test_the_head_of_a_response_is_sent_with_the_body_or_with_an_empty_chunk() -> None:
    steps: list[bytes] = []

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        for message in (
            {"type": "http.response.start", "status": 200, "headers": []},
            {"type": "http.response.body", "body": b"", "more_body": True},
            {"type": "http.response.body", "body": b"event", "more_body": True},
            {"type": "http.response.body", "body": b""},
        ):
            await send(message)
            steps.append(wire.sent[sum(map(len, steps)) :])

    wire = Wire(stream)
    wire.receive(GET)
    await wire.settle()
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    assert steps == [b"", head, b"5\r\nevent\r\n", b"0\r\n\r\n"]
    assert not wire.network.ended


@in_loop
async def test_an_http_1_0_stream_ends_with_the_connection() -> None:
    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"event", "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    wire = Wire(stream)
    wire.receive(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    await wire.settle()
    assert wire.sent == b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nevent"
    assert wire.network.ended


@pytest.mark.parametrize("headers", [[], [(b"content-length", b"5")]])
@pytest.mark.parametrize(("method", "status"), [(b"HEAD", 200), (b"HEAD", 405), (b"GET", 204), (b"GET", 304)])
def test_responses_without_a_body_are_framed_correctly(
    method: bytes, status: int, headers: list[tuple[bytes, bytes]]
) -> None:
    async def bodiless(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"hello" if method == b"HEAD" else b""})

    async def run() -> bytes:
        wire = Wire(bodiless)
        wire.receive((method + GET[3:]) * 2)
        await wire.settle()
        return wire.sent

    sent = asyncio.run(run())
    assert (sent.count(b"HTTP/1.1"), sent.endswith(b"\r\n\r\n"), b"hello" in sent) == (2, True, False)
    assert (b"content-length" in sent, b"transfer-encoding" in sent) == (bool(headers), False)


async def _too_long(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
    await send({"type": "http.response.body", "body": b"ab"})


async def _split(send: Send) -> None:
    headers = [(b"content-length", b"0"), (b"x", b"a\r\nset-cookie: b")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _crash(send: Send) -> None:
    raise LookupError("an error of the application")


@pytest.mark.parametrize("fault", [_too_long, _split, _crash])
def test_a_failing_application_causes_a_500_and_a_log_entry(
    fault: Callable[[Send], object], caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await fault(send)  # type: ignore[misc]

    with caplog.at_level(logging.ERROR, "helmr_local.http"):
        found, ended = drive([GET], app)
    assert [(response.status, response.headers[b"connection"]) for response in found] == [(500, b"close")]
    assert ended
    assert [record.message for record in caplog.records] == ["the application failed"]


@in_loop
async def test_an_aborted_response_is_visibly_incomplete() -> None:
    async def breaks(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})

    wire = Wire(breaks)
    wire.receive(GET)
    await wire.settle()
    assert wire.sent.endswith(b"\r\n\r\n4\r\nhalf\r\n")
    assert wire.network.closed


@in_loop
async def test_writing_pauses_while_the_client_does_not_read() -> None:
    wire = Wire(echo)
    wire.connection.pause_writing()
    wire.receive(GET)
    await wire.settle()
    assert wire.sent == b""
    wire.connection.resume_writing()
    await wire.settle()
    assert len(responses(wire.sent)) == 1


# --- bodies ------------------------------------------------------------------------------------------


def test_an_expecting_client_gets_100_continue_when_the_body_is_read() -> None:
    async def run(head: bytes) -> bytes:
        wire = Wire(echo)
        wire.receive(head)
        await wire.settle()
        wire.receive(b"hello")
        await wire.settle()
        return wire.sent

    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    assert asyncio.run(run(post(5, expect=True))).startswith(interim + b"HTTP/1.1 200")
    assert not asyncio.run(run(post(5))).startswith(interim)
    assert not asyncio.run(run(post(5, expect=True, version=b"1.0"))).startswith(interim)
    assert not asyncio.run(run(post(0, expect=True))).startswith(interim)


@pytest.mark.parametrize(
    ("request_", "body", "kept"),
    [
        (post(5), b"hello", True),
        (post(DISCARD_LIMIT), b"x" * DISCARD_LIMIT, True),
        (post(DISCARD_LIMIT + 1), b"", False),
        (post(5, expect=True), b"", False),
        (CHUNKED, b"5\r\nhello\r\n0\r\n\r\n", True),
        (CHUNKED, b"%x\r\n" % DISCARD_LIMIT + b"x" * DISCARD_LIMIT + b"\r\n1\r\nx\r\n0\r\n\r\n", False),
        (CHUNKED, b"nonsense\r\n", False),
    ],
)
def test_a_short_unread_body_is_skipped(request_: bytes, body: bytes, kept: bool) -> None:
    found, ended = drive([request_, body, GET], refuse)
    assert [response.status for response in found] == [401] * (2 if kept else 1)
    assert ended is not kept


def test_the_response_closes_the_connection_if_the_unread_body_is_too_long_to_skip() -> None:
    (long,), _ = drive([post(DISCARD_LIMIT + 1)], refuse)
    (short,), _ = drive([post(DISCARD_LIMIT)], refuse)
    assert (long.headers.get(b"connection"), short.headers.get(b"connection")) == (b"close", None)


@in_loop
async def test_reading_pauses_while_the_application_does_not_read_the_body() -> None:
    app = Held()
    wire = Wire(app)
    wire.receive(post(1_000_000))
    wire.receive(b"x" * BUFFER_LIMIT)
    assert wire.network.reading
    wire.receive(b"x")
    assert not wire.network.reading
    app.take.set()
    await wire.settle()
    assert wire.network.reading
    app.go.set()
    await wire.settle()


@in_loop
async def test_reading_pauses_when_too_many_requests_are_pipelined() -> None:
    app = Held()
    wire = Wire(app)
    wire.receive(GET)
    await wire.settle()
    wire.receive(GET * (BUFFER_LIMIT // len(GET) + 1))
    assert not wire.network.reading
    app.go.set()
    app.take.set()
    await wire.settle()
    assert wire.network.reading
    assert len(responses(wire.sent)) == BUFFER_LIMIT // len(GET) + 2


# --- time --------------------------------------------------------------------------------------------


@in_loop
async def test_a_silent_client_is_disconnected() -> None:
    wire = Wire(echo)
    now = asyncio.get_running_loop().time()
    wire.connection.check_deadline(now + LIMITS.head_seconds - 1)
    assert not wire.network.ended
    wire.connection.check_deadline(now + LIMITS.head_seconds + 1)
    assert (wire.network.ended, wire.sent) == (True, b"")


@pytest.mark.parametrize(("sent", "statuses"), [(GET[:-1], [408]), (b"G", [408]), (b"\r\n", [])])
def test_slow_headers_time_out_even_if_bytes_trickle_in(sent: bytes, statuses: list[int]) -> None:
    async def run() -> None:
        wire = Wire(echo)
        now = asyncio.get_running_loop().time()
        for byte in sent:
            wire.receive(bytes([byte]))
        wire.connection.check_deadline(now + LIMITS.head_seconds + 1)
        assert wire.network.ended
        assert [response.status for response in responses(wire.sent)] == statuses

    asyncio.run(run())


@in_loop
async def test_a_slow_body_times_out() -> None:
    wire = Wire(echo)
    now = asyncio.get_running_loop().time()
    wire.receive(post(5) + b"hell")
    await wire.settle()
    wire.connection.check_deadline(now + LIMITS.head_seconds + 1)
    assert not wire.network.ended
    wire.connection.check_deadline(now + LIMITS.request_seconds + 1)
    await wire.settle()
    assert [response.status for response in responses(wire.sent)] == [408]
    assert wire.network.ended


@in_loop
async def test_a_slow_response_does_not_time_out() -> None:
    app = Held()
    wire = Wire(app)
    wire.receive(GET)
    await wire.settle()
    wire.connection.check_deadline(asyncio.get_running_loop().time() + 100_000)
    app.go.set()
    await wire.settle()
    assert [response.status for response in responses(wire.sent)] == [200]
    app.take.set()


@in_loop
async def test_an_idle_connection_times_out_unless_the_client_still_reads() -> None:
    wire = Wire(echo)
    wire.receive(GET)
    await wire.settle()
    now = asyncio.get_running_loop().time()
    wire.connection.check_deadline(now + LIMITS.idle_seconds - 1)
    assert not wire.network.ended
    wire.network.unsent = 1000  # the client is still reading
    wire.connection.check_deadline(now + LIMITS.idle_seconds + 1)
    assert not wire.network.ended
    wire.network.unsent = 900
    wire.connection.check_deadline(now + LIMITS.idle_seconds + STALLED_SECONDS + 2)
    assert not wire.network.ended
    wire.connection.check_deadline(now + LIMITS.idle_seconds + 2 * STALLED_SECONDS + 3)
    assert wire.network.ended


@in_loop
async def test_the_connection_lingers_briefly_after_the_last_response() -> None:
    wire = Wire(echo)
    now = asyncio.get_running_loop().time()
    wire.receive(b"nonsense\r\n\r\n")
    assert (wire.network.ended, wire.network.closed) == (True, False)
    wire.connection.data_received(GET)
    await wire.settle()
    assert len(responses(wire.sent)) == 1
    wire.connection.check_deadline(now + LINGER_SECONDS + 1)
    assert wire.network.closed


# --- disconnects and shutdowns -----------------------------------------------------------------------


@in_loop
async def test_requests_are_served_after_the_client_half_closes() -> None:
    wire = Wire(echo)
    wire.receive(GET + post(3) + b"abc")
    assert wire.connection.eof_received()
    await wire.settle()
    assert [response.status for response in responses(wire.sent)] == [200, 200]
    assert wire.network.closed


@pytest.mark.parametrize("cut", [GET[:-1], post(3) + b"ab", CHUNKED + b"3\r\nabc\r\n"])
def test_an_incomplete_request_is_not_served(cut: bytes) -> None:
    async def run() -> None:
        requests: list[str] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await echo(scope, receive, send)
            requests.append(scope["method"])

        wire = Wire(app)
        wire.receive(GET + cut)
        await wire.settle()
        if wire.connection.eof_received():
            await wire.settle()
            assert wire.network.closed
        assert len(responses(wire.sent)) == 1

    asyncio.run(run())


@in_loop
async def test_the_application_is_notified_of_a_disconnect() -> None:
    app = Held()
    wire = Wire(app)
    wire.receive(GET)
    app.take.set()
    await wire.settle()
    wire.connection.connection_lost(ConnectionResetError())
    await wire.settle()
    assert app.received == ["http.request", "http.disconnect"]
    app.go.set()
    await wire.settle()
    assert (wire.sent, wire.gone, wire.tasks) == (b"", [wire.connection], set())


@in_loop
async def test_a_shutdown_closes_idle_connections_at_once_and_busy_ones_after_their_response() -> None:
    idle, busy, app = Wire(echo), Wire(held := Held()), held
    busy.receive(GET + GET)
    await busy.settle()
    for wire in (idle, busy):
        wire.connection.shut_down()
    assert (idle.network.ended, busy.network.ended) == (True, False)
    app.go.set()
    app.take.set()
    await busy.settle()
    (response,) = responses(busy.sent)
    assert (response.headers[b"connection"], busy.network.ended) == (b"close", True)


@in_loop
async def test_nothing_is_written_after_a_disconnect_during_a_stream() -> None:
    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        wire.network.close()  # like asyncio after a failed write, before it reports the failure
        await send({"type": "http.response.body", "body": b"second", "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    wire = Wire(stream)
    wire.receive(GET)
    await wire.settle()
    assert b"first" in wire.sent
    assert b"second" not in wire.sent


@in_loop
async def test_a_client_that_disconnects_before_its_first_byte_is_harmless() -> None:
    connection = Connection(echo, LIMITS, set(), lambda gone: None)
    network = Network()
    network.peer = None
    connection.connection_made(network)
    connection.connection_lost(None)


@in_loop
async def test_another_protocol_is_rejected_at_its_first_byte() -> None:
    wire = Wire(echo)
    wire.receive(b"\x16\x03\x01")
    assert [response.status for response in responses(wire.sent)] == [400]
    assert wire.network.ended


@in_loop
async def test_a_client_that_disconnected_before_the_close_is_harmless() -> None:
    class Gone(Network):
        def write_eof(self) -> None:
            raise OSError("not connected")

    wire = Wire(echo)
    wire.network.__class__ = Gone
    wire.receive(b"nonsense\r\n\r\n")
    assert wire.network.closed
