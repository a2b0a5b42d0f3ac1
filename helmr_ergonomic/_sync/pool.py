# Derived from helmr_ergonomic/_async/pool.py. Edit that file, then run `make generate`.
"""A connection pool that keeps idle connections in a list, most recently used first.

httpcore's pool examines all its connections, and polls the socket of each idle one, for every request and
again for every response. With 64 concurrent requests that takes most of a request's time (see "Where the time
goes" in docs/performance.md). This pool examines only the connection that it takes.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Generator, Iterator, Mapping, MutableMapping
from contextlib import suppress
from time import monotonic
from typing import Any, Final, TypeAlias

import httpcore
import httpx

from .timing import Signal, shielded

Connection: TypeAlias = httpcore.ConnectionInterface
Origin: TypeAlias = "tuple[bytes, bytes, int | None]"

KEPT_ALIVE: Final = 5.0
"""Seconds to keep an idle connection if the limits have no value."""
_SIZE: Final = re.compile(rb"\r\n(0{0,7}[1-9a-fA-F][0-9a-fA-F]{0,7})\r\n")
"""The end of the previous chunk of a body, and the size of the next one, which is not the last."""
_PART: Final = re.compile(rb"(\r(\n[^\n]{0,62})?)?\Z")
"""What may become the above when more arrives. h11 has to refuse the rest immediately."""


def extensions_of(message: httpcore.Request | httpcore.Response) -> MutableMapping[str, Any]:
    """Return the extensions of a request or response, which httpcore leaves untyped."""
    return message.extensions  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  as said


def timeouts_of(request: httpcore.Request) -> Mapping[str, float | None]:
    """Return the seconds allowed for each step of a request, by the name of the step."""
    timeouts: Mapping[str, float | None] = extensions_of(request).get("timeout", {})
    return timeouts


class Pool:
    """Replaces an httpcore pool, on connections that such a pool creates.

    Args:
        makes: That pool. Its connections go to the server directly, or through its proxy.
        limits: The maximum number of connections, how many may be idle, and for how many seconds.
    """

    def __init__(self, makes: httpcore.ConnectionPool, limits: httpx.Limits) -> None:
        self._makes = makes
        self._most = _or(limits.max_connections, 1_000_000)
        self._most_idle = _or(limits.max_keepalive_connections, self._most)
        self._kept_alive = _or(limits.keepalive_expiry, KEPT_ALIVE)
        self._lock = threading.Lock()  # never held while waiting
        self._all: set[Connection] = set()
        self._idle: dict[Origin, deque[tuple[Connection, float]]] = {}
        self._turns: deque[_Turn] = deque()

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request and return the response without reading its body."""
        while True:
            connection = self._take(request)
            try:
                response = connection.handle_request(request)
            except httpcore.ConnectionNotAvailable:
                self._drop(connection)
            except BaseException:
                self._drop(connection)
                raise
            else:
                return httpcore.Response(
                    response.status,
                    headers=response.headers,
                    content=_Body(request, response, connection, self),
                    extensions=extensions_of(response),
                )

    def close(self) -> None:
        """Close all connections, including those in use."""
        with self._lock:
            closing = list(self._all)
            self._all.clear()
            self._idle.clear()
        _close(closing)

    def _take(self, request: httpcore.Request) -> Connection:
        while True:
            turn = _Turn(request.url)
            with self._lock:
                replaced = [] if self._turns else self._serve(turn)
                if turn.connection is None:
                    turn.signal = Signal()
                    self._turns.append(turn)
            connection = turn.connection
            if replaced or connection is None:
                connection = self._served(turn, replaced, request)
            if not connection.has_expired():
                return connection
            self._drop(connection)

    def _serve(self, turn: _Turn) -> list[Connection]:
        """Assign a connection to a request, if the limits allow it. Returns connections to close first."""
        replaced: list[Connection] = []
        if idle := self._idle.get(turn.origin):
            turn.connection = idle.pop()[0]
        else:
            if len(self._all) >= self._most:
                others = next(filter(None, self._idle.values()), None)
                if others is None:
                    return []
                replaced.append(others.popleft()[0])
                self._all.difference_update(replaced)
            turn.connection = self._makes.create_connection(turn.url.origin)
            self._all.add(turn.connection)
        if turn.signal is not None:
            turn.signal.set()
        return replaced

    def _served(self, turn: _Turn, replaced: list[Connection], request: httpcore.Request) -> Connection:
        """Return the connection of a request that has to wait for one."""
        try:
            _close(replaced)
            if turn.signal is not None:
                turn.signal.wait(timeouts_of(request).get("pool"))
        except BaseException:
            connection = self._left(turn)
            if connection is not None:  # a connection was assigned at the same time
                self.put(connection, turn.origin)
            raise
        connection = self._left(turn)
        if connection is None:
            raise httpcore.PoolTimeout("all connections are in use")
        return connection

    def _left(self, turn: _Turn) -> Connection | None:
        """Remove a request that has finished waiting. Returns the connection it was assigned, or `None`."""
        with self._lock:
            if turn.connection is None:
                self._turns.remove(turn)
            return turn.connection

    def put(self, connection: Connection, origin: Origin) -> None:
        """Take back a connection whose response was read or abandoned."""
        if not connection.is_idle():
            self._drop(connection)
            return
        now = monotonic()
        with self._lock:
            if connection not in self._all:  # the pool was closed
                closing = [connection]
            else:
                idle = self._idle.setdefault(origin, deque())
                idle.append((connection, now + self._kept_alive))
                closing = self._serve(self._turns.popleft()) if self._turns else []
                while idle and (idle[0][1] <= now or len(idle) > self._most_idle):
                    closing.append(idle.popleft()[0])
                self._all.difference_update(closing)
        if closing:
            _close(closing)

    def _drop(self, connection: Connection) -> None:
        """Close a connection and give its slot to another request."""
        with self._lock:
            self._all.discard(connection)
            closing = [connection]
            if self._turns:
                closing += self._serve(self._turns.popleft())
        _close(closing)


