"""Helmr for Python: start sessions, talk to them, follow their runs, complete their tokens.

    from helmr import sessions, task

    greet = task("greet", payload=dict[str, str], output=str)
    completed = sessions.start_and_wait(greet, {"name": "you"}, timeout_seconds=60)
    print(completed.run.output)

The facades (`sessions`, `runs`, `tokens`, …) read `HELMR_API_URL` and `HELMR_API_KEY` when a method is
called; `helmr.aio` has the same names for asyncio. `HelmrClient` and `AsyncHelmrClient` take a URL and key.

Importing this package reads no configuration and opens no connection. Each name is loaded when it is first
used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _facades, _names
from ._facades import *
from ._version import __version__

if TYPE_CHECKING:
    from ._names import *

__all__: list[str] = ["__version__"]
__all__ += _names.__all__
__all__ += _facades.__all__

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        home = _names.HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        found = import_module(home, __name__)
        if home != f".{name}":  # otherwise the name is that of a module
            found = getattr(found, name)
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        return sorted(__all__)
