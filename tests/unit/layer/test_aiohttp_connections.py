"""Connections of `AiohttpClient` are closed immediately, whatever the server does."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from helmr_ergonomic import AiohttpClient
from helmr_ergonomic._async import aiohttp_pool

from .peers import Connection, Peer, until

TURNS = 5
"""Turns of the event loop in which a connection is closed."""

SCHEMES = pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])


def all_closed(sockets: list[socket.socket]) -> bool:
    return bool(sockets) and all(one.fileno() == -1 for one in sockets)


async def assert_closed(sockets: list[socket.socket]) -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)
    assert all_closed(sockets)


def play(
    serve: Callable[[Connection], None], use: Callable[[str], Coroutine[Any, Any, None]], *, tls: bool
) -> None:
    """Use a server, given its URL, that serves each connection with `serve`."""
    with Peer(serve, tls=tls) as peer:
        asyncio.run(use(peer.url))


def mute(c: Connection) -> None:
    c.request()
    c.respond({})
    c.wait()


def test_a_request_cancelled_at_the_end_of_its_handshake_closes_the_connection(
    connected: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = aiohttp_pool._Protocol.connection_made

    async def cancel(url: str) -> None:
        async with AiohttpClient(verify=False) as http:
            task = asyncio.ensure_future(http.get(url))

            def cancelling(self: Any, transport: asyncio.BaseTransport) -> None:
                made(self, transport)
                task.cancel()

            monkeypatch.setattr(aiohttp_pool._Protocol, "connection_made", cancelling)
            with pytest.raises(asyncio.CancelledError):
                await task
            await assert_closed(connected)

    play(mute, cancel, tls=True)


@SCHEMES
def test_a_response_that_is_not_http_closes_a_connection_whose_request_is_not_read(
    tls: bool, connected: list[socket.socket]
) -> None:
    def nonsense(c: Connection) -> None:
        c.receive()
        c.send(b"nonsense\r\n\r\n")
        c.wait()

    async def post(url: str) -> None:
        async with AiohttpClient(verify=False, timeout=60) as http:
            with pytest.raises(httpx.RemoteProtocolError):
                await http.post(url, content=b"x" * 20_000_000)
            await assert_closed(connected)

    play(nonsense, post, tls=tls)


@SCHEMES
def test_an_idle_connection_that_has_expired_is_closed_though_the_server_is_mute(
    tls: bool, connected: list[socket.socket]
) -> None:
    async def expire(url: str) -> None:
        async with AiohttpClient(verify=False, limits=httpx.Limits(keepalive_expiry=0.01)) as http:
            assert (await http.get(url, timeout=60)).json() == {}
            await asyncio.to_thread(until, lambda: all_closed(connected), 25)  # asyncio waits for 30 s

    play(mute, expire, tls=tls)


@SCHEMES
def test_closing_the_client_is_not_the_end_of_a_body(tls: bool, connected: list[socket.socket]) -> None:
    def begin(c: Connection) -> None:
        c.request()
        c.send(b"HTTP/1.1 200 OK\r\n\r\nbegun")  # ends with the connection
        c.wait()

    async def read(url: str) -> None:
        async with AiohttpClient(verify=False, timeout=60) as http, http.stream("GET", url) as response:
            pieces = response.aiter_raw()
            assert await anext(pieces) == b"begun"
            reading = asyncio.ensure_future(anext(pieces))
            await asyncio.sleep(0)
            await http.aclose()
            with pytest.raises(httpx.ReadError, match="the client was closed"):
                await reading
            await assert_closed(connected)

    play(begin, read, tls=tls)
