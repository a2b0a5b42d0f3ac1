# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

TerminalOutcome = Literal["cancelled", "dead_lettered", "expired", "failed", "succeeded"]
"""The values in the document; a response may contain others."""

TERMINAL_OUTCOME_VALUES: Final[frozenset[TerminalOutcome]] = frozenset(
    ["cancelled", "dead_lettered", "expired", "failed", "succeeded"]
)
