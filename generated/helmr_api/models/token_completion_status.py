# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

TokenCompletionStatus = Literal["already_completed", "completed"]
"""The values in the document; a response may contain others."""

TOKEN_COMPLETION_STATUS_VALUES: Final[frozenset[TokenCompletionStatus]] = frozenset(
    ["already_completed", "completed"]
)
