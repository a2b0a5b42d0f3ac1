"""Where the control plane keeps its state: one SQLite database."""

from .database import Database, Row
from .errors import BUSY, UNAVAILABLE, DatabaseClosedError, DatabaseError, DatabaseReplacedError
from .writes import Writes

__all__ = [
    "BUSY",
    "UNAVAILABLE",
    "Database",
    "DatabaseClosedError",
    "DatabaseError",
    "DatabaseReplacedError",
    "Row",
    "Writes",
]
