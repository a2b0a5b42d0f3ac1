# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

WorkspaceDirtyState = Literal["capture_failed", "capturing", "clean", "dirty", "dirty_state_lost"]
"""The values in the document; a response may contain others."""

WORKSPACE_DIRTY_STATE_VALUES: Final[frozenset[WorkspaceDirtyState]] = frozenset(
    ["capture_failed", "capturing", "clean", "dirty", "dirty_state_lost"]
)
