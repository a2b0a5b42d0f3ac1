# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

IdempotencyStatus = Literal["created", "duplicate"]
"""The values in the document; a response may contain others."""

IDEMPOTENCY_STATUS_VALUES: Final[frozenset[IdempotencyStatus]] = frozenset(["created", "duplicate"])
