"""The facades for asyncio: `from helmr.aio import sessions` and `await sessions.start(...)`.

They share one `AsyncHelmrClient` for each event loop, made from the environment on the first call.
Its connections are closed by `await aio.aclose()` or when the event loop ends.
"""

from __future__ import annotations

from . import _aio_facades
from ._aio_client import aclose, shared_client
from ._aio_facades import *

__all__: list[str] = ["aclose", "shared_client"]
__all__ += _aio_facades.__all__
