# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Cancel a token

Cancels a pending token; runs that wait for it go on and see a cancelled wait. A body is optional and
not read. Cancelling twice is a conflict, and a token that was completed is answered 404. Needs the
permission `tokens.cancel`.

Args:
    token_id: The token's id. Other spellings of a UUID are accepted too.
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
    encode_json,
    encode_path_part,
)

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client
    from ...models.error_envelope import ErrorEnvelope
    from ...models.token import Token


def get_kwargs(
    token_id: str,
    *,
    body: Any | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> dict[str, Any]:
    """The request, as arguments of `httpx.Client.request`."""

    kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/api/tokens/{token_id}/cancel".format(
            token_id=encode_path_part(token_id),
        ),
    }
    headers: dict[str, str] = {}
    if not isinstance(helmr_api_version, Unset) and helmr_api_version is not None:
        headers["Helmr-API-Version"] = helmr_api_version
    if not isinstance(body, Unset):
        # Not as `json=`, which httpx takes as no body at all when it is None.
        kwargs["content"] = encode_json(body)
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
    if status == 200:
        from ...models.token import Token

        return Token.from_dict(decode_json(response.content))
    if status in (400, 401, 403, 404, 409, 410, 413, 500, 503):
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
    token_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: Any | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | Token | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        client.get_httpx_client().request(
            **as_sent(
                get_kwargs(
                    token_id=token_id,
                    body=body,
                    helmr_api_version=helmr_api_version,
                )
            )
        ),
        client,
    )


def sync(
    token_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: Any | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | Token | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return sync_detailed(
        token_id=token_id, body=body, helmr_api_version=helmr_api_version, client=client
    ).parsed


async def asyncio_detailed(
    token_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: Any | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | Token | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        await client.get_async_httpx_client().request(
            **as_sent(
                get_kwargs(
                    token_id=token_id,
                    body=body,
                    helmr_api_version=helmr_api_version,
                )
            )
        ),
        client,
    )


async def asyncio(
    token_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: Any | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | Token | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return (
        await asyncio_detailed(
            token_id=token_id, body=body, helmr_api_version=helmr_api_version, client=client
        )
    ).parsed
