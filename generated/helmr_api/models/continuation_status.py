# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

ContinuationStatus = Literal["accepted_run_pending", "created", "duplicate"]
"""The values in the document; a response may contain others."""

CONTINUATION_STATUS_VALUES: Final[frozenset[ContinuationStatus]] = frozenset(
    ["accepted_run_pending", "created", "duplicate"]
)
