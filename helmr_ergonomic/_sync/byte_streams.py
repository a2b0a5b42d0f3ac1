# Derived from helmr_ergonomic/_async/byte_streams.py. Edit that file, then run `make generate`.
"""The byte streams of an exec or PTY over HTTP: writing at an offset, and reading or following from one."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Final

from attrs import define

from .._processes import PAGE_CHUNKS, as_bytes, pieces, written
from .._public import public
from ..errors import ArgumentError, ConflictError, HelmrError, HelmrStatusError
from ..output import OutputChunk, OutputReader, StreamEnded, checked_cursor, expiry, refuse_bad_end
from ..reconnect import prepare_retry, reconnecting
from ..waiting import MAX_SILENCE, NEVER, Deadline
from .timing import sleep

if TYPE_CHECKING:
    from helmr_api import models
    from helmr_api.types import EventStream, Request

    from .transport import Transport


@define(eq=False, repr=False)
class ByteOutput:
    """An output of an exec or PTY: `proc.stdout`, `proc.stderr`, or `pty.output`."""

    _transport: Transport
    _what: str
    _page: Callable[..., Request[models.StreamChunkPage]]
    _stream: Callable[..., EventStream[object]]

    def read(self, *, cursor: int = 0) -> OutputChunk:
        """Return the output so far, without waiting for more.

        Args:
            cursor: the number of bytes to skip, because you already have them.

        Returns:
            The bytes from the cursor on, at most about 64 MiB; resume at its `.cursor`.

        Raises:
            OutputExpiredError: the bytes at the cursor are no longer kept.
            HelmrError: any other error.

        >>> proc.stdout.read().text
        """
        reader = OutputReader(checked_cursor(cursor), self._what)
        whole = bytearray()
        while data := self.next_page(reader, NEVER):
            whole += data
        return OutputChunk(cursor, bytes(whole), whole.decode("utf-8", "replace"))

    def next_page(self, reader: OutputReader, deadline: Deadline) -> bytes:
        """Read one page of bytes after the reader's cursor; empty if there are no more yet."""
        request = self._page(cursor=reader.reopened() or None, limit=PAGE_CHUNKS)
        try:
            page = self._transport.send(request, deadline=deadline)
        except HelmrStatusError as error:
            raise expiry(self._what, reader.cursor, error) from None
        taken = [reader.take(chunk.to_dict()) for chunk in page.chunks]
        return b"".join([chunk.data for chunk in taken if chunk is not None])

    def follow(self, *, cursor: int = 0) -> Generator[OutputChunk, None, None]:
        """Yield the output as it is written, each byte once, until the exec or PTY has ended.

        If the connection breaks, it resumes where it left off. Leaving the loop or calling `close()` closes
        only the connection.

        Args:
            cursor: the number of bytes to skip; the `.cursor` of the last chunk you have.

        Raises:
            ProcessLostError: the exec or PTY is lost.
            ProcessFailedError: it could not be started.
            OutputExpiredError: the bytes at the cursor are no longer kept; `earliest` is the first available
                position.
            HelmrError: any other error that is not transient.

        >>> for chunk in proc.stdout.follow():
        ...     print(chunk.text, end="")
        """
        reader = OutputReader(checked_cursor(cursor), self._what)
        pause = reconnecting()
        while True:
            before = reader.cursor
            try:
                stream = self._stream(cursor=reader.reopened() or None)
                with self._transport.frames(stream, MAX_SILENCE) as frames:
                    for frame in frames:
                        item = reader.frame(frame.data) if frame.data else None
                        if isinstance(item, OutputChunk):
                            yield item
                        elif isinstance(item, StreamEnded):
                            if (rest := reader.rest()) is not None:
                                yield rest
                            refuse_bad_end(self._what, item.state, item.error)
                            return
                        if reader.is_behind:
                            break
            except HelmrError as error:
                prepare_retry(expiry(self._what, reader.cursor, error), pause, NEVER)
            has_advanced = reader.cursor > before
            if has_advanced:
                pause.reset()
            if pause.is_asked or not has_advanced:
                sleep(pause.next())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._what})"


@define(eq=False, repr=False)
class ByteInput:
    """The input of an exec or PTY, for one writer at a time: `proc.stdin`."""

    _transport: Transport
    _what: str
    _write: Callable[..., Request[object]]
    _end: Callable[[], Request[object]] | None
    _known: Callable[[], Any]
    _cursor: int | None

    def write(self, data: bytes | str) -> int:
        """Write bytes, or a string as UTF-8, after the previous ones.

        Each request states the position of its bytes, so a retry after a lost response writes nothing twice.
        If this raises, write the same data again: bytes that have arrived are not written twice.

        Args:
            data: any number of bytes; more than 1 MiB are sent in several requests.

        Returns:
            The number of bytes written.

        Raises:
            ConflictError: the input is closed, the exec or PTY has ended, or another writer is active;
                `.code` says which.
            HelmrError: any other error.

        >>> proc.stdin.write(b"1 + 1\\n")
        """
        content = as_bytes(data, "data")
        self.push(content, None)
        return len(content)

    def push(self, content: bytes, deadline: Deadline | None) -> None:
        """Write bytes before the deadline."""
        if self._cursor is None:
            known: int = self._known()
            self._cursor = known
        at: int = self._cursor
        for piece in pieces(at, content):
            end = at + written(piece)
            try:
                self._transport.send(self._write(body=piece), label="input", deadline=deadline)
            except ConflictError as error:
                # The program may have exited after reading this piece, and only the response was lost.
                if error.code not in _ENDINGS or self._known() < end:
                    raise
            at = end
        self._cursor = at  # not before: a repeated write has to start at the same offset

    def close(self) -> None:
        """End the input. Does nothing if it has already ended.

        Raises:
            HelmrError: the request failed.

        >>> proc.stdin.close()
        """
        self.end(None)

    def end(self, deadline: Deadline | None) -> None:
        """End the input before the deadline."""
        if self._end is None:
            raise ArgumentError(f"{self._what} cannot be ended: write b'\\x04', or close the PTY")
        pause, left = reconnecting(), self._transport.max_retries
        while True:
            try:
                self._transport.send(self._end(), deadline=deadline)
                return
            except HelmrError as error:
                if isinstance(error, HelmrStatusError) and error.code == ENDED:
                    return
                prepare_retry(error, pause, deadline or NEVER)
                if not left or (deadline is not None and deadline.passed):
                    raise
            left -= 1
            sleep(pause.next())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._what})"


ENDED: Final = "workspace_exec_terminal"
_ENDINGS: Final = (ENDED, "workspace_exec_stdin_closed", "workspace_pty_terminal")

public(ByteInput, ByteOutput)
