"""Every exception that this package raises, in one tree under `HelmrError`."""

from __future__ import annotations

from helmr_ergonomic.errors import *
from helmr_ergonomic.errors import __all__ as __all__
