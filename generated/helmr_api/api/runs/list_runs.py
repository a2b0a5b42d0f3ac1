# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""List runs.

Lists the environment's runs, newest first (`created_at`, then `id`, both descending). There is no cursor:
only the newest `limit` runs can be seen. Without `status` only runs that have not ended are listed. Needs
the permission `runs.read`, which is checked before `session_id`.

Args:
    status:
        - `live` (default): runs that have not ended
        - `all`: every run
        - a run status: runs in this status

        Blank is the default.
    session_id: Only runs of this session; none if it does not exist. Blank means no filter.
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
    from ...models.list_runs_status import ListRunsStatus
    from ...models.run_list import RunList


def request(
    *,
    status: ListRunsStatus | str | None = None,
    session_id: str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> Request[RunList]:
    """Create the request, and describe how to read its response."""
    if not (
        (status is None or type(status) is str)
        and (session_id is None or type(session_id) is str)
        and (limit is None or type(limit) is int)
        and (helmr_api_version is None or type(helmr_api_version) is str)
    ):
        from ...type_checks import check_arguments

        check_arguments(
            request, status=status, session_id=session_id, limit=limit, helmr_api_version=helmr_api_version
        )
    return Request(
        "GET",
        "/api/runs",
        _read,
        operation="listRuns",
        params=given({"status": status, "session_id": session_id, "limit": limit}),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> RunList:
    return read_json(models.RunList, response.content)


def sync(
    *,
    client: Sender,
    status: ListRunsStatus | str | None = None,
    session_id: str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> RunList:
    """Send the request with `client` and return its result."""
    return client.send(
        request(status=status, session_id=session_id, limit=limit, helmr_api_version=helmr_api_version)
    )


async def asyncio(
    *,
    client: AsyncSender,
    status: ListRunsStatus | str | None = None,
    session_id: str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> RunList:
    """Send the request with `client` and return its result."""
    return await client.send(
        request(status=status, session_id=session_id, limit=limit, helmr_api_version=helmr_api_version)
    )
