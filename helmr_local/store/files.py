"""The database file: its owner, its permissions, and whether it is still in place. Nothing here opens the
file with SQLite, which writes into and next to a file merely by opening it.
"""

from __future__ import annotations

import logging
import os
import stat
from contextlib import suppress
from typing import NamedTuple

from .errors import DatabaseError, DatabaseReplacedError
from .locking import system_locking

logger = logging.getLogger("helmr_local")

APPLICATION_ID = 0x68656C6D  # "helm"
"""The application id in the header of each of our databases."""

_MAGIC = b"SQLite format 3\0"
_HEADER = 100
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# Otherwise Windows would translate line ends, and end the file at the first Ctrl-Z.
_BINARY = getattr(os, "O_BINARY", 0)
# Do not follow symbolic links, which another user could have created.
_OPEN = os.O_RDWR | _BINARY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


def absolute(path: str) -> str:
    """Return the absolute path of the file itself, so that later changes to symbolic links or the working
    directory have no effect.

    Raises:
        DatabaseError: The path cannot name a database file.
    """
    if path == ":memory:":
        raise DatabaseError("omit the database to keep the state in memory; :memory: is not a file")
    if "\0" in path:
        raise DatabaseError(f"cannot open the database {path!r}: a path cannot contain NUL")
    return os.path.realpath(path)


def check(path: str) -> None:
    """Refuse anything but one of our databases or a missing or empty file, without writing anything.

    Raises:
        DatabaseError: The file is something else; the message says what.
    """
    try:
        # Opening a FIFO must not wait for its other end.
        handle = os.open(path, os.O_RDONLY | _BINARY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return
    except OSError as error:
        raise DatabaseError(f"cannot open the database {path}: {error.strerror}") from None
    try:
        kind = os.fstat(handle).st_mode
        if stat.S_ISDIR(kind):
            raise DatabaseError(f"cannot open the database {path}: it is a directory")
        if not stat.S_ISREG(kind):
            raise DatabaseError(f"cannot open the database {path}: it is not a regular file")
        header = os.read(handle, _HEADER)
    except OSError as error:
        raise DatabaseError(f"cannot open the database {path}: {error.strerror}") from None
    finally:
        os.close(handle)
    if not header.strip(b"\0"):  # new, or SQLite had only begun to create it
        return
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        raise DatabaseError(f"cannot open the database {path}: it is not a SQLite database; use another file")
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise DatabaseError(
            f"cannot open the database {path}: it is the SQLite database of another program, or "
            "of an earlier version of helmr_local; use another file"
        )


def keep_private(path: str) -> None:
    """Make the file accessible to its owner only.

    It contains payloads, and the secret from which token credentials are derived. SQLite creates its other
    files with the same permissions; existing ones are changed here.

    Raises:
        DatabaseError: It cannot be created, or cannot be made private.
    """
    try:
        handle = os.open(path, _OPEN | os.O_CREAT, 0o600)
    except OSError as error:
        raise DatabaseError(f"cannot open the database {path}: {error.strerror}") from None
    try:
        mode = _make_private(handle)
    except OSError:
        raise DatabaseError(
            f"others can read the database {path}, and its permissions cannot be changed: make "
            "the user that runs helmr_local its owner, or use another file"
        ) from None
    finally:
        os.close(handle)
    if mode is not None:
        logger.warning("%s had the permissions %04o; now only its owner can access it", path, mode)
    for beside in (path + "-wal", path + "-shm", path + "-journal"):
        with suppress(OSError):  # missing or not ours, in which case SQLite reports it
            handle = os.open(beside, _OPEN)
            try:
                _make_private(handle)
            finally:
                os.close(handle)


def _make_private(handle: int) -> int | None:
    """Remove the permissions of others; return the previous mode if it was wider."""
    mode = stat.S_IMODE(os.fstat(handle).st_mode)
    if os.name == "nt" or not mode & _OTHERS:
        return None
    os.fchmod(handle, mode & ~_OTHERS)
    return mode


class _Identity(NamedTuple):
    device: int
    inode: int


def _identity(path: str) -> _Identity | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return _Identity(found.st_dev, found.st_ino)


class OpenFiles:
    """The database file and its write-ahead log, as they were when opened."""

    def __init__(self, path: str) -> None:
        files = [(name, _identity(name)) for name in (path, path + "-wal")]
        self._files = [(name, identity) for name, identity in files if identity is not None]

    def check(self) -> None:
        """Raise `DatabaseReplacedError` if one of them has been deleted, moved or replaced."""
        for name, identity in self._files:
            if _identity(name) != identity:
                raise DatabaseReplacedError(f"{name} was deleted, moved or replaced while the server used it")


class FileLock:
    """Keeps a second server from using a database file. The operating system drops the lock when the process
    ends.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._locking = system_locking()
        self._handle: int | None = None
        self._process = 0

    def acquire(self) -> bool:
        """Take the lock; return False if another server holds it.

        Raises:
            DatabaseError: The lock file cannot be created or locked.
        """
        try:
            handle = os.open(self._path + ".lock", _OPEN | os.O_CREAT, 0o600)
        except OSError as error:
            raise DatabaseError(
                f"cannot open the database {self._path}: cannot open {self._path}.lock: {error.strerror}"
            ) from None
        with suppress(OSError):
            _make_private(handle)
        try:
            taken = self._locking.take(handle)
        except OSError as error:
            os.close(handle)
            raise DatabaseError(f"cannot lock the database {self._path}: {error.strerror}") from None
        if not taken:
            os.close(handle)
            return False
        self._handle, self._process = handle, os.getpid()
        return True

    def release(self) -> None:
        """Release the lock, if it was taken."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        # The lock file is not removed, because another server may be about to lock it. A forked process
        # shares the handle, but must not release the lock.
        if os.getpid() == self._process:
            self._locking.drop(handle)
        os.close(handle)
