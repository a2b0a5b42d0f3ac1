"""Errors that keep the database from being used."""

from __future__ import annotations

import apsw


class DatabaseError(Exception):
    """The database file cannot be used."""


class DatabaseReplacedError(DatabaseError):
    """The file is no longer where it was opened, so new writes to it would be lost."""


class DatabaseClosedError(DatabaseError):
    """The server is stopping, so nothing is written any longer."""


BUSY: tuple[type[Exception], ...] = (
    apsw.BusyError,
    apsw.ConnectionClosedError,
    apsw.LockedError,
    DatabaseClosedError,
    DatabaseReplacedError,
)
"""Errors that mean that nothing at all can be written now."""

UNAVAILABLE: tuple[type[Exception], ...] = (
    *BUSY,
    apsw.CantOpenError,
    apsw.CorruptError,
    apsw.FullError,
    apsw.IOError,
    apsw.InterruptError,
    apsw.NoMemError,
    apsw.NotADBError,
    apsw.PermissionsError,
    apsw.ProtocolError,
    apsw.ReadOnlyError,
)
"""Errors caused by the database, not by the statement: the same statement may succeed later."""
