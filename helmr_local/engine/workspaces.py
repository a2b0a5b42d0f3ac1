"""The directories of workspaces and the archives of their versions. The resource `Workspaces`
keeps their database rows.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from ..archives import EMPTY_DIGEST, ArchiveError, Index, Packed, pack, read_index, unpack
from ..ids import new_id
from ..store.data import DataDirectory, move, remove_tree

logger = logging.getLogger("helmr_local")

_MOST_INDEXES = 8
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class WorkspaceDirectories:
    """The directories that runs and commands work in, and the archives of their contents.

    Every method except `path`, `is_there` and `make_empty` blocks, so call it on a separate thread.

    Args:
        data: The directory that contains both, in folders that only their owner can access.
    """

    def __init__(self, data: DataDirectory) -> None:
        self._data = data
        self._lock = threading.Lock()
        self._making: dict[str, threading.Lock] = {}
        self._indexes: OrderedDict[str, Index] = OrderedDict()
        self._folders: dict[str, Path] = {}

    def _folder(self, name: str) -> Path:
        folder = self._folders.get(name)
        if folder is None:
            folder = self._folders[name] = self._data.folder(name)
        return folder

    # --- directories -------------------------------------------------------------------------------

    def path(self, workspace_id: str) -> Path:
        """Return the path of a workspace's directory, which need not exist."""
        return self._folder("workspaces") / workspace_id

    def is_there(self, workspace_id: str) -> bool:
        """Return whether the directory of a workspace exists."""
        return self.path(workspace_id).is_dir()

    def make_empty(self, workspace_id: str) -> Path:
        """Return the directory of a workspace that has no files, creating it if needed."""
        directory = self.path(workspace_id)
        directory.mkdir(mode=0o700, exist_ok=True)
        return directory

    def make(self, workspace_id: str, digest: str) -> Path:
        """Return the directory of a workspace, unpacking the archive with this digest if the directory does
        not exist.

        Raises:
            ArchiveError: The archive is missing or corrupt, or the directory cannot be created.
        """
        if digest == EMPTY_DIGEST:
            return self.make_empty(workspace_id)
        directory = self.path(workspace_id)
        with self._lock:
            making = self._making.setdefault(workspace_id, threading.Lock())
        with making:
            if not directory.is_dir():
                # Renamed once complete: a server that dies in between leaves no partial directory.
                fresh = self._folder("making") / new_id()
                try:
                    fresh.mkdir(mode=0o700)
                    unpack(self.archive(digest), fresh)
                    move(fresh, directory)
                except OSError as error:
                    remove_tree(fresh)
                    raise ArchiveError(f"the directory cannot be made: {error.strerror}") from error
                except BaseException:
                    remove_tree(fresh)
                    raise
        return directory

    def remove(self, workspace_id: str) -> None:
        """Remove the directory of a workspace, if it exists.

        Raises:
            PermissionError: On Windows, a file in it is open. The directory is left unchanged.
        """
        directory, gone = self.path(workspace_id), self._folder("making") / new_id()
        try:
            directory.rename(gone)  # renamed first, so that a partly deleted directory is never used
        except FileNotFoundError:
            return
        remove_tree(gone)

    def give_up(self, wanted: Collection[str]) -> Callable[[], None]:
        """Discard the directories of all other workspaces, and incomplete directories left by a server that
        died.

        On Windows, a directory with an open file cannot be discarded, and stays.

        Returns:
            A blocking function that deletes them.
        """
        making = self._folder("making")
        for directory in self._folder("workspaces").iterdir():
            if directory.name not in wanted:
                try:
                    directory.rename(making / new_id())
                except PermissionError as error:
                    logger.warning("%s cannot be removed: %s", directory, error.strerror)
        gone = list(making.iterdir())

        def remove() -> None:
            for one in gone:
                if one.is_dir() and not one.is_symlink():
                    remove_tree(one)
                else:
                    with suppress(OSError):  # the next server removes it
                        one.unlink(missing_ok=True)

        return remove

    # --- archives ----------------------------------------------------------------------------------

    def archive(self, digest: str) -> Path:
        """Return the path of the archive with this digest."""
        return self._folder("versions") / f"{digest.removeprefix('sha256:')}.tar"

    def store(self, workspace_id: str) -> Packed:
        """Store the contents of a workspace's directory as an archive.

        Raises:
            ArchiveError: The contents exceed the limits, or cannot be read or written.
        """
        unfinished = self._folder("making") / new_id()
        try:
            handle = os.open(unfinished, _NEW_FILE, 0o600)
            with os.fdopen(handle, "wb") as file:
                packed = pack(self.path(workspace_id), file)
                file.flush()
                os.fsync(file.fileno())
            self._keep(unfinished, self.archive(packed.digest))
        except OSError as error:
            raise ArchiveError(f"the archive cannot be written: {error.strerror}") from error
        finally:
            with suppress(OSError):  # the next server removes it
                unfinished.unlink(missing_ok=True)
        return packed

    @staticmethod
    def _keep(unfinished: Path, archive: Path) -> None:
        """Rename a finished archive to its final name, which contains its digest."""
        try:
            move(unfinished, archive)
        except PermissionError:
            if not archive.is_file():  # Windows cannot replace an open file; its content is the same
                raise

    def index(self, digest: str) -> Index:
        """Return the index of the archive with this digest; the last few are kept in memory.

        Raises:
            ArchiveError: The archive is missing or corrupt.
        """
        with self._lock:
            found = self._indexes.get(digest)
            if found is not None:
                self._indexes.move_to_end(digest)
                return found
        found = Index({}) if digest == EMPTY_DIGEST else read_index(self.archive(digest))
        with self._lock:
            self._indexes[digest] = found
            while len(self._indexes) > _MOST_INDEXES:
                self._indexes.popitem(last=False)
        return found


class LiveWorkspace:
    """The workspace of an execution, from the start of its function to its end.

    Args:
        workspace_id: The workspace.
        version_id: Its current version when the execution started.
        digest: The digest of that version's archive.
    """

    def __init__(
        self, directories: WorkspaceDirectories, workspace_id: str, version_id: str, digest: str
    ) -> None:
        self._directories = directories
        self.id = workspace_id
        self.version_id = version_id
        self._digest = digest
        self.used = False
        """True once the function has asked for the directory."""

    @property
    def has_files(self) -> bool:
        """True if `prepare` has files to unpack."""
        return self._digest != EMPTY_DIGEST

    def prepare(self) -> None:
        """Unpack the version if the directory does not exist. Blocks."""
        self._directories.make(self.id, self._digest)

    def directory(self) -> Path:
        """Return the directory; create it now if the version has no files."""
        self.used = True
        return self._directories.make_empty(self.id)

    def store(self) -> Packed:
        """Store the contents of the directory as an archive. Blocks."""
        return self._directories.store(self.id)


class RunWorkspaces(Protocol):
    """The operations on workspaces that the worker needs."""

    def of_session(self, session_id: str) -> LiveWorkspace:
        """Return the workspace in which the runs of a session work."""
        ...

    def enter(self, run_id: str, workspace: LiveWorkspace) -> None:
        """Prepare for the start of the run's function. If the function uses the directory, it is kept until
        `leave`.
        """
        ...

    def leave(self, run_id: str) -> None:
        """Release the directory: the run's function has ended, or is no longer waited for."""
        ...

    def publish(self, workspace: LiveWorkspace, packed: Packed, now: int) -> None:
        """Make the run's workspace files the current version, in the caller's transaction."""
        ...
