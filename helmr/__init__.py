"""Helmr for Python: start sessions, exchange data with them, follow their runs, and complete tokens.

    from helmr import sessions, task

    greet = task("greet", payload=dict[str, str], output=str)
    completed = sessions.start_and_wait(greet, {"name": "you"}, timeout_seconds=60)
    print(completed.run.output)

This package is the public import name. Its names are those of `helmr_ergonomic`, loaded on first use;
`helmr.aio` has the same resources to await, `helmr.errors` every exception.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import helmr_ergonomic as _layer

if TYPE_CHECKING:
    from helmr_ergonomic import __version__ as __version__
    from helmr_ergonomic._facades import *
    from helmr_ergonomic._names import *

__all__: list[str] = []
__all__ += _layer.__all__

if not TYPE_CHECKING:
    _SUBMODULES = frozenset({"aio", "errors", "types"})

    def __getattr__(name: str) -> Any:
        if name in _SUBMODULES:
            from importlib import import_module

            return import_module(f"{__name__}.{name}")
        if name in _layer.__all__:
            return getattr(_layer, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted(__all__)
