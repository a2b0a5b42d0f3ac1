# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Create a token.

Creates a token that can be completed until `timeout_at`. Only this response contains the two secrets that
complete it without an API key: `public_access_token`, good for one completion, and `callback_url`.

A known idempotency key with the same parameters gets 200 with the token in its current state and both
secrets again; `timeout` is compared as written (`"1h"` and `3600000` differ). The scope of a key is the
environment; it never expires. Needs the permission `tokens.create`. Order of checks: body, permission,
`timeout`, `metadata`, `tags`, key.

Args:
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...reading import read_json
from ...type_checks import check_arguments
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.token import Token
    from ...models.token_create_request import TokenCreateRequest


def request(*, body: TokenCreateRequest, helmr_api_version: str | None = None) -> Request[Token]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        "/api/tokens",
        _read,
        operation="createToken",
        statuses=(200, 201),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
        identified_by=("idempotency_key",),
    )


def _read(response: Response) -> Token:
    return read_json(models.Token, response.content)


def sync(*, client: Sender, body: TokenCreateRequest, helmr_api_version: str | None = None) -> Token:
    """Send the request with `client` and return its result."""
    return client.send(request(body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    *, client: AsyncSender, body: TokenCreateRequest, helmr_api_version: str | None = None
) -> Token:
    """Send the request with `client` and return its result."""
    return await client.send(request(body=body, helmr_api_version=helmr_api_version))
