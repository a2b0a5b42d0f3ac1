"""Where the control plane keeps its state: one SQLite database."""

from .database import Database, DatabaseError, Fields, Row

__all__ = ["Database", "DatabaseError", "Fields", "Row"]
