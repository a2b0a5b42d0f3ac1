"""The connections of a client: its own, or those of an `httpx.AsyncClient` that the caller brought."""

# derive-sync: by hand, because only blocking connections have to look at the time themselves.

from __future__ import annotations

import httpx

from ..transport import LIMITS


def own_connections() -> httpx.AsyncClient:
    """A client of httpx for plain http to this machine and https to any."""
    # Plain http is for loopback only: a proxy from the environment would carry the key off the host.
    return httpx.AsyncClient(limits=LIMITS, mounts={"http://": None})


async def send(http: httpx.AsyncClient, request: httpx.Request, is_own: bool) -> httpx.Response:
    """Send a request, and return the response with its body still to be read.

    It ends when the block `timing.within` is over, whoever made the client: so does whatever is awaited.
    """
    return await http.send(request, stream=True, follow_redirects=False)
