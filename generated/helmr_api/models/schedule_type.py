# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

ScheduleType = Literal["declarative", "imperative"]
"""The values in the document; a response may contain others."""

SCHEDULE_TYPE_VALUES: Final[frozenset[ScheduleType]] = frozenset(["declarative", "imperative"])
