"""The pipes of a child process, in bounded memory and without waiting, whatever the child does."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

LINES_AHEAD = 4
"""Lines that are read before somebody asks for them; a child that writes more has to wait."""
_PIECE = 65_536
_LOOK = 0.2  # seconds between two looks at whether the reader is still wanted


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end."""

    text: str
    is_whole: bool = True  # False: it is longer than what is kept of it


def bounded_lines(stream: IO[bytes], most: int) -> Iterator[Line]:
    """The lines of a pipe, of each no more than `most` bytes; the rest of a longer one is passed over."""
    while piece := stream.readline(most):
        whole = piece.endswith(b"\n") or len(piece) < most
        yield Line(piece.decode("utf-8", "replace").rstrip("\r\n"), whole)
        while not whole and (rest := stream.readline(_PIECE)):
            whole = rest.endswith(b"\n")


class Reader:
    """Reads a pipe in a thread of its own, which closes it at the end; `get` waits for the next line.

    Closing a pipe that another thread reads from would wait for that read, which a child of the child can
    draw out for as long as it keeps the other end open.
    """

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self._stream = stream
        self._most = most
        self._lines: queue.Queue[Line | None] = queue.Queue(LINES_AHEAD)
        self._stopped = threading.Event()
        _start(self._read)

    def get(self, within: float) -> Line | None:
        """The next line that is not blank, or None at the end of the pipe.

        Raises:
            queue.Empty: None came in time.
        """
        return self._lines.get(timeout=within)

    def stop(self) -> None:
        """Read no further."""
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
    """Hand on every line of a pipe as it comes, in a thread of its own, which closes the pipe at its end."""

    def read() -> None:
        with suppress(OSError, ValueError), stream:
            for line in bounded_lines(stream, most):
                keep(line.text)

    _start(read)


class Writer:
    """Writes to a pipe in a thread of its own: a child that does not read holds up nobody."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._messages: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        _start(self._write)

    def put(self, message: bytes) -> None:
        self._messages.put(message)

    def stop(self) -> None:
        """Close the pipe after what was put."""
        self._messages.put(None)

    def _write(self) -> None:
        # The reader of the other pipe notices a child that has ended.
        with suppress(OSError), self._stream:
            for message in iter(self._messages.get, None):
                self._stream.write(message)
                self._stream.flush()


def _start(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True, name="driver-pipe").start()
