"""Both sides of a row on one mock transport: no network, the same canned response."""

from __future__ import annotations

import json
from typing import Any, cast

import httpx

from helmr_ergonomic import HelmrClient

from .processes import URL
from .samples import KEY


def pair(status: int, body: Any, *, own: bool = True) -> tuple[HelmrClient, httpx.Client]:
    """Our client and a bare one as a user sets it up, with a transport each that responds with this.

    With `own`, the transport is in the place of the client's own connections, else in an `http_client`.
    """
    text = json.dumps(body, separators=(",", ":")).encode()
    headers = {"content-type": "application/json", "helmr-api-version": "2026-06-06"}

    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers=headers, content=text)

    transport = httpx.MockTransport(respond)
    if own:
        ours = HelmrClient(URL, KEY)
        cast(Any, ours._transport._http).connections = transport
    else:
        ours = HelmrClient(URL, KEY, http_client=httpx.Client(transport=transport))
    theirs = httpx.Client(base_url=URL, headers={"Authorization": f"Bearer {KEY}"}, transport=transport)
    return ours, theirs
