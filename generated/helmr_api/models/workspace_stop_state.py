# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

WorkspaceStopState = Literal["no_active_mount", "unmounted", "unmounting"]
"""The values in the document; a response may contain others."""

WORKSPACE_STOP_STATE_VALUES: Final[frozenset[WorkspaceStopState]] = frozenset(
    ["no_active_mount", "unmounted", "unmounting"]
)
