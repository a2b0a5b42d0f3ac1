"""The rows, in the order of the table; each is the module `row_NAME`."""

from __future__ import annotations

from typing import Final

ROWS: Final = (
    "import",
    "ready",
    "start",
    "retrieve",
    "page",
    "throughput",
    "threads",
    "follow",
    "wait",
    "life",
    "local",
    "regenerate",
    "sessions",
    "records",
    "events",
    "followers",
    "exec",
    "browser",
)
