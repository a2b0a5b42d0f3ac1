# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

ListWorkspaceVersionsKind = Literal["system", "user"]
"""The values in the document; a response may contain others."""

LIST_WORKSPACE_VERSIONS_KIND_VALUES: Final[frozenset[ListWorkspaceVersionsKind]] = frozenset(
    ["system", "user"]
)
