# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""The versions of the files of workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...types import HasId, Sender, id_of

if TYPE_CHECKING:
    from ...models.list_workspace_versions_kind import ListWorkspaceVersionsKind
    from ...models.workspace_version import WorkspaceVersion
    from ...paging import Pager


class WorkspacesVersions:
    """The versions of the files of workspaces.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def list(
        self,
        workspace: str | HasId,
        /,
        *,
        kind: ListWorkspaceVersionsKind | str | None = None,
        limit: int | None = None,
    ) -> Pager[WorkspaceVersion]:
        """List the versions of a workspace.

        Lists the versions that can be read, newest first (`created_at`, then `id`, both descending). There
        is no cursor, so only the newest `limit` versions can be seen. Needs the permission
        `workspace.versions.read`.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            kind: Only versions of this kind. Blank means no filter.
                - `user`: published by runs
                - `system`: stored by the server
            limit: The maximum number to return. Blank is the default.

        Returns:
            Newest first, at most `limit`.
        """
        from ...api.workspaces import list_workspace_versions
        from ...paging import Pager

        return Pager(
            self._sender,
            lambda at: list_workspace_versions.request(id_of(workspace, "workspace"), kind=kind, limit=limit),
            lambda page: page.versions,
            most=limit or 50,
        )

    def retrieve(self, workspace: str | HasId, version: str | HasId, /) -> WorkspaceVersion:
        """Get a version of a workspace.

        Returns a version that can be read. Needs the permission `workspace.versions.read`. Order of checks:
        as `getWorkspace`, then `version_id`, version.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            version: The version's id. Other spellings of a UUID are accepted too.

        Returns:
            The files of a workspace at one point in time.
        """
        from ...api.workspaces import get_workspace_version

        return self._sender.send(
            get_workspace_version.request(id_of(workspace, "workspace"), id_of(version, "version"))
        ).version
