"""The control plane's storage: one SQLite database, and a directory beside it."""

from .data import DataDirectory
from .database import Database
from .errors import BUSY, UNAVAILABLE, DatabaseClosedError, DatabaseError, DatabaseReplacedError
from .rows import Row, columns
from .writes import Writes

__all__ = [
    "BUSY",
    "UNAVAILABLE",
    "DataDirectory",
    "Database",
    "DatabaseClosedError",
    "DatabaseError",
    "DatabaseReplacedError",
    "Row",
    "Writes",
    "columns",
]
