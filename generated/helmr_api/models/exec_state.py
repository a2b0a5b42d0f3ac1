# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

ExecState = Literal["exited", "failed", "lost", "materializing", "queued", "running", "terminated"]
"""The values in the document; a response may contain others."""

EXEC_STATE_VALUES: Final[frozenset[ExecState]] = frozenset(
    ["exited", "failed", "lost", "materializing", "queued", "running", "terminated"]
)
