"""Where the control plane keeps its state: one SQLite database."""

from .database import Database, DatabaseError, Row

__all__ = ["Database", "DatabaseError", "Row"]
