"""Bodies of responses: decoded piece by piece, and never larger than allowed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import httpx

from .sizes import MAX_BYTES, BodyTooLargeError

MAX_ERROR_BYTES: Final = 1024 * 1024
"""The most bytes that are read of a response with an error status."""
PIECE: Final = 1024 * 1024
"""Bytes to which compressed data is expanded at once."""


class UnknownEncodingError(ValueError):
    """A body has an encoding that was not requested."""


class BodyDecoder:
    """Undoes the `Content-Encoding` of a body: none or gzip, the only one that requests accept.

    Raises `UnknownEncodingError` for any other.
    """

    __slots__ = ("_gzip",)

    def __init__(self, response: httpx.Response) -> None:
        header = "" if response.is_stream_consumed else response.headers.get("content-encoding", "")
        encodings = {name.strip().lower() for name in header.split(",")}
        match sorted(encodings - {"", "identity"}):
            case []:
                self._gzip = None
            case ["gzip"] | ["x-gzip"]:
                self._gzip = _gzip()
            case others:
                raise UnknownEncodingError(f"its body is encoded as {', '.join(others)}")

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What the data stands for, in pieces. Raises `httpx.DecodingError` when it is not gzip."""
        if self._gzip is None:
            yield data
            return
        while data:
            try:
                yield self._gzip.decompress(data, PIECE)
            except zlib.error as exc:
                raise httpx.DecodingError(f"the body is not valid gzip: {exc}") from None
            data = self._gzip.unconsumed_tail
            if self._gzip.eof:
                data = self._gzip.unused_data
                self._gzip = _gzip()


def _gzip() -> Any:  # its type is private to zlib
    return zlib.decompressobj(16 + zlib.MAX_WBITS)


def is_short(response: httpx.Response) -> bool:
    """Whether the head of a response says that its body may be read at once."""
    length = response.headers.get("content-length", "")
    return (
        0 < len(length) < 16
        and length.isascii()
        and length.isdigit()
        and int(length) <= _limit(response)
        and "content-encoding" not in response.headers
    )


def _limit(response: httpx.Response) -> int:
    return MAX_BYTES if response.is_success else MAX_ERROR_BYTES


class Body:
    """Collects the body of a response.

    One that is too large raises `BodyTooLargeError`, one with an encoding that was not requested raises
    `UnknownEncodingError`. For a response with an error status, the readable beginning is
    enough.
    """

    __slots__ = ("_decoder", "_pieces", "_response", "_size", "is_full")

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._pieces: list[bytes] = []
        self._size = 0
        self.is_full: bool = False
        """Whether no more is needed."""
        try:
            self._decoder = BodyDecoder(response)
        except UnknownEncodingError:
            if response.is_success:
                raise
            self.is_full = True

    def feed(self, data: bytes) -> None:
        """Add a received part of the body. Raises `httpx.DecodingError` when it cannot be decoded."""
        try:
            for piece in self._decoder.feed(data):
                self._size += len(piece)
                if self._size > _limit(self._response):
                    raise BodyTooLargeError(f"its body is larger than {MAX_BYTES} bytes")
                self._pieces.append(piece)
        except (BodyTooLargeError, httpx.DecodingError):
            if self._response.is_success:
                raise
            self.is_full = True

    def response(self) -> httpx.Response:
        """The response, with its body read."""
        headers = [
            (name, value)
            for name, value in self._response.headers.raw
            if name.lower() not in (b"content-encoding", b"content-length", b"transfer-encoding")
        ]
        made = httpx.Response(
            self._response.status_code,
            headers=headers,
            content=b"".join(self._pieces),
            request=self._response.request,
            extensions=self._response.extensions,
            history=self._response.history,
        )
        with suppress(RuntimeError):  # it is not known for a response that was not read from a connection
            made.elapsed = self._response.elapsed
        return made
