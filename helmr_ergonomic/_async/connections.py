"""The connections of a client: its own, or those of an `httpx.AsyncClient` that the caller brought."""

# derive-sync: by hand, because only blocking connections have to look at the time themselves.

from __future__ import annotations

import httpx

from helmr_api.connection import new_async_http_client

from ..transport import LIMITS


def own_connections(url: str | None) -> httpx.AsyncClient:
    """A client of httpx for plain http to this machine and https to any, see `helmr_api.connection`."""
    return new_async_http_client(url, limits=LIMITS)


async def send(http: httpx.AsyncClient, request: httpx.Request, is_own: bool) -> httpx.Response:
    """Send a request, and return the response with its body still to be read.

    It ends when the block `timing.within` is over, whoever made the client: so does whatever is awaited.
    """
    return await http.send(request, stream=True, follow_redirects=False)
