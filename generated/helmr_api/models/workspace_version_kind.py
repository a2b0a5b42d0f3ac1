# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

WorkspaceVersionKind = Literal["system", "user"]
"""The values in the document; a response may contain others."""

WORKSPACE_VERSION_KIND_VALUES: Final[frozenset[WorkspaceVersionKind]] = frozenset(["system", "user"])
