"""Pipes and terminals on the event loop: reads and writes that wait without blocking it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import Awaitable, Callable
from typing import Any

Sink = Callable[[bytes], Awaitable[None]]
"""Takes what was read. Nothing more is read until it has: the writer waits, and memory stays flat."""

PIECE = 262_144
"""Bytes that are read at once."""
_PIPE_BYTES = 1_048_576
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ; Linux only


class Pipe:
    """One end of a pipe, or a terminal, that this closes."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor
        self._wake: Callable[[], None] | None = None
        os.set_blocking(descriptor, False)  # has no name

    @property
    def descriptor(self) -> int:
        """The file descriptor.

        Raises:
            OSError: It is closed.
        """
        if self._descriptor is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return self._descriptor

    async def read(self) -> bytes:
        """The next bytes; none at the end."""
        while True:
            try:
                return os.read(self.descriptor, PIECE)
            except BlockingIOError:
                await self._until(_readable)
            except OSError as error:
                if error.errno in (errno.EIO, errno.EBADF):  # how a terminal ends, and how `close` ends this
                    return b""
                raise

    async def write(self, data: bytes) -> None:
        """Write all of it.

        Raises:
            OSError: Nobody reads it any more.
        """
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self.descriptor, rest) :]
            except BlockingIOError:
                await self._until(_writable)

    async def pump(self, sink: Sink) -> None:
        """Pass on what can be read until there is no more."""
        while data := await self.read():
            await sink(data)

    def grow(self) -> None:
        """Let a pipe hold more, so that a fast writer is read in large pieces. Where the system can."""
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(self.descriptor, _SET_PIPE_SIZE, _PIPE_BYTES)

    @property
    def is_idle(self) -> bool:
        """Whether a read or a write waits for the other end."""
        return self._wake is not None

    def close(self) -> None:
        """Close it. A read that waits ends, and a write that waits fails."""
        if self._descriptor is None:
            return
        if self._wake is not None:
            self._wake()
        descriptor, self._descriptor = self._descriptor, None
        os.close(descriptor)

    async def _until(self, watched: _Watch) -> None:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        add, remove = watched(loop)
        descriptor = self.descriptor

        def wake() -> None:
            if self._wake is wake:  # before the descriptor is closed, and may be that of another file
                self._wake = None
                remove(descriptor)
            if not ready.done():
                ready.set_result(None)

        self._wake = wake
        add(descriptor, wake)
        try:
            await ready
        finally:
            wake()


_Watch = Callable[
    [asyncio.AbstractEventLoop],
    tuple[Callable[[int, Callable[[], None]], object], Callable[[int], object]],
]


def _readable(loop: asyncio.AbstractEventLoop) -> Any:
    return loop.add_reader, loop.remove_reader


def _writable(loop: asyncio.AbstractEventLoop) -> Any:
    return loop.add_writer, loop.remove_writer
