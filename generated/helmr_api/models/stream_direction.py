# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

StreamDirection = Literal["input", "output"]
"""The values that the document knows; a response may hold others."""

STREAM_DIRECTION_VALUES: Final[frozenset[StreamDirection]] = frozenset(["input", "output"])
