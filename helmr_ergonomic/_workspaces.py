"""The contents of workspace requests."""

from __future__ import annotations

from typing import Final, TypeAlias

from helmr_api.types import HasId

from ._validation import checked_string
from .durations import Duration, duration_text, parse_duration
from .errors import ArgumentError, OutputValidationError
from .idempotency import new_key

WorkspaceRef: TypeAlias = str | HasId
"""A workspace's id, or an object that has it."""

MOUNT_SECONDS: Final = 120.0
"""How long `connect` waits for a mount by default."""
STOP_SECONDS: Final = 60.0
"""How long leaving a connection waits for the workspace to be stopped by default."""


def key_value(idempotency_key: str | None) -> str:
    """Return the caller's key, or else a new one, so that the request can be retried."""
    return new_key() if idempotency_key is None else checked_string(idempotency_key, "idempotency_key")


def key_ttl(ttl: Duration | None) -> str | None:
    """Convert a key's lifetime to the form that workspace operations accept: days become hours."""
    if ttl is None:
        return None
    text = duration_text(ttl, "idempotency_key_ttl")
    return duration_text(parse_duration(text)) if text.strip().endswith("d") else text


def file_path(path: str, *, root: bool = False) -> str:
    """Convert a path to the form that the server accepts: relative to the root of the workspace.

    Raises `ArgumentError` for a path outside the workspace, and for the root unless that is allowed.
    """
    checked_string(path, "path")
    relative = path.lstrip("/")
    if "\0" in path or ".." in relative.split("/"):
        raise ArgumentError(f"path must stay inside the workspace, without '..' and NUL, got {path!r:.100}")
    if not relative.strip():
        if not root:
            raise ArgumentError("path must name a file, got the root of the workspace")
        return "."
    return relative


def source_of(version: str | HasId | None) -> str | None:
    """Return the `source` that selects where files are read from."""
    return None if version is None else "version"


def decoded_text(content: bytes, path: str, encoding: str, errors: str) -> str:
    """Return the text of a file.

    Raises `OutputValidationError` when the content is not valid in this encoding, `ArgumentError` for an
    unknown encoding or error handler.
    """
    try:
        return content.decode(encoding, errors)
    except UnicodeDecodeError as exc:
        raise OutputValidationError(
            f"file {path!r}",
            message=f"file {path!r} is not {encoding} at byte {exc.start}: read it in another encoding",
        ) from None
    except LookupError:
        raise ArgumentError(f"there is no encoding {encoding!r} with errors={errors!r}") from None
