# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

ListWorkspacesState = Literal["active", "archived", "deleted", "deleting", "recovery_required"]
"""The values in the document; a response may contain others."""

LIST_WORKSPACES_STATE_VALUES: Final[frozenset[ListWorkspacesState]] = frozenset(
    ["active", "archived", "deleted", "deleting", "recovery_required"]
)
