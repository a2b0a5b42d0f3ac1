# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""List the versions of a workspace.

Lists the versions that can be read, newest first (`created_at`, then `id`, both descending). There is no
cursor, so only the newest `limit` versions can be seen. Needs the permission `workspace.versions.read`.

Args:
    workspace_id: The workspace's id. Other spellings of a UUID are accepted too.
    kind: Only versions of this kind. Blank means no filter.
        - `user`: published by runs
        - `system`: stored by the server
    limit: The maximum number to return. Blank is the default.
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...formats import encode_path_part
from ...reading import read_json
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.list_workspace_versions_kind import ListWorkspaceVersionsKind
    from ...models.workspace_version_list import WorkspaceVersionList


def request(
    workspace_id: str,
    *,
    kind: ListWorkspaceVersionsKind | str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> Request[WorkspaceVersionList]:
    """Create the request, and describe how to read its response."""
    if not (
        (kind is None or type(kind) is str)
        and (limit is None or type(limit) is int)
        and (helmr_api_version is None or type(helmr_api_version) is str)
    ):
        from ...type_checks import check_arguments

        check_arguments(request, kind=kind, limit=limit, helmr_api_version=helmr_api_version)
    return Request(
        "GET",
        f"/api/workspaces/{encode_path_part(workspace_id)}/versions",
        _read,
        operation="listWorkspaceVersions",
        params=given({"kind": kind, "limit": limit}),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> WorkspaceVersionList:
    return read_json(models.WorkspaceVersionList, response.content)


def sync(
    workspace_id: str,
    *,
    client: Sender,
    kind: ListWorkspaceVersionsKind | str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> WorkspaceVersionList:
    """Send the request with `client` and return its result."""
    return client.send(request(workspace_id, kind=kind, limit=limit, helmr_api_version=helmr_api_version))


async def asyncio(
    workspace_id: str,
    *,
    client: AsyncSender,
    kind: ListWorkspaceVersionsKind | str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> WorkspaceVersionList:
    """Send the request with `client` and return its result."""
    return await client.send(
        request(workspace_id, kind=kind, limit=limit, helmr_api_version=helmr_api_version)
    )
