# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

RunStatus = Literal["cancelled", "expired", "failed", "queued", "running", "succeeded", "waiting"]
"""The values in the document; a response may contain others."""

RUN_STATUS_VALUES: Final[frozenset[RunStatus]] = frozenset(
    ["cancelled", "expired", "failed", "queued", "running", "succeeded", "waiting"]
)
