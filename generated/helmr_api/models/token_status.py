# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

TokenStatus = Literal["cancelled", "completed", "expired", "pending"]
"""The values in the document; a response may contain others."""

TOKEN_STATUS_VALUES: Final[frozenset[TokenStatus]] = frozenset(
    ["cancelled", "completed", "expired", "pending"]
)
