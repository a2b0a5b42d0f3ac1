# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""List tokens.

Lists the environment's tokens, **oldest** first, in pages. Secrets are never listed. Needs the permission
`tokens.read`.

`cursor` and `status` have alternative names, `after` and `state`, which take precedence when both are
given.

Args:
    cursor: Only tokens after the token with this id; an id that the environment does not have returns
        an empty list. Blank is none.
    status: Only tokens in this status, in lower case. Blank means no filter.
        - `pending`: not completed yet
        - `completed`: completed with data
        - `expired`: not completed in time
        - `cancelled`: cancelled
    limit: The maximum number to return. Blank is the default.
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...reading import read_json
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.list_tokens_status import ListTokensStatus
    from ...models.token_list import TokenList


def request(
    *,
    cursor: str | None = None,
    status: ListTokensStatus | str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> Request[TokenList]:
    """Create the request, and describe how to read its response."""
    if not (
        (cursor is None or type(cursor) is str)
        and (status is None or type(status) is str)
        and (limit is None or type(limit) is int)
        and (helmr_api_version is None or type(helmr_api_version) is str)
    ):
        from ...type_checks import check_arguments

        check_arguments(
            request, cursor=cursor, status=status, limit=limit, helmr_api_version=helmr_api_version
        )
    return Request(
        "GET",
        "/api/tokens",
        _read,
        operation="listTokens",
        params=given({"cursor": cursor, "status": status, "limit": limit}),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> TokenList:
    return read_json(models.TokenList, response.content)


def sync(
    *,
    client: Sender,
    cursor: str | None = None,
    status: ListTokensStatus | str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> TokenList:
    """Send the request with `client` and return its result."""
    return client.send(
        request(cursor=cursor, status=status, limit=limit, helmr_api_version=helmr_api_version)
    )


async def asyncio(
    *,
    client: AsyncSender,
    cursor: str | None = None,
    status: ListTokensStatus | str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> TokenList:
    """Send the request with `client` and return its result."""
    return await client.send(
        request(cursor=cursor, status=status, limit=limit, helmr_api_version=helmr_api_version)
    )
