"""A connection without a network, and an application that echoes its requests."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from helmr_local.asgi import Application, Receive, Scope, Send
from helmr_local.http1.connection import Connection, Limits

LIMITS = Limits(head_bytes=2000, head_seconds=10, request_seconds=30, idle_seconds=120)


class Network(asyncio.Transport):
    """A transport that records everything written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.ended = False  # the server has closed its sending side
        self.closed = False
        self.reading = True
        self.unsent = 0
        self.peer: tuple[str, int] | None = ("127.0.0.1", 50000)

    def write(self, data: Any) -> None:
        assert not self.ended, "written after the end"
        self.sent += bytes(data)

    def write_eof(self) -> None:
        self.ended = True

    def close(self) -> None:
        self.ended = self.closed = True

    def abort(self) -> None:
        self.close()

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"sockname": ("127.0.0.1", 80), "peername": self.peer}.get(name, default)


class Wire:
    """A connection with its recording transport."""

    def __init__(self, app: Application, limits: Limits = LIMITS) -> None:
        self.network = Network()
        self.tasks: set[asyncio.Task[None]] = set()
        self.gone: list[Connection] = []
        self.connection = Connection(app, limits, self.tasks, self.gone.append)
        self.connection.connection_made(self.network)

    @property
    def sent(self) -> bytes:
        """The bytes that the server has sent, without date headers."""
        return re.sub(rb"date: [^\r]*\r\n", b"", self.network.sent)

    def receive(self, data: bytes) -> None:
        """Pass bytes from the client to the server, unless the server has stopped reading."""
        if not self.network.ended or not self.connection.idle:
            self.connection.data_received(data)

    async def settle(self) -> None:
        """Run the application until it is done or blocked."""
        turns = 0
        while self.tasks and turns < 5:
            before = self.network.sent, len(self.tasks)
            await asyncio.sleep(0)
            turns = turns + 1 if before == (self.network.sent, len(self.tasks)) else 0


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Respond with the request, as JSON."""
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return
        body += message["body"]
        more = message["more_body"]
    seen = {
        "method": scope["method"],
        "path": scope["raw_path"].decode("latin-1"),
        "query": scope["query_string"].decode("latin-1"),
        "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]],
        "body": body.decode("latin-1"),
    }
    await respond(send, json.dumps(seen).encode())


async def respond(send: Send, body: bytes, status: int = 200) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


@dataclass
class Response:
    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def seen(self) -> dict[str, Any]:
        """The request as the echo application received it."""
        seen: dict[str, Any] = json.loads(self.body)
        return seen


def responses(sent: bytes) -> list[Response]:
    """Parse all responses. Fails if a response has no content length."""
    found: list[Response] = []
    while sent:
        head, separator, sent = sent.partition(b"\r\n\r\n")
        assert separator, head
        line, *rest = head.split(b"\r\n")
        headers = dict(field.split(b": ", 1) for field in rest)
        length = int(headers[b"content-length"])
        assert len(sent) >= length
        found.append(Response(int(line.split()[1]), headers, sent[:length]))
        sent = sent[length:]
    return found


def drive(
    pieces: Iterable[bytes], app: Application = echo, *, pause: bool = True, limits: Limits = LIMITS
) -> tuple[list[Response], bool]:
    """Send these pieces; return the responses and True if the server closed the connection.

    Args:
        pause: Let the application run between two pieces.
    """

    async def run() -> tuple[list[Response], bool]:
        wire = Wire(app, limits)
        for piece in pieces:
            wire.receive(piece)
            if pause:
                await wire.settle()
        await wire.settle()
        ended = wire.network.ended
        wire.connection.connection_lost(None)
        await wire.settle()
        return responses(wire.sent), ended

    return asyncio.run(run())


def in_loop(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """Decorate an async test so that pytest runs it in an event loop."""

    def run() -> None:
        asyncio.run(_awaited(test()))

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


async def _awaited(work: Awaitable[None]) -> None:
    await work
