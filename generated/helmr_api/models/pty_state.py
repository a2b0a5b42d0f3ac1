# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

PtyState = Literal["closed", "closing", "creating", "failed", "lost", "open", "resizing"]
"""The values in the document; a response may contain others."""

PTY_STATE_VALUES: Final[frozenset[PtyState]] = frozenset(
    ["closed", "closing", "creating", "failed", "lost", "open", "resizing"]
)
