# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

StreamDirection = Literal["input", "output"]
"""The values in the document; a response may contain others."""

STREAM_DIRECTION_VALUES: Final[frozenset[StreamDirection]] = frozenset(["input", "output"])
