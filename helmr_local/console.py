"""The console output of `helmr-local` on stderr: what is served, and the progress of each run."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import Final

__all__ = ["banner", "configure"]

_GREEN: Final = "\x1b[32m"
_RED: Final = "\x1b[31m"
_PLAIN: Final = "\x1b[0m"


def configure(*, quiet: bool, show_progress: bool, show_logs: bool = False) -> None:
    """Log to stderr.

    Args:
        quiet: Log neither the progress of runs nor the tracebacks of failures.
        show_progress: Log a line when an attempt starts, waits or ends; otherwise only when one fails.
        show_logs: Also show what task code writes to its logs.
    """
    handler = logging.StreamHandler(sys.stderr)
    is_coloured = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    handler.setFormatter(_Coloured("%(message)s") if is_coloured else logging.Formatter("%(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    level = logging.ERROR if quiet else logging.INFO if show_progress else logging.WARNING
    logging.getLogger("helmr_local.runs").setLevel(level)
    logging.getLogger("helmr_local.output").setLevel(logging.INFO if show_logs else logging.WARNING)


def banner(url: str, tasks: Sequence[str], database: str | None) -> str:
    """Return the lines that show the URL, the tasks, where the data is kept, and how to stop the server."""
    served = ", ".join(tasks) or "none; use --tasks MODULE to serve the tasks of a module"
    data = database or "in memory, lost when the server stops"
    return f"Helmr at {url}\n  tasks: {served}\n  data:  {data}\n  stop:  Ctrl-C"


class _Coloured(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        first, separator, rest = super().format(record).partition("\n")
        if record.levelno >= logging.WARNING:
            first = f"{_RED}{first}{_PLAIN}"
        elif ": succeeded" in first:
            first = f"{_GREEN}{first}{_PLAIN}"
        return first + separator + rest
