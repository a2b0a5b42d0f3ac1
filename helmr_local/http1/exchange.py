"""One request and its response: what the application receives and sends."""

from __future__ import annotations

import asyncio
import logging
from email.utils import formatdate
from http import HTTPStatus
from time import time
from typing import Protocol

from ..asgi import Application, Header, Message, Scope
from .head import Head

logger = logging.getLogger("helmr_local.http")


class Channel(Protocol):
    """The interface of the connection that an exchange uses."""

    writable: asyncio.Event
    """Set while the write buffer has room."""
    tasks: set[asyncio.Task[None]]
    """The application's tasks that are still running."""

    @property
    def closing(self) -> bool:
        """True if this request is the last."""
        ...

    def write(self, data: bytes) -> None: ...

    def body_taken(self) -> None:
        """Called when the application has consumed all buffered bytes of the body."""
        ...

    def responded(self, *, closing: bool) -> None:
        """Called when the response has been written."""
        ...

    def failed(self, *, started: bool) -> None:
        """Called when the application has sent no response, or an incomplete one."""
        ...


class Exchange:
    """One call of the application.

    The head of a response is sent together with the first part of its body; an empty part sends it at once.

    Args:
        channel: The connection.
        head: The request.
        discard_limit: The maximum length of a request body that is read to its end after the response.
    """

    def __init__(self, channel: Channel, head: Head, discard_limit: int) -> None:
        self._channel = channel
        self._head = head
        self._discard_limit = discard_limit
        self._chunks: list[bytes] = []
        self._complete = False  # the body is complete
        self._given = False  # and the application has received all of it
        self._expected = head.expects_continue  # the client waits for a 100 Continue before sending the body
        self._waiter: asyncio.Future[None] | None = None
        self._client_done = False
        self._disconnected = False
        self._start: Message | None = None
        self._closing = head.closing
        self._chunked = False
        self._left: int | None = None  # bytes of the response still to come, if its length is declared
        self._finished = False
        self.held = 0
        """The number of body bytes that the application has not received yet."""
        self.started = False
        """True once any part of the response has been written."""

    def start(self, app: Application, scope: Scope) -> None:
        """Call the application."""
        self._channel.tasks.add(asyncio.get_running_loop().create_task(self._run(app, scope)))

    async def _run(self, app: Application, scope: Scope) -> None:
        crashed = False
        try:
            await app(scope, self.receive, self.send)
        except Exception:
            crashed = True
            logger.exception("the application failed")
        finally:
            if (task := asyncio.current_task()) is not None:
                self._channel.tasks.discard(task)
            if not self._finished and not self._disconnected:
                self._disconnected = True
                self._channel.failed(started=self.started or not crashed)

    # --- from the connection -------------------------------------------------------------------------

    def take(self, data: bytes, complete: bool) -> None:
        """Add received data to the body."""
        if data:
            self._chunks.append(data)
            self.held += len(data)
            self._expected = False
        self._complete = complete
        self._wake()

    def disconnect(self) -> None:
        """Handle a disconnect: nothing can be sent any longer."""
        self._disconnected = True
        self._wake()

    def client_done(self) -> None:
        """Handle the end of the client's input. Requests already received still get a response."""
        self._client_done = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # --- from the application ------------------------------------------------------------------------

    async def receive(self) -> Message:
        """Return the next part of the body, and after the last part the client's disconnect."""
        if self._expected and not (self._complete or self.started or self._disconnected):
            self._expected = False
            self._channel.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        while True:
            if self._chunks or (self._complete and not self._given):
                return self._part()
            if self._disconnected or self._finished or self._client_done:
                return {"type": "http.disconnect"}
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def _part(self) -> Message:
        data = b"".join(self._chunks) if len(self._chunks) != 1 else self._chunks[0]
        self._chunks.clear()
        self.held = 0
        self._given = self._complete
        self._channel.body_taken()
        return {"type": "http.request", "body": data, "more_body": not self._complete}

    async def send(self, message: Message) -> None:
        """Write a part of the response, once the client has read enough of what was written before.

        Raises:
            RuntimeError: The response contradicts its own headers.
        """
        if message["type"] == "http.response.start":
            self._start = message
            return
        if not self._channel.writable.is_set():
            await self._channel.writable.wait()
        if not self._disconnected and not self._finished:
            self._write(message.get("body", b""), bool(message.get("more_body")))

    def _write(self, body: bytes, more: bool) -> None:
        pieces: list[bytes] = []
        if self._start is not None:
            pieces.append(self._response_head(self._start))
            self._start = None
        if self._left is not None:
            self._left -= len(body)
            if self._left < 0 or (self._left and not more):
                raise RuntimeError("the response is not as long as its content-length")
        if body and self._head.method != b"HEAD":
            pieces += (b"%x\r\n" % len(body), body, b"\r\n") if self._chunked else (body,)
        if self._chunked and not more:
            pieces.append(b"0\r\n\r\n")
        self.started = True
        if pieces:
            self._channel.write(b"".join(pieces))
        if not more:
            self._finished = True
            self._wake()
            self._channel.responded(closing=self._closing)

    def _response_head(self, start: Message) -> bytes:
        status: int = start["status"]
        headers: list[Header] = start["headers"]
        pieces = [_STATUS_LINES[status], b"date: ", date(), b"\r\n"]
        for name, value in headers:
            if name == b"content-length":
                self._left = int(value)
            pieces += (name, b": ", value, b"\r\n")
        lines = 3 + len(headers)
        if status in (204, 304) or self._head.method == b"HEAD":
            self._left = None
        elif self._left is None:
            if self._head.version == "1.1":
                self._chunked = True
                pieces.append(b"transfer-encoding: chunked\r\n")
                lines += 1
            else:
                self._closing = True  # closing the connection tells the client where the body ends
        if self._channel.closing or self._body_is_in_the_way():
            self._closing = True
        if self._closing:
            pieces.append(b"connection: close\r\n")
            lines += 1
        pieces.append(b"\r\n")
        head = b"".join(pieces)
        if head.count(b"\n") != lines:
            raise RuntimeError("a response header contains a line break")
        return head

    def _body_is_in_the_way(self) -> bool:
        """Return whether reading the rest of the request costs more than a new connection."""
        if self._complete:
            return False
        length = self._head.length
        return self._expected or (length is not None and length > self._discard_limit)


_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}

_date = (0, b"")


def date() -> bytes:
    """Format the current second for the Date header."""
    global _date
    now = int(time())
    if _date[0] != now:
        _date = (now, formatdate(now, usegmt=True).encode())
    return _date[1]
