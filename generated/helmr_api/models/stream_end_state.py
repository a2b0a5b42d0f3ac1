# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

StreamEndState = Literal["closed", "exited", "failed", "lost", "terminated"]
"""The values in the document; a response may contain others."""

STREAM_END_STATE_VALUES: Final[frozenset[StreamEndState]] = frozenset(
    ["closed", "exited", "failed", "lost", "terminated"]
)
