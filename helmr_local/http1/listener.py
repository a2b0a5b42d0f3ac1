"""Accepts connections, enforces their deadlines, and closes them when the server stops."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket

from ..asgi import Application
from .connection import Connection, Limits

logger = logging.getLogger("helmr_local.http")

# Out of file descriptors or memory for another connection.
_EXHAUSTED = frozenset(
    getattr(errno, name)
    for name in ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "WSAEMFILE", "WSAENOBUFS")
    if hasattr(errno, name)  # the WSA codes are from Windows
)
BACKLOG = 2048
RETRY_SECONDS = 0.1
"""The time to wait for a free file descriptor."""
SILENT_SECONDS = 1.0
"""The time that a client may stay silent in the middle of a request while file descriptors are scarce."""
WARNING_SECONDS = 60.0
"""The time to wait before reporting the same shortage again."""
FLUSH_SECONDS = 0.5
"""The time that a client has to read the last response when the server stops."""
WATCH_SECONDS = 0.5
"""The precision of deadlines."""


def _close_accepted(accepting: asyncio.Task[tuple[socket.socket, object]]) -> None:
    if not accepting.cancelled() and accepting.exception() is None:
        accepting.result()[0].close()


class Listener:
    """Serves an application on a bound socket.

    Args:
        app: Called with an ASGI scope for each request.
        bound: The bound socket; closed on stop.
        limits: The limits on each client.
    """

    def __init__(self, app: Application, bound: socket.socket, limits: Limits) -> None:
        self._app = app
        self._socket = bound
        self._limits = limits
        self._connections: set[Connection] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._empty = asyncio.Event()  # set when the last connection is closed
        self._warned_at = float("-inf")

    def start(self) -> None:
        """Start listening. Requests are served as soon as the event loop runs."""
        self._socket.setblocking(False)
        self._socket.listen(BACKLOG)
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._accept()), loop.create_task(self._watch())]

    async def stop(self, grace_seconds: float) -> None:
        """Stop listening and close all connections.

        Args:
            grace_seconds: The time that requests in progress may take to finish.
        """
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._socket.close()
        for connection in list(self._connections):
            connection.shut_down()
        if self._serving:
            await asyncio.wait(self._serving, timeout=grace_seconds)
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        for connection in list(self._connections):
            connection.close()
        if self._connections:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_SECONDS):
                    await self._empty.wait()
        for connection in list(self._connections):
            connection.abort()
        await asyncio.sleep(0)  # time for the transports to close

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted = await self._accepted()
            except OSError as error:  # otherwise the client disconnected before it was accepted
                if error.errno in _EXHAUSTED:
                    self._report(error)
                    await asyncio.sleep(0 if self._make_room() else RETRY_SECONDS)
                continue
            try:
                await loop.connect_accepted_socket(self._connection, accepted)
            except OSError:
                accepted.close()

    async def _accepted(self) -> socket.socket:
        """Accept a connection. If cancelled, close one that was accepted at the same time."""
        loop = asyncio.get_running_loop()
        accepting = loop.create_task(loop.sock_accept(self._socket))
        try:
            return (await asyncio.shield(accepting))[0]
        except asyncio.CancelledError:
            # Stop accepting first: if cancelled then, `sock_accept` would lose a connection.
            with contextlib.suppress(NotImplementedError):  # on Windows, where it would close it
                loop.remove_reader(self._socket)
            accepting.add_done_callback(_close_accepted)
            loop.call_soon(accepting.cancel)
            raise

    def _connection(self) -> Connection:
        connection = Connection(self._app, self._limits, self._serving, self._gone)
        self._connections.add(connection)
        self._empty.clear()
        return connection

    def _gone(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._empty.set()

    def _make_room(self) -> bool:
        """Close the connection whose client has been silent longest; return False if none has been silent for
        long.

        Idle connections between two requests are closed first. A newly accepted client gets time to send its
        request.
        """
        for waiting, seconds in (
            ([known for known in self._connections if known.idle], RETRY_SECONDS),
            ([known for known in self._connections if known.unfinished], SILENT_SECONDS),
        ):
            open_ones = [known for known in waiting if not known.closing]
            silent = min(open_ones, key=lambda known: known.heard, default=None)
            if silent is not None and asyncio.get_running_loop().time() - silent.heard > seconds:
                silent.close()
                return True
        return False

    def _report(self, error: OSError) -> None:
        """Log at intervals that no connection can be accepted."""
        now = asyncio.get_running_loop().time()
        if now - self._warned_at >= WARNING_SECONDS:
            self._warned_at = now
            logger.warning(
                "cannot accept connections: %s; %d are open, and idle ones are being closed",
                error.strerror,
                len(self._connections),
            )

    async def _watch(self) -> None:
        limits = self._limits
        shortest = min(limits.head_seconds, limits.request_seconds, limits.idle_seconds)
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(WATCH_SECONDS, shortest / 4))
            now = loop.time()
            for connection in list(self._connections):
                connection.check_deadline(now)
