"""Stopping to listen."""

from __future__ import annotations

import asyncio
import socket

import pytest

from helmr_local.http1.listener import Listener
from helmr_local.server import listening_socket
from tests.unit.local.http1 import LIMITS, echo


@pytest.fixture
def accepted(monkeypatch: pytest.MonkeyPatch) -> list[socket.socket]:
    """The connections that were accepted."""
    made: list[socket.socket] = []
    accept = socket.socket.accept

    def noting(self: socket.socket) -> tuple[socket.socket, object]:
        connection, address = accept(self)
        made.append(connection)
        return connection, address

    monkeypatch.setattr(socket.socket, "accept", noting)
    return made


@pytest.mark.parametrize("cancelled_after", [None, *range(6)])
@pytest.mark.parametrize("turns", range(6))
def test_a_connection_that_is_accepted_while_the_server_stops_is_closed(
    turns: int, cancelled_after: int | None, accepted: list[socket.socket]
) -> None:
    async def stop(bound: socket.socket) -> None:
        listener = Listener(echo, bound, LIMITS)
        listener.start()
        for _ in range(3):  # now it waits for a connection
            await asyncio.sleep(0)
        with socket.create_connection(bound.getsockname()) as client:
            for _ in range(turns):
                await asyncio.sleep(0)
            if cancelled_after is not None:
                stopping = asyncio.ensure_future(listener.stop(0))
                for _ in range(cancelled_after):
                    await asyncio.sleep(0)
                stopping.cancel()
                await asyncio.gather(stopping, return_exceptions=True)
            await listener.stop(0)
            client.settimeout(30)
            try:
                assert client.recv(1) == b""
            except ConnectionResetError:
                assert accepted == []  # the operating system has closed it

    asyncio.run(stop(listening_socket("127.0.0.1", 0)))
    assert [connection.fileno() for connection in accepted] in ([], [-1])
