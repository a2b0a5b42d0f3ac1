"""An HTTP client that limits the time and size of every exchange, because a broken server may send
forever, and paths that contain what a server sent.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final, cast
from urllib.parse import quote

import httpx

from helmr_api.connection import Connections, new_http_client
from helmr_ergonomic._sync.connections import PooledTransport
from helmr_ergonomic._sync.timing import within

MOST_BYTES: Final = 128 << 20
"""The maximum number of body bytes to read. The largest valid body, an output of 64 MiB as Base64 in the
events of a stream, is smaller.
"""
MOST_ENCODED_BYTES: Final = 128 << 10
"""The maximum number of bytes of a compressed body to read; decoding may yield a thousand times as many."""
_MOST_OF_AN_ID: Final = 200
STEPS: Final = 3
"""The maximum duration of an exchange, as a multiple of the read timeout."""


class TooLarge(httpx.RemoteProtocolError):
    """A body exceeds the limit."""


class BoundedTransport(httpx.BaseTransport):
    """Sends requests, and aborts exchanges that take too long or receive too much.

    An httpx timeout applies to a single read, so a server that sends a byte now and then could prolong a
    response forever.
    """

    def __init__(self, url: str, limits: httpx.Limits) -> None:
        self._connections = Connections(url, limits=limits, pool=PooledTransport)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the response with its body still unread."""
        timeouts = cast("dict[str, float | None]", request.extensions.get("timeout", {}))
        end = time.monotonic() + STEPS * (timeouts.get("read") or 40.0)
        with within(end - time.monotonic()):
            response = self._connections.handle_request(request)
        encoding = response.headers.get("content-encoding", "identity")
        if "," in encoding:  # compressed twice, a few bytes could expand a million times
            response.close()
            raise TooLarge("the body has more than one content encoding", request=request)
        is_encoded = encoding != "identity"
        most = MOST_ENCODED_BYTES if is_encoded else MOST_BYTES
        body = _Body(cast(httpx.SyncByteStream, response.stream), end, most)
        return httpx.Response(
            response.status_code, headers=response.headers, stream=body, extensions=response.extensions
        )

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, end: float, most: int) -> None:
        self._stream = stream
        self._end = end
        self._most = most

    def __iter__(self) -> Iterator[bytes]:
        parts, left = iter(self._stream), self._most
        while True:
            with within(self._end - time.monotonic()):
                part = next(parts, None)
            if part is None:
                return
            left -= len(part)
            if left < 0:
                raise TooLarge(f"the body is larger than {self._most} bytes")
            yield part

    def close(self) -> None:
        self._stream.close()


def bounded_http_client(url: str, **options: Any) -> httpx.Client:
    """Return an httpx client that limits every exchange and follows the security rules of
    `helmr_api.connection`.
    """
    limits: httpx.Limits = options.pop("limits", httpx.Limits())
    return new_http_client(url, transport=BoundedTransport(url, limits), **options)


def in_path(value: object) -> str:
    """Return an id from a server for use as one segment of a path, whatever it contains.

    >>> in_path("0197f000-0000-7000-8000-000000000000"), in_path("../x"), in_path("..")
    ('0197f000-0000-7000-8000-000000000000', '..%2Fx', '%2E%2E')
    """
    text = quote(str(value)[:_MOST_OF_AN_ID], safe="", errors="replace")
    return text.replace(".", "%2E") if text in (".", "..") else text
