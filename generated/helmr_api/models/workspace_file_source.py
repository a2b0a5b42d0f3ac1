# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

WorkspaceFileSource = Literal["current", "live", "version"]
"""The values in the document; a response may contain others."""

WORKSPACE_FILE_SOURCE_VALUES: Final[frozenset[WorkspaceFileSource]] = frozenset(
    ["current", "live", "version"]
)
