# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

WorkspaceFileKind = Literal["directory", "file", "symlink"]
"""The values in the document; a response may contain others."""

WORKSPACE_FILE_KIND_VALUES: Final[frozenset[WorkspaceFileKind]] = frozenset(["directory", "file", "symlink"])
