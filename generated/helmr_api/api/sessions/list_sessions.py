# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""List sessions

Lists the environment's sessions, the most recently updated first (`updated_at`, then `id`, both
descending). Filters combine; there is no cursor, so only the newest `limit` sessions can be seen.
Needs the permission `runs.read`.

Args:
    status: Only sessions in this status: `open`, `closed`, `cancelled` or `expired`. The value is not checked:
        any other word, `all` too, matches nothing. Blank is no filter.
    task_id: Only sessions of this task. The value is not checked. Blank is no filter.
    external_id: Only the session with this external id; at most 512 bytes. Blank is no filter.
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
    from ...models.session_list import SessionList


def get_kwargs(
    *,
    status: str | Unset = UNSET,
    task_id: str | Unset = UNSET,
    external_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> dict[str, Any]:
    """The request, as arguments of `httpx.Client.request`."""

    kwargs: dict[str, Any] = {
        "method": "GET",
        "url": "/api/sessions",
    }
    params: dict[str, Any] = {}
    if not isinstance(status, Unset) and status is not None:
        params["status"] = status
    if not isinstance(task_id, Unset) and task_id is not None:
        params["task_id"] = task_id
    if not isinstance(external_id, Unset) and external_id is not None:
        params["external_id"] = external_id
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
) -> ErrorEnvelope | SessionList | None:
    """What the answer's status documents.

    Raises:
        errors.UnexpectedStatus: the status is undocumented, and `client.raise_on_unexpected_status` is set. Without
            that, None is returned.
    """
    status = response.status_code
    if status == 200:
        from ...models.session_list import SessionList

        return SessionList.from_dict(decode_json(response.content))
    if status in (400, 401, 403, 500, 503):
        from ...models.error_envelope import ErrorEnvelope

        return ErrorEnvelope.from_dict(decode_json(response.content))
    if client is not None and client.raise_on_unexpected_status:
        from ...errors import UnexpectedStatus

        raise UnexpectedStatus(status, response.content)
    return None


def _answer(
    response: httpx.Response, client: AuthenticatedClient | Client
) -> Response[ErrorEnvelope | SessionList | None]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse_response(response, client=client),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    status: str | Unset = UNSET,
    task_id: str | Unset = UNSET,
    external_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | SessionList | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        client.get_httpx_client().request(
            **get_kwargs(
                status=status,
                task_id=task_id,
                external_id=external_id,
                limit=limit,
                helmr_api_version=helmr_api_version,
            )
        ),
        client,
    )


def sync(
    *,
    client: AuthenticatedClient | Client,
    status: str | Unset = UNSET,
    task_id: str | Unset = UNSET,
    external_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | SessionList | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return sync_detailed(
        status=status,
        task_id=task_id,
        external_id=external_id,
        limit=limit,
        helmr_api_version=helmr_api_version,
        client=client,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    status: str | Unset = UNSET,
    task_id: str | Unset = UNSET,
    external_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | SessionList | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        await client.get_async_httpx_client().request(
            **get_kwargs(
                status=status,
                task_id=task_id,
                external_id=external_id,
                limit=limit,
                helmr_api_version=helmr_api_version,
            )
        ),
        client,
    )


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    status: str | Unset = UNSET,
    task_id: str | Unset = UNSET,
    external_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | SessionList | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return (
        await asyncio_detailed(
            status=status,
            task_id=task_id,
            external_id=external_id,
            limit=limit,
            helmr_api_version=helmr_api_version,
            client=client,
        )
    ).parsed
