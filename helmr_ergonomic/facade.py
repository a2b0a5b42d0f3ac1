"""The facades `sessions`, `runs`, `tokens`, `tasks` and `auth`: one shared client, made when it is first
needed.

Each of these modules hands the names it does not have itself to the resource of that name on the shared
client, so that `from helmr_ergonomic import sessions` costs no configuration and no httpx, and
`sessions.start(...)` is `HelmrClient().sessions.start(...)`.
"""

from __future__ import annotations

import atexit
import os
import threading
from typing import TYPE_CHECKING, Any

from helmr_api import forking

if TYPE_CHECKING:
    from ._sync.client import HelmrClient

_lock = threading.Lock()
_shared: tuple[tuple[str | None, str | None], HelmrClient] | None = None


def _after_fork() -> None:
    """Renew the lock: a thread that only the parent has may hold it."""
    global _lock
    _lock = threading.Lock()


forking.register()
if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_after_fork)


def environment() -> tuple[str | None, str | None]:
    """The URL and the key that the environment names now."""
    from .config import API_KEY_VARIABLE, URL_VARIABLE

    return os.environ.get(URL_VARIABLE), os.environ.get(API_KEY_VARIABLE)


def shared_client() -> HelmrClient:
    """The client behind the facades: a new one when the environment names another control plane or key.

    What was made with the one before (handles, pagers, follows) goes on using that: its connections are
    closed when nothing refers to it any more.

    Raises:
        ConfigurationError: `HELMR_API_URL` or `HELMR_API_KEY` is missing or invalid.
    """
    global _shared
    named = environment()
    known = _shared
    if known is not None and known[0] == named:
        return known[1]
    with _lock:
        if _shared is None or _shared[0] != named:
            from ._sync.client import HelmrClient

            made = HelmrClient()
            if _shared is None:
                atexit.register(close)
            _shared = (named, made)
        return _shared[1]


def close() -> None:
    """Close the connections of the shared client, if there is one; the next call makes a new one."""
    global _shared
    with _lock:
        known, _shared = _shared, None
    if known is not None:
        atexit.unregister(close)
        known[1].close()


def member(module: str, resource: str, name: str) -> Any:
    """What `module.name` is when the module itself has no such name: the shared client's."""
    if not name.startswith("_"):
        from ._sync import client as clients

        offered = clients.RESOURCES[resource]
        if hasattr(offered, name) or name in offered.__annotations__:
            return getattr(getattr(shared_client(), resource), name)
    raise AttributeError(f"module {module!r} has no attribute {name!r}")
