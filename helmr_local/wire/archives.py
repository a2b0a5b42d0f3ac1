"""Tar archives that clients upload."""

from __future__ import annotations

import io
import posixpath
import tarfile

from helmr_api.constants import MAX_DEPLOYMENT_SOURCE_BYTES, MAX_DEPLOYMENT_SOURCE_ENTRIES

from .strings import quote


class SourceArchiveError(ValueError):
    """The archive is refused; the message says why."""


def check_archive(content: bytes) -> None:
    """Refuse anything that is not a tar archive, or that would write outside the target directory.

    Raises: SourceArchiveError: The archive is refused; the message says why.
    """
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r|") as archive:
            for number, entry in enumerate(archive, start=1):
                if number > MAX_DEPLOYMENT_SOURCE_ENTRIES:
                    raise SourceArchiveError(f"archive has more than {MAX_DEPLOYMENT_SOURCE_ENTRIES} entries")
                _check_entry(entry)
                total += entry.size
                if total > MAX_DEPLOYMENT_SOURCE_BYTES:
                    raise SourceArchiveError(f"archive content exceeds {MAX_DEPLOYMENT_SOURCE_BYTES} bytes")
    except (tarfile.TarError, ValueError, EOFError) as error:
        if isinstance(error, SourceArchiveError):
            raise
        raise SourceArchiveError(f"read tar: {error}") from None


def _check_entry(entry: tarfile.TarInfo) -> None:
    if not _stays_inside(entry.name):
        raise SourceArchiveError(f"unsafe path {quote(entry.name)}")
    if entry.issym():
        if not _stays_inside(posixpath.join(posixpath.dirname(entry.name), entry.linkname)):
            raise SourceArchiveError(f"unsafe symlink {quote(entry.name)} -> {quote(entry.linkname)}")
    elif not (entry.isfile() or entry.isdir()):
        raise SourceArchiveError(f"unsupported entry {quote(entry.name)}")


def _stays_inside(path: str) -> bool:
    """Return whether a path is relative and stays below its starting point."""
    parts = posixpath.normpath(path).split("/")
    return bool(path) and not path.startswith("/") and parts[0] != ".."
