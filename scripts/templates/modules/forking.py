"""Makes forks safe while other threads import modules or hold locks.

If another thread is importing a module during a fork, the module stays locked and incomplete in the child,
and code there that imports it hangs. So a fork waits for imports, of which the first call makes many (down to
the standard library's `encodings.idna`), and for `unforked` blocks.
"""

from __future__ import annotations

import importlib

# Hooks run in reverse order: this one runs before the one that takes the lock of logging.
import logging  # noqa: F401  # pyright: ignore[reportUnusedImport]
import os
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

__all__ = ["register", "unforked", "wait_for_others"]

PATIENCE: Final = 30.0
"""The maximum wait in seconds, in case an import waits for a lock that another hook took for the fork. The
imports of the first call can take many seconds on a busy machine.
"""

_POOLS: Final = "concurrent.futures.thread"
_in_blocks: set[int] = set()


@contextmanager
def unforked() -> Generator[None]:
    """Delay forks by other threads until the end of the block, for example while it holds locks."""
    thread = threading.get_ident()
    _in_blocks.add(thread)
    try:
        yield
    finally:
        _in_blocks.discard(thread)


def wait_for_others() -> None:
    """Wait until no other thread is importing a module or is in an `unforked` block."""
    had_pools = _has_pools()
    end = time.monotonic() + PATIENCE
    while _others_are_at_work() and time.monotonic() < end:
        time.sleep(0.001)
    # Hooks that are registered during the wait run only after the fork. That of thread pools releases a lock
    # then, which must be taken. (With an import of pools here, that of a facade would take a fifth longer.)
    if not had_pools and _has_pools():
        lock = getattr(sys.modules[_POOLS], "_global_shutdown_lock", None)
        if lock is not None:
            lock.acquire(timeout=1)


def _has_pools() -> bool:
    """True if the module of thread pools is imported to its end, so that its hooks are registered."""
    return hasattr(sys.modules.get(_POOLS), "ThreadPoolExecutor")


def _others_are_at_work() -> bool:
    this = threading.get_ident()
    if _in_blocks - {this}:
        return True
    # There is no public way to see which imports are in progress. If this attribute is missing, imports are
    # not waited for.
    locks: dict[str, Any] = getattr(getattr(importlib, "_bootstrap", None), "_module_locks", {})
    return any(getattr(lock(), "owner", None) not in (None, this) for lock in list(locks.values()))


@cache
def register() -> None:
    """Register the hooks that make forks wait."""
    if hasattr(os, "register_at_fork"):  # Windows has no fork
        os.register_at_fork(before=wait_for_others, after_in_child=_in_blocks.clear)
