# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Read the next record of an output stream

Returns the first record after `after_sequence` (the oldest one when it is left out), or `null` when
there is none. It answers at once and consumes nothing. Needs the permission `session.streams.read`.

Args:
    session_id: The session's id. Other spellings of a UUID are accepted too. Blank (`%20`) leaves it to the query
        parameter `external_id` to name the session, as below `/by-external-id`.
    stream: Name of the stream; 1 to 256 characters.
    after_sequence: Only records with a greater sequence. Blank is 0. When it is left out or blank, a query parameter
        `cursor` is read in its place.
    correlation_id: Only records with exactly this correlation id. Blank is no filter.
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
    from ...models.stream_record_read import StreamRecordRead


def get_kwargs(
    session_id: str,
    stream: str,
    *,
    after_sequence: int | Unset = UNSET,
    correlation_id: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> dict[str, Any]:
    """The request, as arguments of `httpx.Client.request`."""

    kwargs: dict[str, Any] = {
        "method": "GET",
        "url": "/api/sessions/{session_id}/outputs/{stream}/read".format(
            session_id=encode_path_part(session_id),
            stream=encode_path_part(stream),
        ),
    }
    params: dict[str, Any] = {}
    if not isinstance(after_sequence, Unset) and after_sequence is not None:
        params["after_sequence"] = after_sequence
    if not isinstance(correlation_id, Unset) and correlation_id is not None:
        params["correlation_id"] = correlation_id
    kwargs["params"] = params
    headers: dict[str, str] = {}
    if not isinstance(helmr_api_version, Unset) and helmr_api_version is not None:
        headers["Helmr-API-Version"] = helmr_api_version
    kwargs["headers"] = headers
    return kwargs


def parse_response(
    response: httpx.Response, *, client: AuthenticatedClient | Client | None = None
) -> ErrorEnvelope | StreamRecordRead | None:
    """What the answer's status documents.

    Raises:
        errors.UnexpectedStatus: the status is undocumented, and `client.raise_on_unexpected_status` is set. Without
            that, None is returned.
    """
    status = response.status_code
    if status == 200:
        from ...models.stream_record_read import StreamRecordRead

        return StreamRecordRead.from_dict(decode_json(response.content))
    if status in (400, 401, 403, 404, 500, 503):
        from ...models.error_envelope import ErrorEnvelope

        return ErrorEnvelope.from_dict(decode_json(response.content))
    if client is not None and client.raise_on_unexpected_status:
        from ...errors import UnexpectedStatus

        raise UnexpectedStatus(status, response.content)
    return None


def _answer(
    response: httpx.Response, client: AuthenticatedClient | Client
) -> Response[ErrorEnvelope | StreamRecordRead | None]:
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
    after_sequence: int | Unset = UNSET,
    correlation_id: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | StreamRecordRead | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        client.get_httpx_client().request(
            **get_kwargs(
                session_id=session_id,
                stream=stream,
                after_sequence=after_sequence,
                correlation_id=correlation_id,
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
    after_sequence: int | Unset = UNSET,
    correlation_id: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | StreamRecordRead | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return sync_detailed(
        session_id=session_id,
        stream=stream,
        after_sequence=after_sequence,
        correlation_id=correlation_id,
        helmr_api_version=helmr_api_version,
        client=client,
    ).parsed


async def asyncio_detailed(
    session_id: str,
    stream: str,
    *,
    client: AuthenticatedClient | Client,
    after_sequence: int | Unset = UNSET,
    correlation_id: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | StreamRecordRead | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        await client.get_async_httpx_client().request(
            **get_kwargs(
                session_id=session_id,
                stream=stream,
                after_sequence=after_sequence,
                correlation_id=correlation_id,
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
    after_sequence: int | Unset = UNSET,
    correlation_id: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | StreamRecordRead | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return (
        await asyncio_detailed(
            session_id=session_id,
            stream=stream,
            after_sequence=after_sequence,
            correlation_id=correlation_id,
            helmr_api_version=helmr_api_version,
            client=client,
        )
    ).parsed
