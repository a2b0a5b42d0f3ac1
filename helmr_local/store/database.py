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
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from importlib import resources
from typing import Any

logger = logging.getLogger("helmr_local")

Row = sqlite3.Row

SCHEMA_VERSION = 1


class DatabaseError(Exception):
    """The database file cannot be used."""


def _keep_private(path: str) -> None:
    """Make a file that does not exist yet readable for its owner only: it holds payloads and the secret that
    token credentials are derived from."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise DatabaseError(f"cannot open the database {path}: {error.strerror}") from None


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
        if path is not None:
            _keep_private(path)
        try:
            self._connection = sqlite3.connect(
                path or ":memory:", isolation_level=None, cached_statements=512
            )
            self._connection.row_factory = sqlite3.Row
            self._prepare(path)
        except sqlite3.Error as error:
            raise DatabaseError(f"cannot open the database {path}: {error}") from error

    def _prepare(self, path: str | None) -> None:
        connection = self._connection
        # Readers and the write-ahead log: a commit survives the death of the process; losing power may cost
        # the newest commits but never the file's consistency.
        connection.execute("PRAGMA journal_mode = WAL")
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
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        cursor = self._connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608  # names are constants of this package
            tuple(values.values()),
        )
        return cursor.lastrowid or 0

    def inserted(self, table: str, values: dict[str, Any]) -> Row:
        """Insert one row, and the row as it stands now."""
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        row: Row = self._connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING *",  # noqa: S608  # names are constants
            tuple(values.values()),
        ).fetchone()
        return row

    def update(self, table: str, row_id: str, values: dict[str, Any]) -> None:
        """Update the row with this id."""
        names = ", ".join(f"{name} = ?" for name in values)
        self._connection.execute(
            f"UPDATE {table} SET {names} WHERE id = ?",  # noqa: S608  # names are constants of this package
            (*values.values(), row_id),
        )

    def one(self, statement: str, parameters: Sequence[Any] = ()) -> Row | None:
        row: Row | None = self._connection.execute(statement, parameters).fetchone()
        return row

    def all(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return self._connection.execute(statement, parameters).fetchall()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing; an inner transaction is part of the outer one."""
        if self._depth:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
            return
        self._connection.execute("BEGIN IMMEDIATE")
        self._depth = 1
        before = len(self._after)
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            while len(self._after) > before:
                self._after.pop()
            raise
        else:
            self._connection.execute("COMMIT")
        finally:
            self._depth = 0
        self._drain()

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
