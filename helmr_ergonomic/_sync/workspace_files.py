# Derived from helmr_ergonomic/_async/workspace_files.py. Edit that file, then run `make generate`.
"""The files and versions of one workspace over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from helmr_api import models, resources
from helmr_api.models.list_workspace_versions_kind import ListWorkspaceVersionsKind
from helmr_api.paging import Pager
from helmr_api.types import HasId

from .._public import public
from .._workspaces import decoded_text, file_path, source_of

if TYPE_CHECKING:
    from .transport import Transport


@define(eq=False, repr=False)
class WorkspaceFiles:
    """The files in the versions of a workspace: `ws.files`.

    Methods read the current version, or the one that you pass; later changes in a running workspace are not
    included yet. Paths are relative to the root of the workspace, with or without a leading slash. Symbolic
    links are not followed.
    """

    _transport: Transport
    _workspace_id: str

    @property
    def _of_all(self) -> resources.WorkspacesFiles:
        return resources.WorkspacesFiles(self._transport)

    def list(
        self, path: str = "", *, version: str | HasId | None = None, page_size: int = 200
    ) -> Pager[models.WorkspaceFile]:
        """List the direct entries of a directory, sorted by the bytes of their paths.

        Args:
            path: The directory; by default the root.
            version: The version to read, by its id or as an object; by default the current one.
            page_size: The number per request, 1 to 500.

        Raises:
            ArgumentError: An argument is invalid.
            NotFoundError: The workspace, the version or the directory does not exist; `.code` says which.
            HelmrStatusError: 422, it is not a directory.
            HelmrError: Any other error.

        >>> [file.path for file in ws.files.list("/repo")]
        """
        path = file_path(path, root=True)
        return self._of_all.list(
            self._workspace_id, path, source=source_of(version), version=version, page_size=page_size
        )

    def read_bytes(self, path: str, *, version: str | HasId | None = None) -> bytes:
        """Return the content of a file of at most 32 MiB.

        Args:
            path: The file.
            version: The version to read, by its id or as an object; by default the current one.

        Raises:
            ArgumentError: An argument is invalid.
            NotFoundError: The workspace, the version or the file does not exist; `.code` says which.
            HelmrStatusError: 422, it is a directory or a symbolic link; 413, it is too large.
            HelmrError: Any other error.

        >>> ws.files.read_bytes("/repo/logo.png")
        """
        path = file_path(path)
        return self._of_all.read(self._workspace_id, path, source=source_of(version), version=version)

    def read_text(
        self,
        path: str,
        *,
        encoding: str = "utf-8",
        errors: str = "strict",
        version: str | HasId | None = None,
    ) -> str:
        """Return the text of a file; see `read_bytes`.

        Args:
            path: The file.
            encoding: Its encoding.
            errors: How to handle invalid bytes, as for `bytes.decode`.
            version: The version to read, by its id or as an object; by default the current one.

        Raises:
            OutputValidationError: The content is not in this encoding.
            HelmrError: What `read_bytes` raises.

        >>> ws.files.read_text("/repo/report.txt")
        """
        return decoded_text(self.read_bytes(path, version=version), path, encoding, errors)

    def stat(self, path: str, *, version: str | HasId | None = None) -> models.WorkspaceFile:
        """Return the kind, size and mode of the entry at a path. The root is a directory.

        Args:
            path: The file, directory or symbolic link.
            version: The version to read, by its id or as an object; by default the current one.

        Raises:
            ArgumentError: An argument is invalid.
            NotFoundError: The workspace, the version or the file does not exist; `.code` says which.
            HelmrError: Any other error.

        >>> ws.files.stat("/repo/report.txt").size_bytes
        """
        path = file_path(path, root=True)
        return self._of_all.stat(self._workspace_id, path, source=source_of(version), version=version)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._workspace_id!r})"


@define(eq=False, repr=False)
class WorkspaceVersions:
    """The versions of the files of a workspace: `ws.versions`."""

    _transport: Transport
    _workspace_id: str

    def list(
        self, *, kind: ListWorkspaceVersionsKind | None = None, limit: int = 50
    ) -> Pager[models.WorkspaceVersion]:
        """List the versions, the newest first.

        Args:
            kind: Only those that runs published (`user`), or that the server stored (`system`).
            limit: The maximum number, 1 to 200; older ones are not available.

        Raises:
            ArgumentError: An argument is invalid.
            NotFoundError: The workspace does not exist.
            HelmrError: Any other error.

        >>> [version.id for version in ws.versions.list()]
        """
        versions = resources.WorkspacesVersions(self._transport)
        return versions.list(self._workspace_id, kind=kind, limit=limit)

    def get(self, version: str | HasId) -> models.WorkspaceVersion:
        """Return a version by its id.

        Raises:
            NotFoundError: The workspace does not exist, or has no such version.
            HelmrError: Any other error.

        >>> ws.versions.get(ws.current_version_id).artifact_entry_count
        """
        return resources.WorkspacesVersions(self._transport).retrieve(self._workspace_id, version)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._workspace_id!r})"


public(WorkspaceFiles, WorkspaceVersions)
