# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

WorkspaceDesiredState = Literal["active", "archived", "deleted", "stopped"]
"""The values in the document; a response may contain others."""

WORKSPACE_DESIRED_STATE_VALUES: Final[frozenset[WorkspaceDesiredState]] = frozenset(
    ["active", "archived", "deleted", "stopped"]
)
