# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

SessionStatus = Literal["cancelled", "closed", "expired", "open"]
"""The values in the document; a response may contain others."""

SESSION_STATUS_VALUES: Final[frozenset[SessionStatus]] = frozenset(["cancelled", "closed", "expired", "open"])
