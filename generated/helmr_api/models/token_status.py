# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

TokenStatus = Literal["cancelled", "completed", "expired", "pending"]
"""The values that the document knows; a response may hold others."""

TOKEN_STATUS_VALUES: Final[frozenset[TokenStatus]] = frozenset(
    ["cancelled", "completed", "expired", "pending"]
)
