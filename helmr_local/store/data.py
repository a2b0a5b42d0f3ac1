"""The directory beside the database for data that is kept in files. Only its owner can access it."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from .. import machine
from .errors import DatabaseError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_WINDOWS = os.name == "nt"
# Windows' ERROR_ACCESS_DENIED and ERROR_SHARING_VIOLATION.
_IN_USE = (5, 32)
_PATIENCE, _PAUSE = 1.0, 0.02


class DataDirectory:
    """The data directory, created on first use.

    Args:
        database: The database file that it belongs to; None for a temporary directory, which is removed when
            the server stops.
    """

    def __init__(self, database: str | None = None) -> None:
        self._database = database
        self._root: Path | None = None
        self._closed = False
        self._lock = threading.Lock()

    @property
    def is_there(self) -> bool:
        """True if a data directory exists, for example from an earlier server."""
        return self._database is not None and os.path.isdir(self._database + ".files")

    def folder(self, name: str) -> Path:
        """Return the folder of this name, creating it if needed.

        Raises:
            DatabaseError: It cannot be created, or others could read or replace it.
        """
        folder = self._made_root() / name
        make_private(folder)
        return folder

    def _made_root(self) -> Path:
        with self._lock:
            if self._closed:
                raise DatabaseError("the server has stopped")
            if self._root is None:
                if self._database is None:
                    self._root = Path(tempfile.mkdtemp(prefix="helmr-local-"))
                else:
                    root = Path(self._database + ".files")
                    make_private(root)
                    self._root = root
            return self._root

    def close(self) -> None:
        """Remove the directory if it is temporary."""
        with self._lock:
            root, self._root, self._closed = self._root, None, True
        if root is not None and self._database is None:
            # Renamed first, so that a thread that is still writing fails instead of creating files again.
            gone = root.with_name(root.name + ".gone")
            try:
                root.rename(gone)
            except PermissionError:  # Windows, while a file in it is open
                gone = root
            remove_tree(gone)


def make_private(directory: Path) -> None:
    """Create a directory that only its owner can access, or restrict an existing one.

    Raises:
        DatabaseError: It cannot be created, is a symbolic link or a file, or belongs to someone else.
    """
    try:
        try:
            directory.mkdir(mode=0o700)
        except FileExistsError:
            found = directory.lstat()
            if not stat.S_ISDIR(found.st_mode):
                raise DatabaseError(f"cannot use {directory}: it is not a directory") from None
            if os.name == "nt":
                return
            if found.st_uid != os.geteuid():
                raise DatabaseError(f"cannot use {directory}: it belongs to another user") from None
            if found.st_mode & _OTHERS:
                directory.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
    except OSError as error:
        raise DatabaseError(f"cannot use the directory {directory}: {error.strerror}") from error


def move(source: Path, target: Path) -> None:
    """Rename a directory, or a file over another one. Blocks.

    On Windows, renaming fails while a file is open, and virus scanners open every new file for a few
    milliseconds. So there the rename is retried for one second.
    """
    until = machine.monotonic() + _PATIENCE
    while True:
        try:
            source.replace(target)
            return
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _IN_USE or machine.monotonic() >= until:
                raise
        time.sleep(_PAUSE)


def remove_tree(directory: Path) -> None:
    """Remove a directory and everything in it, except what cannot be removed."""
    shutil.rmtree(directory, ignore_errors=True)
    if not directory.exists():
        return
    # Entries of a read-only directory, such as those of Go's module cache, cannot be removed, so make
    # directories writable. Windows cannot remove read-only files either. Elsewhere the mode of files is left
    # alone, because a file may have another name outside the directory.
    with suppress(OSError):
        directory.chmod(0o700)
        for parent, names, files in os.walk(directory):
            for path in (Path(parent, name) for name in [*names, *(files if _WINDOWS else ())]):
                if not path.is_symlink():
                    path.chmod(0o700)
    shutil.rmtree(directory, ignore_errors=True)
