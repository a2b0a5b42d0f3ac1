"""Server-sent events, as bytes come in.

Not httpx-sse, which hides keep-alive comments: a wait looks at the run when one comes, because a stream may
stay open for long after the run has ended.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from .sizes import MAX_BYTES, BodyTooLargeError

MAX_FRAME_BYTES: Final = MAX_BYTES
LINE: Final = 64
"""Bytes of memory that a line takes besides its text."""


class Frame(NamedTuple):
    """One event: its id and its data. Anything that is not an event is a frame without data."""

    id: str
    data: bytes


KEEP_ALIVE: Final = Frame("", b"")
"""What a comment line becomes, also one that no blank line follows, and an event without data."""

PARTIAL: Final = Frame("partial", b"")
"""What stands for bytes that have come without making a frame: parts of a long event, or blank lines."""


class FrameTooLargeError(BodyTooLargeError):
    """An event is larger than the contract allows."""


class SSEDecoder:
    """Cuts a stream of bytes into frames. Data after the last line break waits for more.

    >>> SSEDecoder().feed(b'id: 7\\nevent: run_event\\ndata: {}\\n\\n: keep-alive\\n\\nid: 8\\nda')
    [Frame(id='7', data=b'{}'), Frame(id='', data=b'')]
    """

    __slots__ = ("_carry", "_data", "_id", "_line", "_size")

    def __init__(self) -> None:
        self._line: list[bytes] = []  # parts of one line, joined only when it ends: a long one costs no more
        self._carry = b""  # a CR that may be the first half of CRLF
        self._size = 0  # of the event that has begun, with its unfinished line; 0 when none has
        self._id = b""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that this chunk completes. Raises `FrameTooLargeError`."""
        if self._carry:
            chunk, self._carry = self._carry + chunk, b""
        if b"\r" in chunk:
            if chunk.endswith(b"\r"):
                chunk, self._carry = chunk[:-1], b"\r"
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        frames: list[Frame] = []
        end = chunk.rfind(b"\n")
        if end >= 0:
            text = chunk[:end]
            if self._line:
                text = b"".join([*self._line, text])
                self._size -= sum(map(len, self._line))
                self._line = []
            for line in text.split(b"\n"):
                if line.startswith(b"data:"):
                    self._data.append(line[6:] if line[5:6] == b" " else line[5:])
                elif not line:
                    if self._size:
                        frames.append(self._event())
                    continue
                elif line.startswith(b"id:"):
                    self._id = line[3:].strip()
                elif line.startswith(b":"):
                    frames.append(KEEP_ALIVE)
                    continue
                self._size += len(line) + LINE
            chunk = chunk[end + 1 :]
        if chunk:
            self._line.append(chunk)
            self._size += len(chunk)
        if self._size > MAX_FRAME_BYTES:
            raise FrameTooLargeError(f"an event is larger than {MAX_FRAME_BYTES} bytes")
        return frames

    def _event(self) -> Frame:
        data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
        event = Frame(self._id.decode("ascii", "replace"), data) if data else KEEP_ALIVE
        self._id, self._data, self._size = b"", [], 0
        return event
