"""A client whose every exchange is bounded in time and in size: a broken server may send forever."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final, cast

import httpx

from helmr_api.connection import Connections, new_http_client
from helmr_ergonomic._sync.connections import PooledTransport
from helmr_ergonomic._sync.timing import within

MOST_BYTES: Final = 128 << 20
"""Bytes of a body that are read: the most that a control plane has to send, an output of 64 MiB as Base64 in
the events of a stream, is less."""
MOST_ENCODED_BYTES: Final = 128 << 10
"""Bytes of a compressed body that are read; they may be a thousand times as many when they are decoded."""
STEPS: Final = 3
"""An exchange may take as long as so many of the longest waits for a byte."""


class TooLarge(httpx.RemoteProtocolError):
    """A body has more bytes than are read."""


class BoundedTransport(httpx.BaseTransport):
    """Sends requests, and ends what takes too long or sends too much.

    A timeout of httpx is for one read: with a byte now and then a server can draw a response out forever.
    """

    def __init__(self, url: str, limits: httpx.Limits) -> None:
        self._connections = Connections(url, limits=limits, pool=PooledTransport)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the response with its body still to be read."""
        timeouts = cast("dict[str, float | None]", request.extensions.get("timeout", {}))
        end = time.monotonic() + STEPS * (timeouts.get("read") or 40.0)
        with within(end - time.monotonic()):
            response = self._connections.handle_request(request)
        encoding = response.headers.get("content-encoding", "identity")
        if "," in encoding:  # compressed twice, a few bytes may be a million times as many
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
    """An httpx client that keeps the rule of `helmr_api.connection`, with bounded exchanges."""
    limits: httpx.Limits = options.pop("limits", httpx.Limits())
    return new_http_client(url, transport=BoundedTransport(url, limits), **options)
