# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

WorkspaceMountState = Literal["failed", "lost", "mounted", "mounting", "unmounted", "unmounting"]
"""The values in the document; a response may contain others."""

WORKSPACE_MOUNT_STATE_VALUES: Final[frozenset[WorkspaceMountState]] = frozenset(
    ["failed", "lost", "mounted", "mounting", "unmounted", "unmounting"]
)
