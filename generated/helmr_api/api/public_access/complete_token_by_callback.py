# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Complete a token with its callback URL.

Like `completeToken`; the secret in the path is the credential, there is no `Authorization` header. The body
is strict here too: a webhook's own body has to be wrapped as `{"data": …}`. The same data again is
`already_completed`, without limit. An unknown token, a wrong secret, and a token that is cancelled or
expired all get 401. No CORS.

Args:
    token_id: The token's id. Other spellings of a UUID are accepted too.
    callback_secret: The last part of the token's `callback_url`.
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
    token_id: str, callback_secret: str, *, body: TokenCompleteRequest, helmr_api_version: str | None = None
) -> Request[TokenCompletion]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        f"/api/v1/tokens/{encode_path_part(token_id)}/callback/{encode_path_part(callback_secret, is_secret=True)}",
        _read,
        operation="completeTokenByCallback",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
        authenticated=False,
        secret_path=True,
    )


def _read(response: Response) -> TokenCompletion:
    return read_json(models.TokenCompletion, response.content)


def sync(
    token_id: str,
    callback_secret: str,
    *,
    client: Sender,
    body: TokenCompleteRequest,
    helmr_api_version: str | None = None,
) -> TokenCompletion:
    """Send the request with `client` and return its result."""
    return client.send(request(token_id, callback_secret, body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    token_id: str,
    callback_secret: str,
    *,
    client: AsyncSender,
    body: TokenCompleteRequest,
    helmr_api_version: str | None = None,
) -> TokenCompletion:
    """Send the request with `client` and return its result."""
    return await client.send(
        request(token_id, callback_secret, body=body, helmr_api_version=helmr_api_version)
    )
