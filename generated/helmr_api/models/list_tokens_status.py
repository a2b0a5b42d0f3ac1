# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

ListTokensStatus = Literal["cancelled", "completed", "expired", "pending"]
"""The values in the document; a response may contain others."""

LIST_TOKENS_STATUS_VALUES: Final[frozenset[ListTokensStatus]] = frozenset(
    ["cancelled", "completed", "expired", "pending"]
)
