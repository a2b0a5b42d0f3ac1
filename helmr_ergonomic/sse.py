"""Server-sent events, as bytes come in.

Not httpx-sse, which hides keep-alive comments: a wait looks at the run when one comes, because a stream may
stay open for long after the run has ended.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["Frame", "FrameTooLargeError", "SSEDecoder"]

MAX_FRAME_BYTES: Final = 256 * 1024 * 1024
"""Above the 128 MiB a payload may have, which the first event of a run repeats."""


class Frame(NamedTuple):
    """One event: its id and its data. A keep-alive comment is a frame without data."""

    id: str
    data: bytes


class FrameTooLargeError(ValueError):
    """A frame is longer than any that the contract allows."""


class SSEDecoder:
    """Cuts a stream of bytes into frames. What comes after the last blank line waits for more.

    >>> SSEDecoder().feed(b'id: 7\\nevent: run_event\\ndata: {}\\n\\n: keep-alive\\n\\nid: 8\\nda')
    [Frame(id='7', data=b'{}'), Frame(id='', data=b'')]
    """

    __slots__ = ("_carry", "_pending", "_size")

    def __init__(self) -> None:
        self._pending: list[bytes] = []  # joined only when a frame ends, so that a large one costs no more
        self._size = 0
        self._carry = b""  # a CR that may be the first half of CRLF

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that this chunk completes. Raises `FrameTooLargeError`."""
        if self._carry:
            chunk, self._carry = self._carry + chunk, b""
        if b"\r" in chunk:
            if chunk.endswith(b"\r"):
                chunk, self._carry = chunk[:-1], b"\r"
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if not chunk:
            return []
        # A frame can only end in this chunk if a blank line does: wholly inside, or across its first byte.
        if b"\n\n" not in chunk and not (
            chunk.startswith(b"\n") and self._pending and self._pending[-1].endswith(b"\n")
        ):
            self._pending.append(chunk)
            self._size += len(chunk)
            if self._size > MAX_FRAME_BYTES:
                raise FrameTooLargeError(f"an event is longer than {MAX_FRAME_BYTES} bytes")
            return []
        *frames, rest = b"".join([*self._pending, chunk]).split(b"\n\n")
        self._pending = [rest] if rest else []
        self._size = len(rest)
        return [_frame(frame) for frame in frames if frame.strip(b"\n")]


def _frame(text: bytes) -> Frame:
    id_ = b""
    data: list[bytes] = []
    for line in text.split(b"\n"):
        if line.startswith(b"data:"):
            data.append(line[6:] if line[5:6] == b" " else line[5:])
        elif line.startswith(b"id:"):
            id_ = line[3:].strip()
    return Frame(id_.decode("ascii", "replace"), data[0] if len(data) == 1 else b"\n".join(data))
