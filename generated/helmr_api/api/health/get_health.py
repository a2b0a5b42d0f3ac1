# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Check liveness.

Always 200 while the server is up. No version header, no credential.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...reading import read_json
from ...types import AsyncSender, Request, Response, Sender

if TYPE_CHECKING:
    from ...models.health import Health


def request() -> Request[Health]:
    """Create the request, and describe how to read its response."""
    return Request(
        "GET",
        "/healthz",
        _read,
        operation="getHealth",
        authenticated=False,
        safe_to_repeat=True,
    )


def _read(response: Response) -> Health:
    return read_json(models.Health, response.content)


def sync(*, client: Sender) -> Health:
    """Send the request with `client` and return its result."""
    return client.send(request())


async def asyncio(*, client: AsyncSender) -> Health:
    """Send the request with `client` and return its result."""
    return await client.send(request())
