"""The connections of a client: its own, or those of the caller's `httpx.AsyncClient`."""

# derive-sync: by hand, because only blocking connections have to check the time themselves.

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import httpx

from helmr_api.connection import AsyncConnections, AsyncTransport

from ..transport import LIMITS

if TYPE_CHECKING:
    from .aiohttp_client import AiohttpClient


def own_connections(url: str | None) -> AsyncConnections:
    """Connections for plain http to this machine and https to any host, see `helmr_api.connection`."""
    return AsyncConnections(url, limits=LIMITS, pool=AsyncPooledTransport)


class AsyncPooledTransport(AsyncTransport):
    """httpx's transport, with our pool instead of httpcore's.

    Instrumentation and test doubles that replace methods of `httpx.AsyncHTTPTransport` work here, too.
    """

    def __init__(self, *, limits: httpx.Limits, **options: Any) -> None:
        super().__init__(limits=limits, **options)
        made: Any = getattr(self, "_pool", None)
        if is_replaceable(made):
            # httpcore is imported with the first connection, because it takes a quarter of the import time of
            # a first call and an `http_client` may not need it.
            from .pool import AsyncPool

            self._pool: Any = AsyncPool(made, limits)


def is_replaceable(pool: object) -> bool:
    """True for the pool that httpx creates. Only this one is replaced, for which httpx has no option."""
    return hasattr(pool, "create_connection")


def connections_of(http: httpx.AsyncClient) -> AsyncConnections | None:
    """Return the connections of an `AiohttpClient`, if requests may be sent over them directly."""
    module = sys.modules.get("helmr_ergonomic._async.aiohttp_client")
    if module is None:
        return None
    kind: type[AiohttpClient] = module.AiohttpClient
    return http.connections if isinstance(http, kind) and http.is_plain else None


async def send_with(http: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """Send a request with a client and return the response without reading its body.

    The surrounding `timing.within` block enforces the time limit.
    """
    return await http.send(request, stream=True, follow_redirects=False)
