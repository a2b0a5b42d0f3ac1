"""Finds the end of a request body: after a number of bytes, or after the last chunk."""

from __future__ import annotations

import re
from typing import Protocol

from .head import bad_request, header_fields

# A chunk's length, and extensions, which are unused in practice and must be ignored.
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?")
_INT64 = 2**63
LINE_LIMIT = 4096
"""The maximum bytes of a chunk's first line, and of all trailers together."""
OVERHEAD_LIMIT = 16 * 1024
"""The maximum overhead of a chunked body, in excess of twice its data and 16 bytes per chunk (as in Go)."""


class BodyReader(Protocol):
    """Extracts a body from the bytes of a connection."""

    complete: bool

    def feed(self, buffer: bytearray) -> bytes:
        """Remove the bytes of the body from the front of the buffer, and return the data in them.

        Raises:
            Refused: The bytes are not a valid body.
        """
        ...


class SizedBody:
    """A body of a declared length."""

    def __init__(self, length: int) -> None:
        self.left = length
        self.complete = length == 0

    def feed(self, buffer: bytearray) -> bytes:
        with memoryview(buffer) as view:
            data = bytes(view[: self.left])
        del buffer[: len(data)]
        self.left -= len(data)
        self.complete = self.left == 0
        return data


class ChunkedBody:
    """A chunked body. Trailers are checked and dropped."""

    def __init__(self) -> None:
        self.complete = False
        self._in_chunk = False  # including its line end
        self._left = 0  # data bytes left in the current chunk
        self._trailing = False  # the last chunk has been read
        self._scanned = 0  # bytes of the buffer known to contain no line end
        self._trailers = 0
        self._overhead = 0

    def feed(self, buffer: bytearray) -> bytes:
        data = bytearray()
        at = 0  # consumed bytes are removed once, at the end: removing them chunk by chunk would be quadratic
        while not self.complete:
            if self._in_chunk:
                at = self._take(buffer, at, data)
                if self._in_chunk:
                    break
            line = self._line(buffer, at)
            if line is None:
                break
            at += len(line) + 2
            self._read(line)
        del buffer[:at]
        return bytes(data)

    def _take(self, buffer: bytearray, at: int, data: bytearray) -> int:
        """Consume the available part of the current chunk, and return the new position in the buffer."""
        end = min(at + self._left, len(buffer))
        data += buffer[at:end]
        self._left -= end - at
        if not self._left:
            line_end = bytes(buffer[end : end + 2])
            if line_end == b"\r\n":
                self._in_chunk = False
                return end + 2
            if line_end not in (b"", b"\r"):
                raise bad_request("a chunk is longer than declared")
        return end

    def _line(self, buffer: bytearray, start: int) -> bytes | None:
        """Return the next line once it is complete."""
        end = buffer.find(b"\r\n", start + self._scanned, start + LINE_LIMIT + 2)
        if end < 0:
            if len(buffer) - start > LINE_LIMIT:
                raise bad_request("a line of a chunked body is too long")
            self._scanned = max(0, len(buffer) - start - 1)
            return None
        self._scanned = 0
        return bytes(buffer[start:end])

    def _read(self, line: bytes) -> None:
        if self._trailing:
            self._read_trailer(line)
            return
        found = _CHUNK_LINE.fullmatch(line)
        length = -1 if found is None else int(found[1], 16)
        if not 0 <= length < _INT64:
            raise bad_request("invalid chunk length")
        self._overhead = max(0, self._overhead + len(line) + 2 - 16 - 2 * length)
        if self._overhead > OVERHEAD_LIMIT:
            raise bad_request("a chunked body with too little data")
        self._trailing = length == 0
        self._left = length
        self._in_chunk = length > 0

    def _read_trailer(self, line: bytes) -> None:
        if not line:
            self.complete = True
            return
        self._trailers += len(line) + 2
        if self._trailers > LINE_LIMIT:
            raise bad_request("too many trailers")
        header_fields(line)


def reader(length: int | None) -> BodyReader:
    """Return the reader for a body of so many bytes, or for a chunked one if None."""
    return ChunkedBody() if length is None else SizedBody(length)
