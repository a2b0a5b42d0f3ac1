# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

ScheduleStatus = Literal["active", "errored", "inactive"]
"""The values in the document; a response may contain others."""

SCHEDULE_STATUS_VALUES: Final[frozenset[ScheduleStatus]] = frozenset(["active", "errored", "inactive"])
