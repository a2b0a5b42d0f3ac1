# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Complete a token by its callback URL

As `completeToken`; the secret in the path is the credential, there is no `Authorization` header. The
body is strict here too: a webhook's own body has to be wrapped as `{"data": …}`. The same data again
is `already_completed`, without limit. An unknown token, a wrong secret, and a token that is cancelled
or expired are all answered 401. No CORS.

Args:
    token_id: The token's id. Other spellings of a UUID are accepted too.
    callback_secret: The last part of the token's `callback_url`.
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
    encode_path_part,
)

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client
    from ...models.error_envelope import ErrorEnvelope
    from ...models.token_complete_request import TokenCompleteRequest
    from ...models.token_completion import TokenCompletion


def get_kwargs(
    token_id: str,
    callback_secret: str,
    *,
    body: TokenCompleteRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> dict[str, Any]:
    """The request, as arguments of `httpx.Client.request`."""

    kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/api/v1/tokens/{token_id}/callback/{callback_secret}".format(
            token_id=encode_path_part(token_id),
            callback_secret=encode_path_part(callback_secret),
        ),
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
) -> ErrorEnvelope | TokenCompletion | None:
    """What the answer's status documents.

    Raises:
        errors.UnexpectedStatus: the status is undocumented, and `client.raise_on_unexpected_status` is set. Without
            that, None is returned.
    """
    status = response.status_code
    if status == 200:
        from ...models.token_completion import TokenCompletion

        return TokenCompletion.from_dict(decode_json(response.content))
    if status in (400, 401, 409, 410, 413, 500):
        from ...models.error_envelope import ErrorEnvelope

        return ErrorEnvelope.from_dict(decode_json(response.content))
    if client is not None and client.raise_on_unexpected_status:
        from ...errors import UnexpectedStatus

        raise UnexpectedStatus(status, response.content)
    return None


def _answer(
    response: httpx.Response, client: AuthenticatedClient | Client
) -> Response[ErrorEnvelope | TokenCompletion | None]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse_response(response, client=client),
    )


def sync_detailed(
    token_id: str,
    callback_secret: str,
    *,
    client: AuthenticatedClient | Client,
    body: TokenCompleteRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | TokenCompletion | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        client.get_httpx_client().request(
            **as_sent(
                get_kwargs(
                    token_id=token_id,
                    callback_secret=callback_secret,
                    body=body,
                    helmr_api_version=helmr_api_version,
                )
            )
        ),
        client,
    )


def sync(
    token_id: str,
    callback_secret: str,
    *,
    client: AuthenticatedClient | Client,
    body: TokenCompleteRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | TokenCompletion | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return sync_detailed(
        token_id=token_id,
        callback_secret=callback_secret,
        body=body,
        helmr_api_version=helmr_api_version,
        client=client,
    ).parsed


async def asyncio_detailed(
    token_id: str,
    callback_secret: str,
    *,
    client: AuthenticatedClient | Client,
    body: TokenCompleteRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | TokenCompletion | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        await client.get_async_httpx_client().request(
            **as_sent(
                get_kwargs(
                    token_id=token_id,
                    callback_secret=callback_secret,
                    body=body,
                    helmr_api_version=helmr_api_version,
                )
            )
        ),
        client,
    )


async def asyncio(
    token_id: str,
    callback_secret: str,
    *,
    client: AuthenticatedClient | Client,
    body: TokenCompleteRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | TokenCompletion | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return (
        await asyncio_detailed(
            token_id=token_id,
            callback_secret=callback_secret,
            body=body,
            helmr_api_version=helmr_api_version,
            client=client,
        )
    ).parsed
