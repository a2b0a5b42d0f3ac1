"""The facades to await: `from helmr.aio import sessions`, then `await sessions.start(...)`."""

from __future__ import annotations

from helmr_ergonomic.aio import *
from helmr_ergonomic.aio import __all__ as __all__
