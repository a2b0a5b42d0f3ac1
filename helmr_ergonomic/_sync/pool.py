# Derived from helmr_ergonomic/_async/pool.py. Do not edit: change that file, then run `make generate`.
"""A connection pool that keeps idle connections in a list, most recently used first.

httpcore's pool examines all its connections, and polls the socket of each idle one, for every request and
again for every response. With 64 concurrent requests that takes most of a request's time (see "Where the time
goes" in docs/performance.md). This pool examines only the connection that it takes.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import suppress
from time import monotonic
from typing import Any, Final, Protocol, TypeAlias, cast

import httpcore
import httpx

from .timing import Signal, shielded

Connection: TypeAlias = httpcore.ConnectionInterface
Origin: TypeAlias = "tuple[bytes, bytes, int | None]"

KEPT_ALIVE: Final = 5.0
"""Seconds to keep an idle connection if the limits have no value."""


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
                    content=_Body(response, connection, _origin(request.url), self),
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


class _Stream(Protocol):
    """The body of an httpcore response."""

    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None: ...


class _Body:
    """The body of a response. Its end releases the connection."""

    def __init__(
        self, response: httpcore.Response, connection: Connection, origin: Origin, pool: Pool
    ) -> None:
        self._stream = cast("_Stream", response.stream)
        self._connection = connection
        self._origin = origin
        self._pool: Pool | None = pool

    def __iter__(self) -> Iterator[bytes]:
        return self._stream.__iter__()

    def close(self) -> None:
        """Return the connection to the pool, or close it if the body was not read completely."""
        pool, self._pool = self._pool, None
        if pool is not None:
            with shielded():
                try:
                    self._stream.close()
                finally:
                    pool.put(self._connection, self._origin)


def _origin(url: httpcore.URL) -> Origin:
    return url.scheme, url.host, url.port  # httpcore's own class is not hashable


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
