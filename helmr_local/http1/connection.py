"""One connection: requests are read one at a time, and each is served before the next is parsed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ..asgi import Application, Scope
from .body import BodyReader, reader
from .exchange import Exchange, date
from .head import Head, KnownHeads, Refused, bad_request, starts_request

logger = logging.getLogger("helmr_local.http")
logger.addHandler(logging.NullHandler())  # silent in a program that does not configure logging

BUFFER_LIMIT = 64 * 1024
"""The maximum number of buffered bytes of a body that the application does not read, or of pipelined
requests.
"""
DISCARD_LIMIT = 256 * 1024
"""The maximum number of body bytes to read after the response, to keep the connection usable (as in Go)."""
LINGER_SECONDS = 1.0
"""The time to keep reading after the last response, so that the client can read it."""
STALLED_SECONDS = 30.0
"""The time that a client may take without reading any of the last response."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on what a client may use of a connection.

    Args:
        head_bytes: The maximum size of request line and headers together.
        head_seconds: The maximum time from the start of the connection, or from the first byte of a later
            request, to the end of the headers.
        request_seconds: The maximum time from the same moment to the end of the body.
        idle_seconds: The maximum time between a response and the next request.
    """

    head_bytes: int
    head_seconds: float
    request_seconds: float
    idle_seconds: float


class Connection(asyncio.Protocol):
    """Reads requests, calls the application for each, and writes what it sends.

    Args:
        app: Called with an ASGI scope for each request.
        limits: The limits on the client.
        tasks: Holds the application's tasks while they run.
        closed: Called once, with this connection, after it was closed.
    """

    def __init__(
        self,
        app: Application,
        limits: Limits,
        tasks: set[asyncio.Task[None]],
        closed: Callable[[Connection], None],
    ) -> None:
        self._app = app
        self._limits = limits
        self._closed = closed
        self.tasks = tasks
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._server: tuple[str, int] | None = None
        self._client: tuple[str, int] | None = None
        self._heads = KnownHeads()
        self._input = bytearray()
        self._scanned = 0  # bytes of the input known to contain no complete head
        self._exchange: Exchange | None = None
        self._body: BodyReader | None = None  # body reader of the latest request, until its body is complete
        self._discarded = 0  # bytes of that body that arrived after the response
        self._ended = False  # the client has closed its side
        self._last = False  # no further request is read
        self._reading = True
        self._unsent = 0  # bytes still unsent when a deadline passed
        self._deadline = float("inf")
        self.writable = asyncio.Event()
        self.writable.set()
        self._began = 0.0  # when the first byte of the current request arrived
        self.heard = 0.0
        """The time at which the client last sent anything."""

    # --- called by the listener ----------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """True while no request is being served."""
        return self._exchange is None and self._body is None

    @property
    def unfinished(self) -> bool:
        """True while a request whose body is incomplete is being served."""
        return self._body is not None

    def check_deadline(self, now: float) -> None:
        """Disconnect a client that takes too long."""
        if now < self._deadline:
            return
        unsent = self._transport.get_write_buffer_size()
        if unsent and unsent != self._unsent:  # the client is still reading the last response
            self._unsent = unsent
            self._deadline = now + STALLED_SECONDS
        elif self._last:
            self._transport.abort()
        elif self._exchange is None and (self._body is not None or not self._input):
            self._end()
        elif self._exchange is not None and self._exchange.started:
            self._cut_body()
        else:
            self._refuse(Refused(HTTPStatus.REQUEST_TIMEOUT, "the request took too long"))

    def shut_down(self) -> None:
        """Close once the current request has been served, or now if there is none."""
        self._last = True
        if self._exchange is None:
            self._end()

    def close(self) -> None:
        """Close at once, after sending what was already written."""
        self._last = True
        self._transport.close()

    def abort(self) -> None:
        self._last = True
        self._transport.abort()

    # --- asyncio.Protocol ----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server = _address(transport.get_extra_info("sockname"))
        self._client = _address(transport.get_extra_info("peername"))
        self._request_begins()

    def connection_lost(self, exc: Exception | None) -> None:
        self._last = True
        self._deadline = float("inf")
        if self._exchange is not None:
            self._exchange.disconnect()
        self.writable.set()
        self._closed(self)

    def eof_received(self) -> bool:
        self._ended = True
        if self._exchange is None:
            return False  # closes the connection; a partial request is discarded
        self._exchange.client_done()
        return True  # the response is still sent

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def data_received(self, data: bytes) -> None:
        self.heard = self._loop.time()
        if self._last and self._exchange is None:
            return  # bytes that a client still sends after its last response
        if not self._input and self.idle:
            self._request_begins()
        self._input += data
        self._read()

    # --- reading -------------------------------------------------------------------------------------

    def _request_begins(self) -> None:
        self._began = self.heard = self._loop.time()
        self._deadline = self._began + min(self._limits.head_seconds, self._limits.request_seconds)

    def _read(self) -> None:
        """Process the buffered input as far as possible."""
        try:
            if self._body is not None:
                self._read_body(self._body)
            if self.idle and self._input and not self._last and not self._read_request() and self._ended:
                self._end()
        except Refused as refusal:
            if self._body is not None and self._exchange is None:
                self._end()  # the request was served before its body turned out to be invalid
            else:
                self._refuse(refusal)
        self._balance()

    def _balance(self) -> None:
        """Pause reading while enough input is buffered."""
        held = 0 if self._exchange is None else self._exchange.held
        if not self.idle:
            held += len(self._input)
        reading = held <= BUFFER_LIMIT
        if reading != self._reading and not self._transport.is_closing():
            self._reading = reading
            if reading:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def _read_request(self) -> bool:
        """Take a request from the input; return False if its head is incomplete."""
        while self._input.startswith(b"\r\n"):
            del self._input[:2]  # old clients send an empty line after a body
        if self._input and not starts_request(self._input):
            raise bad_request("malformed request line")  # another protocol
        end = self._input.find(b"\r\n\r\n", self._scanned)
        limit = self._limits.head_bytes
        if end > limit or (end < 0 and len(self._input) > limit + 3):
            raise Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"the limit is {limit} bytes")
        if end < 0:
            self._scanned = max(0, len(self._input) - 3)
            return False
        raw = bytes(self._input[:end])
        del self._input[: end + 4]
        self._scanned = 0
        head = self._heads.read(raw)
        self._discarded = 0
        self._deadline = self._began + self._limits.request_seconds
        self._body = reader(head.length)
        self._exchange = Exchange(self, head, DISCARD_LIMIT)
        self._read_body(self._body)
        self._exchange.start(self._app, self._scope(head))
        return True

    def _scope(self, head: Head) -> Scope:
        return {
            "type": "http",
            "http_version": head.version,
            "method": head.method.decode("ascii"),
            "scheme": "http",
            "raw_path": head.path,
            "query_string": head.query,
            "headers": head.headers,
            "server": self._server,
            "client": self._client,
            "memo": head.memo,
        }

    def _read_body(self, body: BodyReader) -> None:
        data = body.feed(self._input) if self._input and not body.complete else b""
        if self._exchange is not None:
            self._exchange.take(data, body.complete)
        else:
            self._discarded += len(data)
            if self._discarded > DISCARD_LIMIT:
                self._end()
                return
        if body.complete:
            self._body = None
            self._deadline = float("inf")
            if self._exchange is None:
                self._wait_for_request()

    def _cut_body(self) -> None:
        """Stop reading a body that takes too long; the response, which has begun, continues."""
        self._last = True
        self._body = None
        self._deadline = float("inf")
        if self._exchange is not None:
            self._exchange.client_done()

    def _wait_for_request(self) -> None:
        self._deadline = self._loop.time() + self._limits.idle_seconds
        if self._input:  # bytes of a pipelined request
            self._request_begins()
        elif self._ended:
            self._end()

    # --- called by an exchange -----------------------------------------------------------------------

    @property
    def closing(self) -> bool:
        """True if the current request is the last."""
        return self._last

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():  # asyncio logs a warning for each write to a disconnected client
            self._transport.write(data)

    def body_taken(self) -> None:
        """Called when the application has consumed all buffered bytes of the body."""
        if not self._reading:
            self._balance()

    def responded(self, *, closing: bool) -> None:
        """Called when the response has been written."""
        self._exchange = None
        if closing or self._last or (self._ended and self._body is not None):
            self._end()
            return
        if self._body is None:
            self._wait_for_request()
        self._read()

    def failed(self, *, started: bool) -> None:
        """Called when the application has sent no response, or an incomplete one."""
        if started or self._ended:
            self._exchange = None
            self.abort()
        else:
            self._refuse(Refused(HTTPStatus.INTERNAL_SERVER_ERROR))

    # --- closing ------------------------------------------------------------------------------------

    def _refuse(self, refusal: Refused) -> None:
        """Send an error and close the connection, because it is unclear where the next request would
        begin.
        """
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.disconnect()
            if exchange.started:
                self.abort()
                return
        status = refusal.status
        body = f"{status.value} {status.phrase}" + (f": {refusal.reason}" if refusal.reason else "") + "\n"
        self._transport.write(
            b"HTTP/1.1 %d %b\r\ndate: %b\r\ncontent-type: text/plain; charset=utf-8\r\n"
            b"connection: close\r\ncontent-length: %d\r\n\r\n%b"
            % (status.value, status.phrase.encode(), date(), len(body), body.encode())
        )
        self._end()

    def _end(self) -> None:
        """Close, but keep reading for a while: unread input would make the operating system drop the
        response.
        """
        self._last = True
        self._body = None
        self._input.clear()
        self._deadline = self._loop.time() + LINGER_SECONDS
        if self._transport.is_closing():
            return
        if self._ended:
            self._transport.close()
            return
        if self._transport.get_write_buffer_size():
            self._transport.close()  # once everything is written
            return
        try:
            self._transport.write_eof()
        except OSError:  # the client has disconnected
            self._transport.abort()
            return
        if not self._reading:
            self._reading = True
            self._transport.resume_reading()


def _address(name: tuple[Any, ...] | None) -> tuple[str, int] | None:
    """Return the host and port of a socket address, which has more parts for IPv6; None for a disconnected
    client.
    """
    if name is None:
        return None
    host, port = name[:2]
    return host, port
