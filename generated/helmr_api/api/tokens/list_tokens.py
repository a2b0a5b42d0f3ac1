# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""List tokens

Lists the environment's tokens, the **oldest** first, in pages. Secrets are never listed. Needs the
permission `tokens.read`.

`cursor` and `status` have second names, `after` and `state`, which win when both are given.

Args:
    cursor: Only tokens after the token with this id; an id that the environment does not have gives an empty
        list. Blank is none.
    status: Only tokens in this status, in lower case. Blank is no filter.
        - `pending`: not completed yet
        - `completed`: completed with data
        - `expired`: not completed in time
        - `cancelled`: cancelled
    limit: How many to return at most. Blank is the default.
    helmr_api_version: The contract version that the caller speaks. Left out or blank is the current one; any other is a
        400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...types import (
    UNSET,
    Response,
    Unset,
    decode_json,
)

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client
    from ...models.error_envelope import ErrorEnvelope
    from ...models.list_tokens_status import ListTokensStatus
    from ...models.token_list import TokenList


def get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    status: ListTokensStatus | str | Unset = UNSET,
    limit: int | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> dict[str, Any]:
    """The request, as arguments of `httpx.Client.request`."""

    kwargs: dict[str, Any] = {
        "method": "GET",
        "url": "/api/tokens",
    }
    params: dict[str, Any] = {}
    if not isinstance(cursor, Unset) and cursor is not None:
        params["cursor"] = cursor
    if not isinstance(status, Unset) and status is not None:
        params["status"] = status
    if not isinstance(limit, Unset) and limit is not None:
        params["limit"] = limit
    kwargs["params"] = params
    headers: dict[str, str] = {}
    if not isinstance(helmr_api_version, Unset) and helmr_api_version is not None:
        headers["Helmr-API-Version"] = helmr_api_version
    kwargs["headers"] = headers
    return kwargs


def parse_response(
    response: httpx.Response, *, client: AuthenticatedClient | Client | None = None
) -> ErrorEnvelope | TokenList | None:
    """What the answer's status documents.

    Raises:
        errors.UnexpectedStatus: the status is undocumented, and `client.raise_on_unexpected_status` is set. Without
            that, None is returned.
    """
    status = response.status_code
    if status == 200:
        from ...models.token_list import TokenList

        return TokenList.from_dict(decode_json(response.content))
    if status in (400, 401, 403, 500, 503):
        from ...models.error_envelope import ErrorEnvelope

        return ErrorEnvelope.from_dict(decode_json(response.content))
    if client is not None and client.raise_on_unexpected_status:
        from ...errors import UnexpectedStatus

        raise UnexpectedStatus(status, response.content)
    return None


def _answer(
    response: httpx.Response, client: AuthenticatedClient | Client
) -> Response[ErrorEnvelope | TokenList | None]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse_response(response, client=client),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    cursor: str | Unset = UNSET,
    status: ListTokensStatus | str | Unset = UNSET,
    limit: int | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | TokenList | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        client.get_httpx_client().request(
            **get_kwargs(
                cursor=cursor,
                status=status,
                limit=limit,
                helmr_api_version=helmr_api_version,
            )
        ),
        client,
    )


def sync(
    *,
    client: AuthenticatedClient | Client,
    cursor: str | Unset = UNSET,
    status: ListTokensStatus | str | Unset = UNSET,
    limit: int | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | TokenList | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return sync_detailed(
        cursor=cursor, status=status, limit=limit, helmr_api_version=helmr_api_version, client=client
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    cursor: str | Unset = UNSET,
    status: ListTokensStatus | str | Unset = UNSET,
    limit: int | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | TokenList | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        await client.get_async_httpx_client().request(
            **get_kwargs(
                cursor=cursor,
                status=status,
                limit=limit,
                helmr_api_version=helmr_api_version,
            )
        ),
        client,
    )


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    cursor: str | Unset = UNSET,
    status: ListTokensStatus | str | Unset = UNSET,
    limit: int | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | TokenList | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return (
        await asyncio_detailed(
            cursor=cursor, status=status, limit=limit, helmr_api_version=helmr_api_version, client=client
        )
    ).parsed
