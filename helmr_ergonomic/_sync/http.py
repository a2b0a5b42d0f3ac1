# Derived from helmr_ergonomic/_async/http.py. Edit that file, then run `make generate`.
"""Sending requests and receiving responses: over our own connections, or with the caller's client."""

from __future__ import annotations

from datetime import timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any

import httpx

from helmr_api.connection import refuse_proxy

from ..building import Builder, received
from ..errors import ConfigurationError
from ..transport import base_headers
from .connections import connections_of, own_connections, send_with

if TYPE_CHECKING:
    from ..transport import Outgoing


def http_of(client: httpx.Client | None, base_url: str, bearer: str | None) -> OwnHttp | GivenHttp:
    """Sends the requests of a client, over its own connections or the caller's."""
    if client is None:
        return OwnHttp(base_url, bearer, own_connections(base_url or None))
    if not isinstance(client, httpx.Client):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ConfigurationError(f"http_client must be an httpx.Client, not {type(client).__name__}")
    connections = connections_of(client)
    if connections is None:
        return GivenHttp(client, base_url, bearer)
    return OwnHttp(base_url, bearer, connections, client)


class OwnHttp:
    """Sends requests over our own connections.

    It does only what is needed of `httpx.Client.send`: it sets `request` and `elapsed`, and writes
    httpx's log line. The rest (authentication, redirects, cookies, hooks) is unused and would cost 50 µs per
    request.
    """

    __slots__ = ("_builder", "_client", "_is_closed", "connections")

    def __init__(
        self, base_url: str, bearer: str | None, connections: Any, client: httpx.Client | None = None
    ) -> None:
        self.connections = connections
        self._client = client
        self._is_closed = False
        self._builder = Builder(base_url, {**base_headers(bearer), "Connection": "keep-alive"})

    @property
    def is_closed(self) -> bool:
        """True if this, or the client that owns the connections, is closed."""
        return self._is_closed or (self._client is not None and self._client.is_closed)

    def build(self, call: Outgoing, origin: str, steps: httpx.Timeout) -> httpx.Request:
        """Build the request of a call. Raises `ArgumentError` for an argument that is invalid in a URL."""
        return self._builder.build(call, origin, steps)

    def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the response with its body still to be read."""
        try:
            return received(request, self.connections.handle_request(request))
        except httpx.RequestError as exc:
            exc.request = request
            raise

    def done(self, response: httpx.Response, began: float) -> None:
        """Record how long a response took, as `httpx.Client.send` does."""
        response.elapsed = timedelta(seconds=perf_counter() - began)

    def close(self) -> None:
        """Close the connections."""
        self._is_closed = True
        self.connections.close()


class GivenHttp:
    """Sends requests with the caller's client, with its hooks, authentication and mounts."""

    __slots__ = ("_builder", "client")

    def __init__(self, client: httpx.Client, base_url: str, bearer: str | None) -> None:
        self.client: httpx.Client = client
        self._builder = Builder(base_url, base_headers(bearer), client)

    @property
    def is_closed(self) -> bool:
        """True if the client is closed."""
        return self.client.is_closed

    def build(self, call: Outgoing, origin: str, steps: httpx.Timeout) -> httpx.Request:
        """Build the request of a call. Raises `ArgumentError` for an argument that is invalid in a URL."""
        request = self._builder.build(call, origin, steps)
        refuse_proxy(self.client, request.url)
        return request

    def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the response with its body still to be read."""
        return send_with(self.client, request)

    def done(self, response: httpx.Response, began: float) -> None:
        """Do nothing: httpx records it."""

    def close(self) -> None:
        """Do nothing: the caller closes the client."""
