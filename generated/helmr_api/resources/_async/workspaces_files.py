# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""The files of workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...types import AsyncSender, HasId, id_of

if TYPE_CHECKING:
    from ...models.workspace_file import WorkspaceFile
    from ...models.workspace_file_source import WorkspaceFileSource
    from ...paging import AsyncPager


class AsyncWorkspacesFiles:
    """The files of workspaces.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    def list(
        self,
        workspace: str | HasId,
        /,
        path: str | None = None,
        *,
        source: WorkspaceFileSource | str | None = None,
        version: str | HasId | None = None,
        cursor: str | None = None,
        page_size: int | None = None,
    ) -> AsyncPager[WorkspaceFile]:
        """List the files of a directory.

        Lists the direct entries of a directory, sorted by the bytes of `path`, in pages.

        Files are read from the workspace's current version (`source=current`), or from the one that
        `version_id` names (`source=version`). Both are stored versions, without later changes in a mounted
        workspace.

        A directory that exists only because files lie below it is listed with mode 0 and without
        `mod_time`. Needs the permission `workspace.files.read`. Order of checks: as `getWorkspace`, then
        source, `limit`, version, path.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            path: The directory: a relative path without `..`. Blank and `.` are the root.
            source: Where to read. Blank is the default.
                - `current`: the workspace's current version
                - `version`: the version that `version_id` names
                - `live`: the mounted workspace; no server can do that yet (501)
            version: The version to read, with `source=version` only. Blank is none.
            cursor: Only entries whose path is greater, by its bytes. Blank is none.
            page_size: How many entries a page has at most. Blank is the default.

        Returns:
            Sorted by the bytes of `path`, at most `limit`.
        """
        from ...api.workspaces import list_workspace_files
        from ...paging import AsyncPager

        return AsyncPager(
            self._sender,
            lambda at: list_workspace_files.request(
                id_of(workspace, "workspace"),
                path=path,
                source=source,
                version_id=None if version is None else id_of(version, "version"),
                cursor=at,
                limit=page_size,
            ),
            lambda page: page.entries,
            lambda page: page.next_cursor,
            cursor,
        )

    async def read(
        self,
        workspace: str | HasId,
        /,
        path: str,
        *,
        source: WorkspaceFileSource | str | None = None,
        version: str | HasId | None = None,
    ) -> bytes:
        """Read a file.

        Returns the bytes of a file of at most 33554432 bytes. Symbolic links are not followed. There are no
        ranges and no entity tags.

        Files are read from the workspace's current version (`source=current`), or from the one that
        `version_id` names (`source=version`). Both are stored versions, without later changes in a mounted
        workspace.

        Needs the permission `workspace.files.read`. Order of checks: as `getWorkspace`, then `path`
        present, source, version, path.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            path: A relative path without `..`; not blank.
            source: Where to read. Blank is the default.
                - `current`: the workspace's current version
                - `version`: the version that `version_id` names
                - `live`: the mounted workspace; no server can do that yet (501)
            version: The version to read, with `source=version` only. Blank is none.
        """
        from ...api.workspaces import read_workspace_file

        return await self._sender.send(
            read_workspace_file.request(
                id_of(workspace, "workspace"),
                path=path,
                source=source,
                version_id=None if version is None else id_of(version, "version"),
            )
        )

    async def stat(
        self,
        workspace: str | HasId,
        /,
        path: str,
        *,
        source: WorkspaceFileSource | str | None = None,
        version: str | HasId | None = None,
    ) -> WorkspaceFile:
        """Get the kind, size and mode of a file.

        Returns the entry at a path, without `name`. The path `.` is the root: a directory of size 0 and
        mode 0.

        Files are read from the workspace's current version (`source=current`), or from the one that
        `version_id` names (`source=version`). Both are stored versions, without later changes in a mounted
        workspace.

        Needs the permission `workspace.files.read`. Order of checks: as `readWorkspaceFile`.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            path: A relative path without `..`; not blank.
            source: Where to read. Blank is the default.
                - `current`: the workspace's current version
                - `version`: the version that `version_id` names
                - `live`: the mounted workspace; no server can do that yet (501)
            version: The version to read, with `source=version` only. Blank is none.

        Returns:
            An entry in the directory of a workspace.
        """
        from ...api.workspaces import get_workspace_file

        return (
            await self._sender.send(
                get_workspace_file.request(
                    id_of(workspace, "workspace"),
                    path=path,
                    source=source,
                    version_id=None if version is None else id_of(version, "version"),
                )
            )
        ).entry
