"""Both sides of a row with mock transports: no network, and the same canned response."""

from __future__ import annotations

import json
from typing import Any, cast

import httpx

from helmr_ergonomic import HelmrClient

from .processes import URL
from .samples import KEY


def pair(status: int, body: Any, *, own: bool = True) -> tuple[HelmrClient, httpx.Client]:
    """Return this client and a plain httpx client, with transports that return this response.

    With `own`, the transport replaces the client's own connections; otherwise it is part of an `http_client`.
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
