"""The facades, awaited: `from helmr_ergonomic.aio import sessions` and `await sessions.start(...)`.

They share one `AsyncHelmrClient` for each event loop, made from the environment when it is first needed.
`await aio.aclose()` closes its connections; the end of the event loop does so too.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakKeyDictionary

from .facade import environment

if TYPE_CHECKING:
    from ._async.auth import AsyncAuth
    from ._async.client import AsyncHelmrClient
    from ._async.runs import AsyncRuns
    from ._async.sessions import AsyncSessions
    from ._async.tasks import AsyncTasks
    from ._async.tokens import AsyncTokens

__all__ = ["aclose", "auth", "runs", "sessions", "shared_client", "tasks", "tokens"]

_Shared = tuple[tuple[str | None, str | None], "AsyncHelmrClient"]
_by_loop: WeakKeyDictionary[Any, _Shared] = WeakKeyDictionary()


class _NoLoop:
    """Stands for the loop where none runs."""


_no_loop: Final = _NoLoop()


def shared_client() -> AsyncHelmrClient:
    """The client behind these facades in the running event loop: a new one when the environment names another
    control plane or key.

    What was made with the one before goes on using that: its connections are closed when nothing refers to it
    any more, and when the event loop ends.

    Raises:
        ConfigurationError: `HELMR_API_URL` or `HELMR_API_KEY` is missing or invalid.

    >>> await shared_client().runs.counts()
    """
    named = environment()
    loop = _loop()
    known = _by_loop.get(loop)
    if known is None or known[0] != named:
        from ._async.client import AsyncHelmrClient

        known = _by_loop[loop] = (named, AsyncHelmrClient())
    return known[1]


async def aclose() -> None:
    """Close the connections of the shared client of this event loop; the next call opens new ones.

    >>> await aclose()
    """
    known = _by_loop.pop(_loop(), None)
    if known is not None:
        await known[1].aclose()


def _loop() -> Any:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return _no_loop


class _Facade:
    __slots__ = ("_resource",)

    def __init__(self, resource: str) -> None:
        self._resource = resource

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(getattr(shared_client(), self._resource), name)

    def __repr__(self) -> str:
        return f"<the shared client's {self._resource}>"


sessions: AsyncSessions = cast("AsyncSessions", _Facade("sessions"))
"""As `AsyncHelmrClient().sessions`."""
runs: AsyncRuns = cast("AsyncRuns", _Facade("runs"))
"""As `AsyncHelmrClient().runs`."""
tokens: AsyncTokens = cast("AsyncTokens", _Facade("tokens"))
"""As `AsyncHelmrClient().tokens`."""
tasks: AsyncTasks = cast("AsyncTasks", _Facade("tasks"))
"""As `AsyncHelmrClient().tasks`."""
auth: AsyncAuth = cast("AsyncAuth", _Facade("auth"))
"""As `AsyncHelmrClient().auth`."""
