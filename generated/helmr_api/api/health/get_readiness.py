# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Check readiness.

200 when the database responds and its schema is at least the server's own version; 503 otherwise. No
version header, no credential.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...reading import read_json
from ...types import AsyncSender, Request, Response, Sender

if TYPE_CHECKING:
    from ...models.readiness import Readiness


def request() -> Request[Readiness]:
    """Create the request, and describe how to read its response."""
    return Request(
        "GET",
        "/readyz",
        _read,
        operation="getReadiness",
        statuses=(200, 503),
        authenticated=False,
        safe_to_repeat=True,
    )


def _read(response: Response) -> Readiness:
    return read_json(models.Readiness, response.content)


def sync(*, client: Sender) -> Readiness:
    """Send the request with `client` and return its result."""
    return client.send(request())


async def asyncio(*, client: AsyncSender) -> Readiness:
    """Send the request with `client` and return its result."""
    return await client.send(request())
