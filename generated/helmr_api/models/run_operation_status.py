# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

RunOperationStatus = Literal["applied", "rejected"]
"""The values in the document; a response may contain others."""

RUN_OPERATION_STATUS_VALUES: Final[frozenset[RunOperationStatus]] = frozenset(["applied", "rejected"])
