# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Complete a token with its public access token.

Like `completeToken`, with the `public_access_token` of the token's creation as bearer. It is good for one
first completion; the same data again gets `already_completed` until 30 days after `timeout_at`. Order of
checks: body, `token_id`, token, bearer, state. Browsers may call it from the server's own public origin.

Args:
    token_id: The token's id. Other spellings of a UUID are accepted too.
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...formats import encode_path_part
from ...reading import read_json
from ...type_checks import check_arguments
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.token_complete_request import TokenCompleteRequest
    from ...models.token_completion import TokenCompletion


def request(
    token_id: str, *, body: TokenCompleteRequest, helmr_api_version: str | None = None
) -> Request[TokenCompletion]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        f"/api/v1/tokens/{encode_path_part(token_id)}/complete",
        _read,
        operation="completeTokenWithPublicAccessToken",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
    )


def _read(response: Response) -> TokenCompletion:
    return read_json(models.TokenCompletion, response.content)


def sync(
    token_id: str, *, client: Sender, body: TokenCompleteRequest, helmr_api_version: str | None = None
) -> TokenCompletion:
    """Send the request with `client` and return its result."""
    return client.send(request(token_id, body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    token_id: str, *, client: AsyncSender, body: TokenCompleteRequest, helmr_api_version: str | None = None
) -> TokenCompletion:
    """Send the request with `client` and return its result."""
    return await client.send(request(token_id, body=body, helmr_api_version=helmr_api_version))
