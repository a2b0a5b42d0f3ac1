"""The default client: shared, and created from the environment on first use."""

from __future__ import annotations

import atexit
import os
import threading
from typing import TYPE_CHECKING

from helmr_api import forking

from .config import settings

if TYPE_CHECKING:
    from ._sync.client import HelmrClient

_lock = threading.Lock()
_shared: tuple[object, HelmrClient] | None = None


def _after_fork() -> None:
    """Replace the lock, because a thread that exists only in the parent may hold it."""
    global _lock
    _lock = threading.Lock()


forking.register()
if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)


def shared_client() -> HelmrClient:
    """Return the client behind the facades. It is replaced when the environment names another control plane
    or key, and after `configure`.

    Handles, lists and follows made with the previous client keep using it. Its connections are
    closed when it is no longer referenced.

    Raises:
        ConfigurationError: `HELMR_API_URL` or `HELMR_API_KEY` is missing or invalid.
    """
    global _shared
    named = settings()
    known = _shared
    if known is not None and known[0] == named:
        return known[1]
    with _lock:
        if _shared is None or _shared[0] != named:
            from ._sync.client import HelmrClient

            made = HelmrClient(hooks=named[2])
            if _shared is None:
                atexit.register(close)
            _shared = (named, made)
        return _shared[1]


def close() -> None:
    """Close the connections of the shared client, if there is one; the next call creates a new one."""
    global _shared
    with _lock:
        known, _shared = _shared, None
    if known is not None:
        atexit.unregister(close)
        known[1].close()
