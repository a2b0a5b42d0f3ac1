# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""List workspaces.

Lists the environment's workspaces, most recently updated first (`updated_at`, then `id`, both descending),
including archived ones. Filters combine; there is no cursor, so only the newest `limit` workspaces can be
seen. Needs any permission for workspaces. Order of checks: scope, permission, `limit`, `state`.

Args:
    state: Only workspaces in this state. Blank means no filter.
        - `active`: they can be used
        - `deleting`: none
        - `recovery_required`: their files must be recovered
        - `archived`: archived
        - `deleted`: none
    external_id: Only the workspace with this external id. Blank means no filter.
    tag: Only workspaces that carry this tag. Blank means no filter.
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
    from ...models.list_workspaces_state import ListWorkspacesState
    from ...models.workspace_list import WorkspaceList


def request(
    *,
    state: ListWorkspacesState | str | None = None,
    external_id: str | None = None,
    tag: str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> Request[WorkspaceList]:
    """Create the request, and describe how to read its response."""
    if not (
        (state is None or type(state) is str)
        and (external_id is None or type(external_id) is str)
        and (tag is None or type(tag) is str)
        and (limit is None or type(limit) is int)
        and (helmr_api_version is None or type(helmr_api_version) is str)
    ):
        from ...type_checks import check_arguments

        check_arguments(
            request,
            state=state,
            external_id=external_id,
            tag=tag,
            limit=limit,
            helmr_api_version=helmr_api_version,
        )
    return Request(
        "GET",
        "/api/workspaces",
        _read,
        operation="listWorkspaces",
        params=given({"state": state, "external_id": external_id, "tag": tag, "limit": limit}),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> WorkspaceList:
    return read_json(models.WorkspaceList, response.content)


def sync(
    *,
    client: Sender,
    state: ListWorkspacesState | str | None = None,
    external_id: str | None = None,
    tag: str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> WorkspaceList:
    """Send the request with `client` and return its result."""
    return client.send(
        request(
            state=state, external_id=external_id, tag=tag, limit=limit, helmr_api_version=helmr_api_version
        )
    )


async def asyncio(
    *,
    client: AsyncSender,
    state: ListWorkspacesState | str | None = None,
    external_id: str | None = None,
    tag: str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> WorkspaceList:
    """Send the request with `client` and return its result."""
    return await client.send(
        request(
            state=state, external_id=external_id, tag=tag, limit=limit, helmr_api_version=helmr_api_version
        )
    )
