# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""List the files of a directory.

Lists the direct entries of a directory, sorted by the bytes of `path`, in pages.

Files are read from the workspace's current version (`source=current`), or from the one that `version_id`
names (`source=version`). Both are stored versions, without later changes in a mounted workspace.

A directory that exists only because files lie below it is listed with mode 0 and without `mod_time`. Needs
the permission `workspace.files.read`. Order of checks: as `getWorkspace`, then source, `limit`, version,
path.

Args:
    workspace_id: The workspace's id. Other spellings of a UUID are accepted too.
    path: The directory: a relative path without `..`. Blank and `.` are the root.
    source: Where to read. Blank is the default.
        - `current`: the workspace's current version
        - `version`: the version that `version_id` names
        - `live`: the mounted workspace; no server can do that yet (501)
    version_id: The version to read, with `source=version` only. Blank is none.
    cursor: Only entries whose path is greater, by its bytes. Blank is none.
    limit: How many entries a page has at most. Blank is the default.
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
    from ...models.workspace_file_list import WorkspaceFileList
    from ...models.workspace_file_source import WorkspaceFileSource


def request(
    workspace_id: str,
    *,
    path: str | None = None,
    source: WorkspaceFileSource | str | None = None,
    version_id: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> Request[WorkspaceFileList]:
    """Create the request, and describe how to read its response."""
    if not (
        (path is None or type(path) is str)
        and (source is None or type(source) is str)
        and (version_id is None or type(version_id) is str)
        and (cursor is None or type(cursor) is str)
        and (limit is None or type(limit) is int)
        and (helmr_api_version is None or type(helmr_api_version) is str)
    ):
        from ...type_checks import check_arguments

        check_arguments(
            request,
            path=path,
            source=source,
            version_id=version_id,
            cursor=cursor,
            limit=limit,
            helmr_api_version=helmr_api_version,
        )
    return Request(
        "GET",
        f"/api/workspaces/{encode_path_part(workspace_id)}/files",
        _read,
        operation="listWorkspaceFiles",
        params=given(
            {"path": path, "source": source, "version_id": version_id, "cursor": cursor, "limit": limit}
        ),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> WorkspaceFileList:
    return read_json(models.WorkspaceFileList, response.content)


def sync(
    workspace_id: str,
    *,
    client: Sender,
    path: str | None = None,
    source: WorkspaceFileSource | str | None = None,
    version_id: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> WorkspaceFileList:
    """Send the request with `client` and return its result."""
    return client.send(
        request(
            workspace_id,
            path=path,
            source=source,
            version_id=version_id,
            cursor=cursor,
            limit=limit,
            helmr_api_version=helmr_api_version,
        )
    )


async def asyncio(
    workspace_id: str,
    *,
    client: AsyncSender,
    path: str | None = None,
    source: WorkspaceFileSource | str | None = None,
    version_id: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> WorkspaceFileList:
    """Send the request with `client` and return its result."""
    return await client.send(
        request(
            workspace_id,
            path=path,
            source=source,
            version_id=version_id,
            cursor=cursor,
            limit=limit,
            helmr_api_version=helmr_api_version,
        )
    )
