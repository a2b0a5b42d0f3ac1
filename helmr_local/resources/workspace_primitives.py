"""Parses the fields that requests for execs and for PTYs share."""

from __future__ import annotations

import binascii
import re
from typing import Any

from helmr_api.constants import MAX_STREAM_CHUNK_BYTES

from ..document import enumeration
from ..errors import ApiError, bad_request
from ..http.request import Request
from ..wire.strings import trim
from ..wire.times import format_time
from .workspace_processes import ProcessRow
from .workspace_streams import check_limit

_DIGITS = re.compile(r"[A-Za-z0-9+/]*")


def check_cwd(text: str) -> str:
    """Return the directory to start in, trimmed; empty for the workspace's own directory.

    Raises:
        ApiError: 400.
    """
    cwd = trim(text)
    if not cwd:
        return ""
    if not cwd.startswith("/"):
        raise bad_request("cwd must be absolute")
    if "\0" in cwd:
        raise bad_request("cwd cannot contain NUL")
    if ".." in cwd.split("/"):
        raise bad_request("cwd cannot contain '..'")
    return cwd


def check_listing(request: Request, states: str) -> tuple[str, int]:
    """Return the filter and the limit of a list.

    Args:
        states: The document's enum of states.

    Raises:
        ApiError: 400.
    """
    limit = check_limit(request)
    state = trim(request.query.get("state", ""))
    known = enumeration(states)
    if state and state not in known:
        raise bad_request(f"state must be one of {', '.join(known)}")
    return state, limit


async def read_write(request: Request, prefix: str) -> tuple[int, bytes]:
    """Return the offset and the bytes of a write request.

    Raises:
        ApiError: 400 or 413.
    """
    fields = await request.body(prefix)
    data = _decoded(fields.get("data", ""), prefix)
    offset: int = fields.get("offset", 0)
    if offset < 0:
        raise bad_request("offset must be non-negative")
    if not data:
        raise bad_request("data is required")
    if len(data) > MAX_STREAM_CHUNK_BYTES:
        raise ApiError(413, f"stream chunk is {len(data)} bytes, exceeds max {MAX_STREAM_CHUNK_BYTES}")
    return offset, data


def _decoded(text: str, prefix: str) -> bytes:
    """Decode base64 with padding, ignoring line breaks."""
    text = text.replace("\r", "").replace("\n", "")
    try:
        if len(text) % 4:
            raise binascii.Error
        return binascii.a2b_base64(text.encode("ascii", "replace"), strict_mode=True)
    except binascii.Error:
        found = _DIGITS.match(text)
        at = found.end() if found else 0
        raise bad_request(f"{prefix}: illegal base64 data at input byte {at}") from None


def common_view(row: ProcessRow) -> dict[str, Any]:
    """Return the fields that execs and PTYs share."""
    view: dict[str, Any] = {
        "id": row["id"],
        "workspace_id": row["workspace_id"],
        "workspace_mount_id": row["mount_id"],
        "cwd": row["cwd"],
        "filesystem_mode": "write",
        "state": row["state"],
        "created_at": format_time(row["created_at"]),
        "updated_at": format_time(row["updated_at"]),
    }
    if row["system_id"] is not None:
        view["process_id"] = row["system_id"]
    if row["started_at"] is not None:
        view["started_at"] = format_time(row["started_at"])
    return view
