# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Get a token.

Returns the token without its secrets. Between `timeout_at` and its expiry in the background, it is still
shown as `pending`. Needs the permission `tokens.read`; a token of another environment is a 404.

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
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.token import Token


def request(token_id: str, *, helmr_api_version: str | None = None) -> Request[Token]:
    """Create the request, and describe how to read its response."""
    if not (helmr_api_version is None or type(helmr_api_version) is str):
        from ...type_checks import check_arguments

        check_arguments(request, helmr_api_version=helmr_api_version)
    return Request(
        "GET",
        f"/api/tokens/{encode_path_part(token_id)}",
        _read,
        operation="getToken",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> Token:
    return read_json(models.Token, response.content)


def sync(token_id: str, *, client: Sender, helmr_api_version: str | None = None) -> Token:
    """Send the request with `client` and return its result."""
    return client.send(request(token_id, helmr_api_version=helmr_api_version))


async def asyncio(token_id: str, *, client: AsyncSender, helmr_api_version: str | None = None) -> Token:
    """Send the request with `client` and return its result."""
    return await client.send(request(token_id, helmr_api_version=helmr_api_version))
