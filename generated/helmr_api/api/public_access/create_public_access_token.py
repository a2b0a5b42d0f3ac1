# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Create a public access token for a stream

Creates a token that allows one thing on one stream of one session: to send input
(`session.input.send`) or to read output (`session.output.read`). The token is shown only in this
answer; it cannot be listed, read or revoked. Needs the permission `session.input.send` for the first
and `session.streams.read` for the second.

Order: body, session address, scope type, stream name, session (404), permission (403), stream (404),
`expires_at` (410), `max_uses`.

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
    from ...models.public_access_token import PublicAccessToken
    from ...models.public_access_token_create_request import PublicAccessTokenCreateRequest


def get_kwargs(
    *,
    body: PublicAccessTokenCreateRequest,
    helmr_api_version: str | Unset = UNSET,
) -> dict[str, Any]:
    """The request, as arguments of `httpx.Client.request`."""

    kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/api/public-access-tokens",
    }
    headers: dict[str, str] = {}
    if not isinstance(helmr_api_version, Unset) and helmr_api_version is not None:
        headers["Helmr-API-Version"] = helmr_api_version
    kwargs["json"] = body.to_dict()
    headers["Content-Type"] = "application/json"
    kwargs["headers"] = headers
    return kwargs


def parse_response(
    response: httpx.Response, *, client: AuthenticatedClient | Client | None = None
) -> ErrorEnvelope | PublicAccessToken | None:
    """What the answer's status documents.

    Raises:
        errors.UnexpectedStatus: the status is undocumented, and `client.raise_on_unexpected_status` is set. Without
            that, None is returned.
    """
    status = response.status_code
    if status == 201:
        from ...models.public_access_token import PublicAccessToken

        return PublicAccessToken.from_dict(decode_json(response.content))
    if status in (400, 401, 403, 404, 410, 413, 500, 503):
        from ...models.error_envelope import ErrorEnvelope

        return ErrorEnvelope.from_dict(decode_json(response.content))
    if client is not None and client.raise_on_unexpected_status:
        from ...errors import UnexpectedStatus

        raise UnexpectedStatus(status, response.content)
    return None


def _answer(
    response: httpx.Response, client: AuthenticatedClient | Client
) -> Response[ErrorEnvelope | PublicAccessToken | None]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse_response(response, client=client),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: PublicAccessTokenCreateRequest,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | PublicAccessToken | None]:
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
    body: PublicAccessTokenCreateRequest,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | PublicAccessToken | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return sync_detailed(body=body, helmr_api_version=helmr_api_version, client=client).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: PublicAccessTokenCreateRequest,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | PublicAccessToken | None]:
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
    body: PublicAccessTokenCreateRequest,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | PublicAccessToken | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return (await asyncio_detailed(body=body, helmr_api_version=helmr_api_version, client=client)).parsed
