"""Archives to upload, with their digests."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import IO, NamedTuple, TypeAlias

from .errors import ArgumentError

Source: TypeAlias = "bytes | str | os.PathLike[str] | IO[bytes]"
"""An archive: its bytes, the path of its file, or a file that is open for reading in binary mode."""


class Archive(NamedTuple):
    """An archive to upload."""

    content: bytes
    content_hash: str
    """`sha256:` and the digest in hexadecimal digits."""


def read_archive(source: Source) -> Archive:
    """Read an archive. Raises `ArgumentError` when it cannot be read."""
    content = _content(source)
    return Archive(content, f"sha256:{hashlib.sha256(content).hexdigest()}")


def _content(source: Source | bytearray | memoryview) -> bytes:
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        if path.is_dir():
            raise ArgumentError(f"source must be a tar archive, but {path} is a directory: pack it first")
        try:
            return path.read_bytes()
        except (OSError, ValueError) as error:
            raise ArgumentError(f"source cannot be read: {error}") from None
    read = getattr(source, "read", None)
    if read is None:
        raise ArgumentError(f"source must be bytes, a path or an open file, got {type(source).__name__}")
    try:
        content = read()
    except (OSError, ValueError) as error:
        raise ArgumentError(f"source cannot be read: {error}") from None
    if not isinstance(content, bytes):
        raise ArgumentError("source must be a file that is open in binary mode")
    return content
