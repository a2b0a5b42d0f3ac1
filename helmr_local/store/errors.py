"""What can keep the database from being used."""

from __future__ import annotations

import apsw


class DatabaseError(Exception):
    """The database file cannot be used."""


class DatabaseReplacedError(DatabaseError):
    """The file is no longer where it was opened: what is written to it now would be lost."""


class DatabaseClosedError(DatabaseError):
    """The server stops, so that nothing is written any more."""


BUSY: tuple[type[Exception], ...] = (
    apsw.BusyError,
    apsw.ConnectionClosedError,
    apsw.LockedError,
    DatabaseClosedError,
    DatabaseReplacedError,
)
"""Nothing at all can be written now."""

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
"""The database, not what is asked of it, is the reason: the same may work later."""
