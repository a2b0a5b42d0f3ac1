# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""CORS preflight of reading a record

As `preflightCompleteToken`. Session and stream are not looked at.

Args:
    session_id: The session's id. A preflight does not look at it.
    stream: Name of the stream. A preflight does not look at it.
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
    encode_path_part,
)

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client
    from ...models.error_envelope import ErrorEnvelope


def get_kwargs(
    session_id: str,
    stream: str,
    *,
    helmr_api_version: str | Unset = UNSET,
) -> dict[str, Any]:
    """The request, as arguments of `httpx.Client.request`."""

    kwargs: dict[str, Any] = {
        "method": "OPTIONS",
        "url": "/api/v1/sessions/{session_id}/outputs/{stream}/read".format(
            session_id=encode_path_part(session_id),
            stream=encode_path_part(stream),
        ),
    }
    headers: dict[str, str] = {}
    if not isinstance(helmr_api_version, Unset) and helmr_api_version is not None:
        headers["Helmr-API-Version"] = helmr_api_version
    kwargs["headers"] = headers
    return kwargs


def parse_response(
    response: httpx.Response, *, client: AuthenticatedClient | Client | None = None
) -> ErrorEnvelope | None:
    """What the answer's status documents.

    Raises:
        errors.UnexpectedStatus: the status is undocumented, and `client.raise_on_unexpected_status` is set. Without
            that, None is returned.
    """
    status = response.status_code
    if status == 204:
        return None
    if status == 400:
        from ...models.error_envelope import ErrorEnvelope

        return ErrorEnvelope.from_dict(decode_json(response.content))
    if client is not None and client.raise_on_unexpected_status:
        from ...errors import UnexpectedStatus

        raise UnexpectedStatus(status, response.content)
    return None


def _answer(response: httpx.Response, client: AuthenticatedClient | Client) -> Response[ErrorEnvelope | None]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse_response(response, client=client),
    )


def sync_detailed(
    session_id: str,
    stream: str,
    *,
    client: AuthenticatedClient | Client,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        client.get_httpx_client().request(
            **get_kwargs(
                session_id=session_id,
                stream=stream,
                helmr_api_version=helmr_api_version,
            )
        ),
        client,
    )


def sync(
    session_id: str,
    stream: str,
    *,
    client: AuthenticatedClient | Client,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return sync_detailed(
        session_id=session_id, stream=stream, helmr_api_version=helmr_api_version, client=client
    ).parsed


async def asyncio_detailed(
    session_id: str,
    stream: str,
    *,
    client: AuthenticatedClient | Client,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        await client.get_async_httpx_client().request(
            **get_kwargs(
                session_id=session_id,
                stream=stream,
                helmr_api_version=helmr_api_version,
            )
        ),
        client,
    )


async def asyncio(
    session_id: str,
    stream: str,
    *,
    client: AuthenticatedClient | Client,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return (
        await asyncio_detailed(
            session_id=session_id, stream=stream, helmr_api_version=helmr_api_version, client=client
        )
    ).parsed
