# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

StreamFailureCode = Literal["workspace_stream_cursor_expired", "workspace_stream_follow_failed"]
"""The values in the document; a response may contain others."""

STREAM_FAILURE_CODE_VALUES: Final[frozenset[StreamFailureCode]] = frozenset(
    ["workspace_stream_cursor_expired", "workspace_stream_follow_failed"]
)
