# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Get a deployed task

Returns one task of the environment's current deployment. Needs the permission `runs.read` or
`tasks.deploy`, which is checked before the form of `task_id`.

Args:
    task_id: The task's name; 1 to 128 characters.
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
    from ...models.task import Task


def get_kwargs(
    task_id: str,
    *,
    helmr_api_version: str | Unset = UNSET,
) -> dict[str, Any]:
    """The request, as arguments of `httpx.Client.request`."""

    kwargs: dict[str, Any] = {
        "method": "GET",
        "url": "/api/tasks/{task_id}".format(
            task_id=encode_path_part(task_id),
        ),
    }
    headers: dict[str, str] = {}
    if not isinstance(helmr_api_version, Unset) and helmr_api_version is not None:
        headers["Helmr-API-Version"] = helmr_api_version
    kwargs["headers"] = headers
    return kwargs


def parse_response(
    response: httpx.Response, *, client: AuthenticatedClient | Client | None = None
) -> ErrorEnvelope | Task | None:
    """What the answer's status documents.

    Raises:
        errors.UnexpectedStatus: the status is undocumented, and `client.raise_on_unexpected_status` is set. Without
            that, None is returned.
    """
    status = response.status_code
    if status == 200:
        from ...models.task import Task

        return Task.from_dict(decode_json(response.content))
    if status in (400, 401, 403, 404, 500, 503):
        from ...models.error_envelope import ErrorEnvelope

        return ErrorEnvelope.from_dict(decode_json(response.content))
    if client is not None and client.raise_on_unexpected_status:
        from ...errors import UnexpectedStatus

        raise UnexpectedStatus(status, response.content)
    return None


def _answer(
    response: httpx.Response, client: AuthenticatedClient | Client
) -> Response[ErrorEnvelope | Task | None]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse_response(response, client=client),
    )


def sync_detailed(
    task_id: str,
    *,
    client: AuthenticatedClient | Client,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | Task | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        client.get_httpx_client().request(
            **get_kwargs(
                task_id=task_id,
                helmr_api_version=helmr_api_version,
            )
        ),
        client,
    )


def sync(
    task_id: str,
    *,
    client: AuthenticatedClient | Client,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | Task | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return sync_detailed(task_id=task_id, helmr_api_version=helmr_api_version, client=client).parsed


async def asyncio_detailed(
    task_id: str,
    *,
    client: AuthenticatedClient | Client,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | Task | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        await client.get_async_httpx_client().request(
            **get_kwargs(
                task_id=task_id,
                helmr_api_version=helmr_api_version,
            )
        ),
        client,
    )


async def asyncio(
    task_id: str,
    *,
    client: AuthenticatedClient | Client,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | Task | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return (
        await asyncio_detailed(task_id=task_id, helmr_api_version=helmr_api_version, client=client)
    ).parsed
