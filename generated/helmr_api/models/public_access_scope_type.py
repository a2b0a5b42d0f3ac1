# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

PublicAccessScopeType = Literal["session.input.send", "session.output.read"]
"""The values in the document; a response may contain others."""

PUBLIC_ACCESS_SCOPE_TYPE_VALUES: Final[frozenset[PublicAccessScopeType]] = frozenset(
    ["session.input.send", "session.output.read"]
)