def _close(connections: list[Connection]) -> None:
    with shielded():
        for connection in connections:
            with suppress(Exception):  # the connection is discarded, even if closing it fails
                connection.close()


class _Turn:
    """A request that needs a connection."""

    __slots__ = ("connection", "origin", "signal", "url")

    def __init__(self, url: httpcore.URL) -> None:
        self.url = url
        self.origin = _origin(url)
        self.connection: Connection | None = None
        self.signal: Signal | None = None  # set when it has to wait


class _Body:
    """The body of a response. Its end releases the connection."""

    def __init__(
        self, request: httpcore.Request, response: httpcore.Response, connection: Connection, pool: Pool
    ) -> None:
        self._request, self._response, self._connection = request, response, connection
        self._stream: Any = response.stream
        self._parser = getattr(getattr(self._stream, "_connection", None), "_h11_state", None)
        self._pool: Pool | None = pool

    def __iter__(self) -> Iterator[bytes]:
        # Private names, so without them httpcore reads the body. As it does, it traces that and closes the
        # connection after an error.
        is_chunked = type(getattr(self._parser, "_reader", None)).__name__ == "ChunkedReader"
        if is_chunked and hasattr(self._parser, "_receive_buffer"):
            self._stream._connection._receive_response_body = self._chunks
        body: Iterator[bytes] = self._stream.__iter__()
        return body

    def _chunks(self, request: httpcore.Request) -> Generator[bytes, None, None]:
        """Yield the content of a chunked body, leaving to h11 what is not a plain chunk: usually, its end.

        h11 and httpcore copy each byte three times. For a large body, they take four times as long as this.
        """
        connection = self._stream._connection
        del connection._receive_response_body  # again the method of its class
        parser, network = connection._h11_state, extensions_of(self._response)["network_stream"]
        seconds = timeouts_of(request).get("read")
        data, at, left = b"\r\n" + parser.trailing_data[0], 0, 0
        parser._receive_buffer = type(parser._receive_buffer)()
        while True:
            if not left and (size := _SIZE.match(data, at)):
                at, left = size.end(), int(size[1], 16)
            if piece := data[at : at + left]:
                at, left = at + len(piece), left - len(piece)
                yield piece
                continue
            if (not left and not _PART.match(data, at)) or not (more := network.read(65_536, seconds)):
                break
            data, at = data[at:] + more, 0
        rest = data[at:]  # empty if the connection ended inside a chunk, which h11 then refuses
        parser.receive_data(rest[2:] if b"\r\n".startswith(rest[:2]) else b"\r\n")
        for piece in connection._receive_response_body(request):
            yield piece

    def close(self) -> None:
        """Return the connection to the pool, or close it if not all was read or more follows the body."""
        pool, self._pool = self._pool, None
        if pool is not None:
            with shielded():
                try:
                    self._stream.close()
                    if self._parser is not None and self._parser.trailing_data[0]:
                        self._connection.close()  # or h11 reads it as the next response
                finally:
                    pool.put(self._connection, _origin(self._request.url))


def _origin(url: httpcore.URL) -> Origin:
    return url.scheme, url.host, url.port  # httpcore's own class is not hashable


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
