# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""List runs

Lists the environment's runs, the newest first (`created_at`, then `id`, both descending). There is no
cursor: only the newest `limit` runs can be seen. Without `status` only runs that have not ended are
listed. Needs the permission `runs.read`, which is checked before `session_id`.

Args:
    status: - `live` (default): runs that have not ended
        - `all`: every run
        - a run status: runs in this status

        Blank is the default.
    session_id: Only runs of this session; an unknown one has none. Blank is no filter.
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
    from ...models.list_runs_status import ListRunsStatus
    from ...models.run_list import RunList


def get_kwargs(
    *,
    status: ListRunsStatus | str | Unset = UNSET,
    session_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> dict[str, Any]:
    """The request, as arguments of `httpx.Client.request`."""

    kwargs: dict[str, Any] = {
        "method": "GET",
        "url": "/api/runs",
    }
    params: dict[str, Any] = {}
    if not isinstance(status, Unset) and status is not None:
        params["status"] = status
    if not isinstance(session_id, Unset) and session_id is not None:
        params["session_id"] = session_id
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
) -> ErrorEnvelope | RunList | None:
    """What the answer's status documents.

    Raises:
        errors.UnexpectedStatus: the status is undocumented, and `client.raise_on_unexpected_status` is set. Without
            that, None is returned.
    """
    status = response.status_code
    if status == 200:
        from ...models.run_list import RunList

        return RunList.from_dict(decode_json(response.content))
    if status in (400, 401, 403, 500, 503):
        from ...models.error_envelope import ErrorEnvelope

        return ErrorEnvelope.from_dict(decode_json(response.content))
    if client is not None and client.raise_on_unexpected_status:
        from ...errors import UnexpectedStatus

        raise UnexpectedStatus(status, response.content)
    return None


def _answer(
    response: httpx.Response, client: AuthenticatedClient | Client
) -> Response[ErrorEnvelope | RunList | None]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse_response(response, client=client),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    status: ListRunsStatus | str | Unset = UNSET,
    session_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | RunList | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        client.get_httpx_client().request(
            **get_kwargs(
                status=status,
                session_id=session_id,
                limit=limit,
                helmr_api_version=helmr_api_version,
            )
        ),
        client,
    )


def sync(
    *,
    client: AuthenticatedClient | Client,
    status: ListRunsStatus | str | Unset = UNSET,
    session_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | RunList | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return sync_detailed(
        status=status, session_id=session_id, limit=limit, helmr_api_version=helmr_api_version, client=client
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    status: ListRunsStatus | str | Unset = UNSET,
    session_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | RunList | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        await client.get_async_httpx_client().request(
            **get_kwargs(
                status=status,
                session_id=session_id,
                limit=limit,
                helmr_api_version=helmr_api_version,
            )
        ),
        client,
    )


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    status: ListRunsStatus | str | Unset = UNSET,
    session_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | RunList | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return (
        await asyncio_detailed(
            status=status,
            session_id=session_id,
            limit=limit,
            helmr_api_version=helmr_api_version,
            client=client,
        )
    ).parsed
