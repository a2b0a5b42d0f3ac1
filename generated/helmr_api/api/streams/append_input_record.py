# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Send a record to an input stream

Appends a record and delivers it: the waits that it satisfies are resolved and their runs go on;
when there is none, a continuation run is owed (`continuation_status`). The id of a new run is not
in the answer: read the session's `current_run_id`. The answer is 201 also for a repeated
idempotency key, whose scope is this stream and which never expires; the session's status is checked
before the key. Needs the permission `session.input.send`. Order: session, permission, stream name,
stream, body, session status, key.

Args:
    session_id: The session's id. Other spellings of a UUID are accepted too. Blank (`%20`) leaves it to the query
        parameter `external_id` to name the session, as below `/by-external-id`.
    stream: Name of the stream; 1 to 256 characters.
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
    from ...models.append_input_result import AppendInputResult
    from ...models.append_record_request import AppendRecordRequest
    from ...models.error_envelope import ErrorEnvelope


def get_kwargs(
    session_id: str,
    stream: str,
    *,
    body: AppendRecordRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> dict[str, Any]:
    """The request, as arguments of `httpx.Client.request`."""

    kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/api/sessions/{session_id}/inputs/{stream}".format(
            session_id=encode_path_part(session_id),
            stream=encode_path_part(stream),
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
) -> AppendInputResult | ErrorEnvelope | None:
    """What the answer's status documents.

    Raises:
        errors.UnexpectedStatus: the status is undocumented, and `client.raise_on_unexpected_status` is set. Without
            that, None is returned.
    """
    status = response.status_code
    if status == 201:
        from ...models.append_input_result import AppendInputResult

        return AppendInputResult.from_dict(decode_json(response.content))
    if status in (400, 401, 403, 404, 409, 410, 413, 500, 503):
        from ...models.error_envelope import ErrorEnvelope

        return ErrorEnvelope.from_dict(decode_json(response.content))
    if client is not None and client.raise_on_unexpected_status:
        from ...errors import UnexpectedStatus

        raise UnexpectedStatus(status, response.content)
    return None


def _answer(
    response: httpx.Response, client: AuthenticatedClient | Client
) -> Response[AppendInputResult | ErrorEnvelope | None]:
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
    body: AppendRecordRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> Response[AppendInputResult | ErrorEnvelope | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        client.get_httpx_client().request(
            **as_sent(
                get_kwargs(
                    session_id=session_id,
                    stream=stream,
                    body=body,
                    helmr_api_version=helmr_api_version,
                )
            )
        ),
        client,
    )


def sync(
    session_id: str,
    stream: str,
    *,
    client: AuthenticatedClient | Client,
    body: AppendRecordRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> AppendInputResult | ErrorEnvelope | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return sync_detailed(
        session_id=session_id, stream=stream, body=body, helmr_api_version=helmr_api_version, client=client
    ).parsed


async def asyncio_detailed(
    session_id: str,
    stream: str,
    *,
    client: AuthenticatedClient | Client,
    body: AppendRecordRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> Response[AppendInputResult | ErrorEnvelope | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        await client.get_async_httpx_client().request(
            **as_sent(
                get_kwargs(
                    session_id=session_id,
                    stream=stream,
                    body=body,
                    helmr_api_version=helmr_api_version,
                )
            )
        ),
        client,
    )


async def asyncio(
    session_id: str,
    stream: str,
    *,
    client: AuthenticatedClient | Client,
    body: AppendRecordRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> AppendInputResult | ErrorEnvelope | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return (
        await asyncio_detailed(
            session_id=session_id,
            stream=stream,
            body=body,
            helmr_api_version=helmr_api_version,
            client=client,
        )
    ).parsed
