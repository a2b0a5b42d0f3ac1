# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

ListRunsStatus = Literal[
    "all", "cancelled", "expired", "failed", "live", "queued", "running", "succeeded", "waiting"
]
"""The values in the document; a response may contain others."""

LIST_RUNS_STATUS_VALUES: Final[frozenset[ListRunsStatus]] = frozenset(
    ["all", "cancelled", "expired", "failed", "live", "queued", "running", "succeeded", "waiting"]
)
