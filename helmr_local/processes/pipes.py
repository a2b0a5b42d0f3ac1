"""Pipes and terminals on the event loop: reads and writes that wait without blocking it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import Awaitable, Callable
from typing import Any

OutputHandler = Callable[[bytes], Awaitable[None]]
"""Receives the data that was read. The next read starts after it returns, so a fast writer has to wait and
memory use stays constant.
"""

PIECE = 262_144
"""The maximum number of bytes per read."""
_PIPE_BYTES = 1_048_576
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ; Linux only


class Pipe:
    """One end of a pipe or PTY, owned and closed by this object."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor
        self._wake: Callable[[], None] | None = None
        os.set_blocking(descriptor, False)

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
        """Return the next bytes, or b"" at the end."""
        while True:
            try:
                return os.read(self.descriptor, PIECE)
            except BlockingIOError:
                await self._until(_readable)
            except OSError as error:
                if error.errno in (
                    errno.EIO,
                    errno.EBADF,
                ):  # the terminal ended, or `close` was called
                    return b""
                raise

    async def write(self, data: bytes) -> None:
        """Write all of the data.

        Raises:
            OSError: The other end is closed.
        """
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self.descriptor, rest) :]
            except BlockingIOError:
                await self._until(_writable)

    async def pump(self, sink: OutputHandler) -> None:
        """Pass everything that is read to the sink, until the end."""
        while data := await self.read():
            await sink(data)

    def grow(self) -> None:
        """Enlarge the pipe's buffer, where the system supports that, so that a fast writer is read in large
        pieces.
        """
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(self.descriptor, _SET_PIPE_SIZE, _PIPE_BYTES)

    @property
    def is_idle(self) -> bool:
        """True while a read or a write is waiting for the other end."""
        return self._wake is not None

    def close(self) -> None:
        """Close the descriptor. A pending read returns b"", and a pending write raises `OSError`."""
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
            if self._wake is wake:  # once closed, the descriptor's number may be reused
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
