# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

IdempotencyStatus = Literal["created", "duplicate"]
"""The values that the document knows; a response may hold others."""

IDEMPOTENCY_STATUS_VALUES: Final[frozenset[IdempotencyStatus]] = frozenset(["created", "duplicate"])
