# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

SessionActivity = Literal["idle", "queued", "running", "waiting"]
"""The values in the document; a response may contain others."""

SESSION_ACTIVITY_VALUES: Final[frozenset[SessionActivity]] = frozenset(
    ["idle", "queued", "running", "waiting"]
)
