# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

RunOperationKind = Literal["cancel"]
"""The values in the document; a response may contain others."""

RUN_OPERATION_KIND_VALUES: Final[frozenset[RunOperationKind]] = frozenset(["cancel"])
