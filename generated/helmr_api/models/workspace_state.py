# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

WorkspaceState = Literal["active", "archived", "deleted", "deleting", "recovery_required"]
"""The values in the document; a response may contain others."""

WORKSPACE_STATE_VALUES: Final[frozenset[WorkspaceState]] = frozenset(
    ["active", "archived", "deleted", "deleting", "recovery_required"]
)
