# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Create a token

Creates a token that waits for its completion until `timeout_at`. The answer, and only this one, holds
the two secrets that complete it without an API key: `public_access_token`, good for one completion,
and `callback_url`.

A known idempotency key with the same parameters is answered 200 with the token in its present state
and both secrets again; `timeout` is compared as written (`"1h"` and `3600000` differ). The scope of
a key is the environment; it never expires. Needs the permission `tokens.create`. Order: body,
permission, `timeout`, `metadata`, `tags`, key.

Args:
    helmr_api_version: The contract version that the caller speaks. Left out or blank is the current one; any other is a
        400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...types import (
    UNSET,
    Response,
    Unset,
    as_sent,
    decode_json,
)

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client
    from ...models.error_envelope import ErrorEnvelope
    from ...models.token import Token
    from ...models.token_create_request import TokenCreateRequest


def get_kwargs(
    *,
    body: TokenCreateRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> dict[str, Any]:
    """The request, as arguments of `httpx.Client.request`."""

    kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/api/tokens",
    }
    headers: dict[str, str] = {}
    if not isinstance(helmr_api_version, Unset) and helmr_api_version is not None:
        headers["Helmr-API-Version"] = helmr_api_version
    kwargs["json"] = None if body is None else body.to_dict()
    headers["Content-Type"] = "application/json"
    kwargs["headers"] = headers
    return kwargs


def parse_response(
    response: httpx.Response, *, client: AuthenticatedClient | Client | None = None
) -> ErrorEnvelope | Token | None:
    """What the answer's status documents.

    Raises:
        errors.UnexpectedStatus: the status is undocumented, and `client.raise_on_unexpected_status` is set. Without
            that, None is returned.
    """
    status = response.status_code
    if status in (200, 201):
        from ...models.token import Token

        return Token.from_dict(decode_json(response.content))
    if status in (400, 401, 403, 409, 413, 500, 503):
        from ...models.error_envelope import ErrorEnvelope

        return ErrorEnvelope.from_dict(decode_json(response.content))
    if client is not None and client.raise_on_unexpected_status:
        from ...errors import UnexpectedStatus

        raise UnexpectedStatus(status, response.content)
    return None


def _answer(
    response: httpx.Response, client: AuthenticatedClient | Client
) -> Response[ErrorEnvelope | Token | None]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse_response(response, client=client),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: TokenCreateRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | Token | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        client.get_httpx_client().request(
            **as_sent(
                get_kwargs(
                    body=body,
                    helmr_api_version=helmr_api_version,
                )
            )
        ),
        client,
    )


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: TokenCreateRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | Token | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return sync_detailed(body=body, helmr_api_version=helmr_api_version, client=client).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: TokenCreateRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | Token | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        await client.get_async_httpx_client().request(
            **as_sent(
                get_kwargs(
                    body=body,
                    helmr_api_version=helmr_api_version,
                )
            )
        ),
        client,
    )


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: TokenCreateRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | Token | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return (await asyncio_detailed(body=body, helmr_api_version=helmr_api_version, client=client)).parsed
