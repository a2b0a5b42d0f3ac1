"""One SQLite connection, used by the server's event-loop thread only.

A transaction ends before the answer that acknowledges it is sent: in a file, what was acknowledged survives
the death of the process. What follows from a change (waking followers, handing a run to the worker) happens
after the commit, in `after_commit` calls.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, TypeAlias

logger = logging.getLogger("helmr_local")

Row = sqlite3.Row
Fields: TypeAlias = Row | dict[str, Any]
"""A row as it was read, or as it was just written."""

SCHEMA_VERSION = 2

# A file of SQLite's own in memory. In ":memory:" no page is ever clean, and each commit walks through all
# pages that the database has; here its cost does not grow.
IN_MEMORY = "file:helmr?vfs=memdb"


class DatabaseError(Exception):
    """The database file cannot be used."""


def _keep_private(path: str) -> None:
    """Make a file that does not exist yet readable for its owner only: it holds payloads and the secret that
    token credentials are derived from."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise DatabaseError(f"cannot open the database {path}: {error.strerror}") from None


# None is not passed as a parameter where that can be avoided: for each one the sqlite3 module looks for an
# adapter, which takes several times as long as a text.


@lru_cache(maxsize=256)
def _insertion(table: str, names: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(names))
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608  # constants of this package


@lru_cache(maxsize=256)
def _change(table: str, names: tuple[tuple[str, bool], ...]) -> str:
    changes = ", ".join(f"{name} = {'NULL' if is_null else '?'}" for name, is_null in names)
    return f"UPDATE {table} SET {changes} WHERE id = ?"  # noqa: S608  # constants of this package


@dataclass(frozen=True, slots=True)
class _Transaction:
    begin: Callable[[], None]
    commit: Callable[[], None]
    roll_back: Callable[[BaseException], None]

    def __enter__(self) -> None:
        self.begin()

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is None:
            self.commit()
        else:
            self.roll_back(error)


class Database:
    """The server's connection.

    Args:
        path: The file, or None for a database in memory that ends with the server.

    Raises:
        DatabaseError: Another server uses the file, it is not a database, or a newer version wrote it.
    """

    def __init__(self, path: str | None = None) -> None:
        self._depth = 0
        self._after: deque[Callable[[], None]] = deque()
        self._draining = False
        self._owed_before = 0
        self._in_memory = path is None
        self._transaction = _Transaction(self._begin, self._commit, self._roll_back)
        if path is not None:
            _keep_private(path)
        try:
            self._connection = sqlite3.connect(
                IN_MEMORY if path is None else path,
                uri=path is None,
                isolation_level=None,
                cached_statements=512,
            )
            self._connection.row_factory = sqlite3.Row
            self._prepare(path)
        except sqlite3.Error as error:
            raise DatabaseError(f"cannot open the database {path}: {error}") from error

    def _prepare(self, path: str | None) -> None:
        connection = self._connection
        # The write-ahead log: a commit survives the death of the process; losing power may cost the newest
        # commits but never the file's consistency. What is in memory only has nothing to survive.
        connection.execute(f"PRAGMA journal_mode = {'MEMORY' if path is None else 'WAL'}")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA busy_timeout = 5000")
        connection.execute("PRAGMA temp_store = MEMORY")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            script = resources.files("helmr_local.store").joinpath("schema.sql").read_text("utf-8")
            connection.executescript(
                f"BEGIN IMMEDIATE;{script};PRAGMA user_version = {SCHEMA_VERSION};COMMIT;"
            )
        elif version != SCHEMA_VERSION:
            connection.close()
            raise DatabaseError(
                f"{path} was written by another version of helmr_local (schema {version}, this one has "
                f"{SCHEMA_VERSION}); use another file"
            )

    def close(self) -> None:
        self._connection.close()

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        """Run a write; the number of rows that it changed."""
        return self._connection.execute(statement, parameters).rowcount

    def insert(self, table: str, values: dict[str, Any]) -> int:
        """Insert one row; its rowid. Names come from this package only, never from a request."""
        given = {name: value for name, value in values.items() if value is not None}
        cursor = self._connection.execute(_insertion(table, tuple(given)), tuple(given.values()))
        return cursor.lastrowid or 0

    def update(self, table: str, row_id: str, values: dict[str, Any]) -> None:
        """Update the row with this id."""
        given = [value for value in values.values() if value is not None]
        statement = _change(table, tuple((name, value is None) for name, value in values.items()))
        self._connection.execute(statement, (*given, row_id))

    def one(self, statement: str, parameters: Sequence[Any] = ()) -> Row | None:
        row: Row | None = self._connection.execute(statement, parameters).fetchone()
        return row

    def all(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return self._connection.execute(statement, parameters).fetchall()

    @property
    def changes(self) -> tuple[int, int]:
        """Grows with each row that is changed and with each call that is to follow a commit."""
        return self._connection.total_changes, len(self._after)

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing; an inner transaction is part of the outer one."""
        return self._transaction

    def _begin(self) -> None:
        if not self._depth:
            self._connection.execute("BEGIN IMMEDIATE")
            self._owed_before = len(self._after)
        self._depth += 1

    def _commit(self) -> None:
        if self._depth == 1:
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                self._roll_back(error)
                raise
        self._depth -= 1
        if not self._depth:
            self._drain()

    def _roll_back(self, error: BaseException) -> None:
        self._depth -= 1
        if self._depth:
            return
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL and self._in_memory:
            error.add_note("a database in memory has room for 1 GiB; give the server a file with --database")
        if self._connection.in_transaction:  # a full disk has ended it already
            self._connection.execute("ROLLBACK")
        while len(self._after) > self._owed_before:
            self._after.pop()

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call once the change is durable: now, if no transaction is open."""
        self._after.append(call)
        if not self._depth:
            self._drain()

    def _drain(self) -> None:
        if self._draining:
            return
        self._draining = True
        try:
            while self._after:
                call = self._after.popleft()
                try:
                    call()
                except Exception:  # the change stands, and the other calls are owed all the same
                    logger.exception("what follows from a change failed")
        finally:
            self._draining = False
