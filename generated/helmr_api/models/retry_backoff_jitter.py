# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

RetryBackoffJitter = Literal["full", "none"]
"""The values in the document; a response may contain others."""

RETRY_BACKOFF_JITTER_VALUES: Final[frozenset[RetryBackoffJitter]] = frozenset(["full", "none"])
