"""The database file: whose it is, who may read it, and whether it is still in its place.

Nothing here opens the file with SQLite, which writes next to a file, and into it, merely by opening it.
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
"""In the header of every database of ours, from its first page on."""

_MAGIC = b"SQLite format 3\0"
_HEADER = 100
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# Windows would translate line ends otherwise, and end the file at the first Ctrl-Z.
_BINARY = getattr(os, "O_BINARY", 0)
# No symbolic link: someone else could have put it there.
_OPEN = os.O_RDWR | _BINARY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


def absolute(path: str) -> str:
    """The file itself, wherever a symbolic link or the working directory leads later.

    Raises:
        DatabaseError: The path cannot name a database file.
    """
    if path == ":memory:":
        raise DatabaseError("omit the database to keep the state in memory; :memory: is not a file")
    if "\0" in path:
        raise DatabaseError(f"cannot open the database {path!r}: a path cannot contain NUL")
    return os.path.realpath(path)


def check(path: str) -> None:
    """Refuse whatever is neither a database of ours nor missing or empty, without writing anything.

    Raises:
        DatabaseError: What is there instead.
    """
    try:
        # Not to wait for the other end of a pipe.
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
    if not header.strip(b"\0"):  # new, or SQLite had only begun to make it
        return
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        raise DatabaseError(f"cannot open the database {path}: it is not a SQLite database; use another file")
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise DatabaseError(
            f"cannot open the database {path}: it is a SQLite database of another program, or of an earlier "
            "version of helmr_local; use another file"
        )


def keep_private(path: str) -> None:
    """Make the file readable for its owner only.

    It holds payloads, and the secret that token credentials are derived from. SQLite grants the files that it
    makes beside it the same permissions; those that are there already get them too.

    Raises:
        DatabaseError: It can neither be made nor be made private.
    """
    try:
        handle = os.open(path, _OPEN | os.O_CREAT, 0o600)
    except OSError as error:
        raise DatabaseError(f"cannot open the database {path}: {error.strerror}") from None
    try:
        mode = _make_private(handle)
    except OSError:
        raise DatabaseError(
            f"others can read the database {path}, and its permissions cannot be changed: make it a file of "
            "the user that helmr_local runs as, or use another file"
        ) from None
    finally:
        os.close(handle)
    if mode is not None:
        logger.warning("%s had the permissions %04o; now only its owner can read it", path, mode)
    for beside in (path + "-wal", path + "-shm", path + "-journal"):
        with suppress(OSError):  # not there, or not ours, and then SQLite says so
            handle = os.open(beside, _OPEN)
            try:
                _make_private(handle)
            finally:
                os.close(handle)


def _make_private(handle: int) -> int | None:
    """Take all permissions from others; the mode before, if it was wider."""
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
    """The database file and its write-ahead log, as they were when they were opened."""

    def __init__(self, path: str) -> None:
        files = [(name, _identity(name)) for name in (path, path + "-wal")]
        self._files = [(name, identity) for name, identity in files if identity is not None]

    def check(self) -> None:
        """Raises `DatabaseReplacedError` if one of them has been deleted, moved or replaced."""
        for name, identity in self._files:
            if _identity(name) != identity:
                raise DatabaseReplacedError(f"{name} was deleted, moved or replaced while the server used it")


class FileLock:
    """Keeps a second server off a database file; the system drops it when the process ends."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._locking = system_locking()
        self._handle: int | None = None
        self._process = 0

    def acquire(self) -> bool:
        """Whether it is ours now; False when another server has it.

        Raises:
            DatabaseError: The lock file cannot be made or locked.
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
        """Give it back; harmless when it was not taken."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        # The file stays: removing it could take it from under a server that is about to lock it.
        # A process that was forked has the handle too, but the lock is not its own to give back.
        if os.getpid() == self._process:
            self._locking.drop(handle)
        os.close(handle)
