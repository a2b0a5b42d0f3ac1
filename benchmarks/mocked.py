"""Both sides of a row on one mock transport: no network, the same canned answer."""

from __future__ import annotations

import json
from typing import Any

import httpx

from helmr_ergonomic import HelmrClient

from .processes import URL
from .samples import KEY


def pair(status: int, body: Any) -> tuple[HelmrClient, httpx.Client]:
    """Our client and a bare one as a user sets it up, with a transport each that answers this."""
    text = json.dumps(body, separators=(",", ":")).encode()
    headers = {"content-type": "application/json", "helmr-api-version": "2026-06-06"}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers=headers, content=text)

    ours = HelmrClient(URL, KEY, http_client=httpx.Client(transport=httpx.MockTransport(answer)))
    theirs = httpx.Client(
        base_url=URL,
        headers={"Authorization": f"Bearer {KEY}"},
        transport=httpx.MockTransport(answer),
    )
    return ours, theirs
