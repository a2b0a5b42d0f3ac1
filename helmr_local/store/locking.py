"""An exclusive lock on an open file, on every system. It ends with the process."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any, Protocol


class Locking(Protocol):
    """The interface of a system's file locks."""

    def take(self, handle: int) -> bool:
        """Take the lock; return False if another process holds it. Never waits.

        Raises:
            OSError: The file cannot be locked at all.
        """
        ...

    def drop(self, handle: int) -> None:
        """Release the lock, even if a forked process still has the handle."""
        ...


class Flock:
    """`flock` on POSIX systems, using the `fcntl` module."""

    def __init__(self, fcntl: Any) -> None:
        self._fcntl = fcntl

    def take(self, handle: int) -> bool:
        """Take the lock."""
        try:
            self._fcntl.flock(handle, self._fcntl.LOCK_EX | self._fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def drop(self, handle: int) -> None:
        """Release the lock."""
        self._fcntl.flock(handle, self._fcntl.LOCK_UN)


class ByteLock:
    """A lock on the first byte of the file, using the `msvcrt` module on Windows."""

    def __init__(self, msvcrt: Any) -> None:
        self._msvcrt = msvcrt

    def take(self, handle: int) -> bool:
        """Take the lock."""
        os.lseek(handle, 0, os.SEEK_SET)
        try:
            self._msvcrt.locking(handle, self._msvcrt.LK_NBLCK, 1)
        except PermissionError:  # EACCES: another process has it
            return False
        return True

    def drop(self, handle: int) -> None:
        """Release the lock."""
        os.lseek(handle, 0, os.SEEK_SET)
        self._msvcrt.locking(handle, self._msvcrt.LK_UNLCK, 1)


def system_locking() -> Locking:
    """Return the locking of this system."""
    try:
        return Flock(import_module("fcntl"))
    except ModuleNotFoundError:
        return ByteLock(import_module("msvcrt"))
