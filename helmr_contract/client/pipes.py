"""Non-blocking access to a child process's pipes, in bounded memory, whatever the child does."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

LINES_AHEAD = 4
"""The number of lines read ahead; a child that writes more blocks."""
_PIECE = 65_536
_LOOK = 0.2  # seconds between checks for `stop`


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end."""

    text: str
    is_whole: bool = True  # False: the rest was discarded


def bounded_lines(stream: IO[bytes], most: int) -> Iterator[Line]:
    """Yield the lines of a pipe, each cut to at most `most` bytes; the rest of a longer line is discarded."""
    while piece := stream.readline(most):
        whole = piece.endswith(b"\n") or len(piece) < most
        yield Line(piece.decode("utf-8", "replace").rstrip("\r\n"), whole)
        while not whole and (rest := stream.readline(_PIECE)):
            whole = rest.endswith(b"\n")


class Reader:
    """Reads a pipe in a separate thread, which closes it at the end; `get` waits for the next line.

    Closing the pipe in another thread would block until that read returns, and a grandchild process that
    keeps the other end open could delay this indefinitely.
    """

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self._stream = stream
        self._most = most
        self._lines: queue.Queue[Line | None] = queue.Queue(LINES_AHEAD)
        self._stopped = threading.Event()
        _start(self._read)

    def get(self, within: float) -> Line | None:
        """Return the next line that is not blank, or None at the end of the pipe.

        Raises:
            queue.Empty: No line arrived in time.
        """
        return self._lines.get(timeout=within)

    def stop(self) -> None:
        """Stop reading."""
        self._stopped.set()

    def _read(self) -> None:
        with suppress(OSError, ValueError), self._stream:
            for line in bounded_lines(self._stream, self._most):
                if line.text.strip() and not self._put(line):
                    return
        self._put(None)

    def _put(self, line: Line | None) -> bool:
        while not self._stopped.is_set():
            with suppress(queue.Full):
                self._lines.put(line, timeout=_LOOK)
                return True
        return False


def drain(stream: IO[bytes], most: int, keep: Callable[[str], None]) -> None:
    """Pass each line of a pipe to `keep` as it arrives, in a separate thread, which closes the pipe at its
    end.
    """

    def read() -> None:
        with suppress(OSError, ValueError), stream:
            for line in bounded_lines(stream, most):
                keep(line.text)

    _start(read)


class Writer:
    """Writes to a pipe in a separate thread, so that a child that does not read cannot block the caller."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._messages: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        _start(self._write)

    def put(self, message: bytes) -> None:
        self._messages.put(message)

    def stop(self) -> None:
        """Close the pipe after the messages put so far."""
        self._messages.put(None)

    def _write(self) -> None:
        # An OSError means that the child has exited, which the reader of its other pipe detects.
        with suppress(OSError), self._stream:
            for message in iter(self._messages.get, None):
                self._stream.write(message)
                self._stream.flush()


def _start(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True, name="driver-pipe").start()
