# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

ContinuationStatus = Literal["accepted_run_pending", "created", "duplicate"]
"""The values that the document knows; a response may hold others."""

CONTINUATION_STATUS_VALUES: Final[frozenset[ContinuationStatus]] = frozenset(
    ["accepted_run_pending", "created", "duplicate"]
)
