# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""List the streams of a session

Lists every stream that the session's deployment declares, by name, input before output. Needs the
permission `session.streams.read`.

Args:
    session_id: The session's id. Other spellings of a UUID are accepted too. Blank (`%20`) leaves it to the query
        parameter `external_id` to name the session, as below `/by-external-id`.
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
    from ...models.stream_list import StreamList


def get_kwargs(
    session_id: str,
    *,
    helmr_api_version: str | Unset = UNSET,
) -> dict[str, Any]:
    """The request, as arguments of `httpx.Client.request`."""

    kwargs: dict[str, Any] = {
        "method": "GET",
        "url": "/api/sessions/{session_id}/streams".format(
            session_id=encode_path_part(session_id),
        ),
    }
    headers: dict[str, str] = {}
    if not isinstance(helmr_api_version, Unset) and helmr_api_version is not None:
        headers["Helmr-API-Version"] = helmr_api_version
    kwargs["headers"] = headers
    return kwargs


def parse_response(
    response: httpx.Response, *, client: AuthenticatedClient | Client | None = None
) -> ErrorEnvelope | StreamList | None:
    """What the answer's status documents.

    Raises:
        errors.UnexpectedStatus: the status is undocumented, and `client.raise_on_unexpected_status` is set. Without
            that, None is returned.
    """
    status = response.status_code
    if status == 200:
        from ...models.stream_list import StreamList

        return StreamList.from_dict(decode_json(response.content))
    if status in (400, 401, 403, 404, 500, 503):
        from ...models.error_envelope import ErrorEnvelope

        return ErrorEnvelope.from_dict(decode_json(response.content))
    if client is not None and client.raise_on_unexpected_status:
        from ...errors import UnexpectedStatus

        raise UnexpectedStatus(status, response.content)
    return None


def _answer(
    response: httpx.Response, client: AuthenticatedClient | Client
) -> Response[ErrorEnvelope | StreamList | None]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse_response(response, client=client),
    )


def sync_detailed(
    session_id: str,
    *,
    client: AuthenticatedClient | Client,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | StreamList | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        client.get_httpx_client().request(
            **get_kwargs(
                session_id=session_id,
                helmr_api_version=helmr_api_version,
            )
        ),
        client,
    )


def sync(
    session_id: str,
    *,
    client: AuthenticatedClient | Client,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | StreamList | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return sync_detailed(session_id=session_id, helmr_api_version=helmr_api_version, client=client).parsed


async def asyncio_detailed(
    session_id: str,
    *,
    client: AuthenticatedClient | Client,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | StreamList | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        await client.get_async_httpx_client().request(
            **get_kwargs(
                session_id=session_id,
                helmr_api_version=helmr_api_version,
            )
        ),
        client,
    )


async def asyncio(
    session_id: str,
    *,
    client: AuthenticatedClient | Client,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | StreamList | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return (
        await asyncio_detailed(session_id=session_id, helmr_api_version=helmr_api_version, client=client)
    ).parsed
