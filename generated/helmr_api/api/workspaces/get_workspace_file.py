# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Get the kind, size and mode of a file.

Returns the entry at a path, without `name`. The path `.` is the root: a directory of size 0 and mode 0.

Files are read from the workspace's current version (`source=current`), or from the one that `version_id`
names (`source=version`). Both are stored versions, without later changes in a mounted workspace.

Needs the permission `workspace.files.read`. Order of checks: as `readWorkspaceFile`.

Args:
    workspace_id: The workspace's id. Other spellings of a UUID are accepted too.
    path: A relative path without `..`; not blank.
    source: Where to read. Blank is the default.
        - `current`: the workspace's current version
        - `version`: the version that `version_id` names
        - `live`: the mounted workspace; no server can do that yet (501)
    version_id: The version to read, with `source=version` only. Blank is none.
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
    from ...models.workspace_file_source import WorkspaceFileSource
    from ...models.workspace_file_stat import WorkspaceFileStat


def request(
    workspace_id: str,
    *,
    path: str,
    source: WorkspaceFileSource | str | None = None,
    version_id: str | None = None,
    helmr_api_version: str | None = None,
) -> Request[WorkspaceFileStat]:
    """Create the request, and describe how to read its response."""
    if not (
        type(path) is str
        and (source is None or type(source) is str)
        and (version_id is None or type(version_id) is str)
        and (helmr_api_version is None or type(helmr_api_version) is str)
    ):
        from ...type_checks import check_arguments

        check_arguments(
            request, path=path, source=source, version_id=version_id, helmr_api_version=helmr_api_version
        )
    return Request(
        "GET",
        f"/api/workspaces/{encode_path_part(workspace_id)}/files/stat",
        _read,
        operation="getWorkspaceFile",
        params=given({"path": path, "source": source, "version_id": version_id}),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> WorkspaceFileStat:
    return read_json(models.WorkspaceFileStat, response.content)


def sync(
    workspace_id: str,
    *,
    client: Sender,
    path: str,
    source: WorkspaceFileSource | str | None = None,
    version_id: str | None = None,
    helmr_api_version: str | None = None,
) -> WorkspaceFileStat:
    """Send the request with `client` and return its result."""
    return client.send(
        request(
            workspace_id, path=path, source=source, version_id=version_id, helmr_api_version=helmr_api_version
        )
    )


async def asyncio(
    workspace_id: str,
    *,
    client: AsyncSender,
    path: str,
    source: WorkspaceFileSource | str | None = None,
    version_id: str | None = None,
    helmr_api_version: str | None = None,
) -> WorkspaceFileStat:
    """Send the request with `client` and return its result."""
    return await client.send(
        request(
            workspace_id, path=path, source=source, version_id=version_id, helmr_api_version=helmr_api_version
        )
    )
