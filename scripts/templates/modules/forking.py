"""Forking while other threads are at work: the child inherits nothing half done that is locked.

A module that another thread is importing when the process forks stays half imported in the child forever,
and locked: whoever needs it there hangs. So a fork waits for imports, of which a first call makes many (down
to the standard library's `encodings.idna`), and for blocks of code that ask for it.
"""

from __future__ import annotations

import importlib

# Hooks run in reverse order: this one before that which takes the lock of logging.
import logging  # noqa: F401  # pyright: ignore[reportUnusedImport]
import os
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

__all__ = ["register", "unforked", "wait_for_others"]

PATIENCE: Final = 30.0
"""Seconds, in case an import waits for a lock that another hook took for the fork.

The imports of a first call can take many seconds on a busy machine, and a child of a fork in between hangs.
"""

_in_blocks: set[int] = set()


@contextmanager
def unforked() -> Generator[None]:
    """A block of code during which forks by other threads wait: it takes locks of a C library, say."""
    thread = threading.get_ident()
    _in_blocks.add(thread)
    try:
        yield
    finally:
        _in_blocks.discard(thread)


def wait_for_others() -> None:
    """Wait until no other thread is importing a module or is in a block `unforked`."""
    end = time.monotonic() + PATIENCE
    while _others_are_at_work() and time.monotonic() < end:
        time.sleep(0.001)


def _others_are_at_work() -> bool:
    this = threading.get_ident()
    if _in_blocks - {this}:
        return True
    # Nothing public tells which imports are under way. Where this is not there, none is waited for.
    locks: dict[str, Any] = getattr(getattr(importlib, "_bootstrap", None), "_module_locks", {})
    return any(getattr(lock(), "owner", None) not in (None, this) for lock in list(locks.values()))


@cache
def register() -> None:
    """From now on let forks wait."""
    if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
        os.register_at_fork(before=wait_for_others, after_in_child=_in_blocks.clear)
