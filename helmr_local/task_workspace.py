"""The workspace as seen by a task function."""

from __future__ import annotations

from pathlib import Path

from .engine.workspaces import LiveWorkspace


class TaskWorkspace:
    """The workspace of the run's session: a directory whose files are kept from run to run."""

    def __init__(self, workspace: LiveWorkspace) -> None:
        self._workspace = workspace

    @property
    def id(self) -> str:
        """The id of the workspace."""
        return self._workspace.id

    @property
    def version(self) -> str:
        """The id of the version that the directory had when the run started."""
        return self._workspace.version_id

    @property
    def path(self) -> Path:
        """The directory. If a successful run leaves changed files there, they become the next version."""
        return self._workspace.directory()

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self.id!r}, version={self.version!r})"
