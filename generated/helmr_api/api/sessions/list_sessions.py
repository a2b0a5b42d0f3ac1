# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""List sessions.

Lists the environment's sessions, most recently updated first (`updated_at`, then `id`, both descending).
Filters combine; there is no cursor, so only the newest `limit` sessions can be seen. Needs the permission
`runs.read`.

Args:
    status: Only sessions in this status: `open`, `closed`, `cancelled` or `expired`. The value is not
        checked: any other word, even `all`, matches nothing. Blank means no filter.
    task_id: Only sessions of this task. The value is not checked. Blank means no filter.
    external_id: Only the session with this external id; at most 512 bytes. Blank means no filter.
    limit: The maximum number to return. Blank is the default.
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...reading import read_json
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.session_list import SessionList


def request(
    *,
    status: str | None = None,
    task_id: str | None = None,
    external_id: str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> Request[SessionList]:
    """Create the request, and describe how to read its response."""
    if not (
        (status is None or type(status) is str)
        and (task_id is None or type(task_id) is str)
        and (external_id is None or type(external_id) is str)
        and (limit is None or type(limit) is int)
        and (helmr_api_version is None or type(helmr_api_version) is str)
    ):
        from ...type_checks import check_arguments

        check_arguments(
            request,
            status=status,
            task_id=task_id,
            external_id=external_id,
            limit=limit,
            helmr_api_version=helmr_api_version,
        )
    return Request(
        "GET",
        "/api/sessions",
        _read,
        operation="listSessions",
        params=given({"status": status, "task_id": task_id, "external_id": external_id, "limit": limit}),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> SessionList:
    return read_json(models.SessionList, response.content)


def sync(
    *,
    client: Sender,
    status: str | None = None,
    task_id: str | None = None,
    external_id: str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> SessionList:
    """Send the request with `client` and return its result."""
    return client.send(
        request(
            status=status,
            task_id=task_id,
            external_id=external_id,
            limit=limit,
            helmr_api_version=helmr_api_version,
        )
    )


async def asyncio(
    *,
    client: AsyncSender,
    status: str | None = None,
    task_id: str | None = None,
    external_id: str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> SessionList:
    """Send the request with `client` and return its result."""
    return await client.send(
        request(
            status=status,
            task_id=task_id,
            external_id=external_id,
            limit=limit,
            helmr_api_version=helmr_api_version,
        )
    )
