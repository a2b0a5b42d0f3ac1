"""The default clients for asyncio: one for each event loop, made from the environment when first needed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from .config import settings

if TYPE_CHECKING:
    from ._async.client import AsyncHelmrClient


class _NoLoop:
    """The key used when no event loop is running."""


_no_loop: Final = _NoLoop()
_by_loop: WeakKeyDictionary[object, tuple[object, AsyncHelmrClient]] = WeakKeyDictionary()


def shared_client() -> AsyncHelmrClient:
    """Return the client behind these facades in the running event loop. It is replaced when the environment
    names another control plane or key, and after `configure`.

    Objects made with the previous client keep using it. Its connections are closed when it is no longer
    referenced or when the event loop ends.

    Raises:
        ConfigurationError: `HELMR_API_URL` or `HELMR_API_KEY` is missing or invalid.

    >>> await shared_client().runs.counts()
    """
    named = settings()
    loop = _loop()
    known = _by_loop.get(loop)
    if known is None or known[0] != named:
        from ._async.client import AsyncHelmrClient

        known = _by_loop[loop] = (named, AsyncHelmrClient(hooks=named[2]))
    return known[1]


async def aclose() -> None:
    """Close the connections of the shared client of this event loop; the next call opens new ones.

    >>> await aclose()
    """
    known = _by_loop.pop(_loop(), None)
    if known is not None:
        await known[1].aclose()


def _loop() -> asyncio.AbstractEventLoop | _NoLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return _no_loop
