"""The directory for reports."""

from __future__ import annotations

import tempfile
from pathlib import Path


class ReportError(Exception):
    """A report cannot be written; the one-line message says why."""


def prepare(directory: Path) -> None:
    """Create the directory if needed, and check that it is writable before the tests run.

    Raises:
        ReportError: The directory is not writable.
    """
    if directory.is_file():
        raise ReportError(f"cannot write the report to {directory}: it is a file, not a directory")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise ReportError(f"cannot write the report to {directory}: {error.strerror or error}") from None
