# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

ExecutionStatus = Literal["created", "executing", "finished", "leased", "pending_cancel", "queued", "waiting"]
"""The values in the document; a response may contain others."""

EXECUTION_STATUS_VALUES: Final[frozenset[ExecutionStatus]] = frozenset(
    ["created", "executing", "finished", "leased", "pending_cancel", "queued", "waiting"]
)
