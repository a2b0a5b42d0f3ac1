"""Where reports are written."""

from __future__ import annotations

import tempfile
from pathlib import Path


class ReportError(Exception):
    """A report cannot be written; the message says in one line why."""


def prepare(directory: Path) -> None:
    """Make the directory if it is not there, and try to write to it: before the tests, not after them.

    Raises:
        ReportError: No file can be written there.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise ReportError(f"cannot write the report to {directory}: {error.strerror or error}") from None
