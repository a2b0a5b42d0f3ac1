# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Create a public access token for a stream.

Creates a token that allows one action on one stream of one session: to send input (`session.input.send`) or
to read output (`session.output.read`). The token is shown only in this response; it cannot be listed, read
or revoked. Needs the permission `session.input.send` for the first and `session.streams.read` for the
second.

Order of checks: body, session address, scope type, stream name, session (404), permission (403), stream
(404), `expires_at` (410), `max_uses`.

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
    from ...models.public_access_token import PublicAccessToken
    from ...models.public_access_token_create_request import PublicAccessTokenCreateRequest


def request(
    *, body: PublicAccessTokenCreateRequest, helmr_api_version: str | None = None
) -> Request[PublicAccessToken]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        "/api/public-access-tokens",
        _read,
        operation="createPublicAccessToken",
        statuses=(201,),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
    )


def _read(response: Response) -> PublicAccessToken:
    return read_json(models.PublicAccessToken, response.content)


def sync(
    *, client: Sender, body: PublicAccessTokenCreateRequest, helmr_api_version: str | None = None
) -> PublicAccessToken:
    """Send the request with `client` and return its result."""
    return client.send(request(body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    *, client: AsyncSender, body: PublicAccessTokenCreateRequest, helmr_api_version: str | None = None
) -> PublicAccessToken:
    """Send the request with `client` and return its result."""
    return await client.send(request(body=body, helmr_api_version=helmr_api_version))
