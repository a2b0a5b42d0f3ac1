"""Response bodies: decoded incrementally, and limited in size."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import httpx

from .sizes import MAX_BYTES, BodyTooLargeError

MAX_ERROR_BYTES: Final = 1024 * 1024
"""The maximum number of bytes read from a response with an error status."""
PIECE: Final = 1024 * 1024
"""Compressed data is expanded in pieces of at most this many bytes."""


class UnknownEncodingError(ValueError):
    """A response body has a `Content-Encoding` that was not requested."""


class BodyDecoder:
    """Undoes the `Content-Encoding` of a body: none or gzip, the only encoding that requests accept.

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
        """Yield the decoded data in pieces. Raises `httpx.DecodingError` if it is not valid gzip."""
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


def _gzip() -> Any:  # zlib does not export its type
    return zlib.decompressobj(16 + zlib.MAX_WBITS)


def is_short(response: httpx.Response) -> bool:
    """True if a body can be read in one go, because its declared length is within the limit."""
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

    Raises `BodyTooLargeError` for a body that is too large, `UnknownEncodingError` for an encoding that was
    not requested. If the status is an error, the body is truncated instead.
    """

    __slots__ = ("_decoder", "_pieces", "_response", "_size", "is_full")

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._pieces: list[bytes] = []
        self._size = 0
        self.is_full: bool = False
        """True if the rest of the body can be ignored."""
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
        """Return the response, with its body read."""
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
        with suppress(RuntimeError):  # not known for a response that did not come from a connection
            made.elapsed = self._response.elapsed
        return made
