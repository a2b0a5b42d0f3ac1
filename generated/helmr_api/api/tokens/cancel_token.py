# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Cancel a token.

Cancels a pending token; runs that wait for it resume and see a cancelled wait. A body is optional and not
read. Cancelling twice is a conflict, and a token that was completed is a 404. Needs the permission
`tokens.cancel`.

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
        "POST",
        f"/api/tokens/{encode_path_part(token_id)}/cancel",
        _read,
        operation="cancelToken",
        headers=given({"Helmr-API-Version": helmr_api_version}),
    )


def _read(response: Response) -> Token:
    return read_json(models.Token, response.content)


def sync(token_id: str, *, client: Sender, helmr_api_version: str | None = None) -> Token:
    """Send the request with `client` and return its result."""
    return client.send(request(token_id, helmr_api_version=helmr_api_version))


async def asyncio(token_id: str, *, client: AsyncSender, helmr_api_version: str | None = None) -> Token:
    """Send the request with `client` and return its result."""
    return await client.send(request(token_id, helmr_api_version=helmr_api_version))
