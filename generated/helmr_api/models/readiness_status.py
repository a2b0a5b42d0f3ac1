# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

ReadinessStatus = Literal["not_ready", "ready"]
"""The values in the document; a response may contain others."""

READINESS_STATUS_VALUES: Final[frozenset[ReadinessStatus]] = frozenset(["not_ready", "ready"])
