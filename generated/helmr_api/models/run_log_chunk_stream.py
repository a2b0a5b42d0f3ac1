# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

RunLogChunkStream = Literal["stderr", "stdout"]
"""The values in the document; a response may contain others."""

RUN_LOG_CHUNK_STREAM_VALUES: Final[frozenset[RunLogChunkStream]] = frozenset(["stderr", "stdout"])
