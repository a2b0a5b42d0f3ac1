"""One SQLite connection, used by the server's event-loop thread only.

A transaction ends before the answer that acknowledges it is sent: in a file, what was acknowledged survives
the death of the process. What follows from a change (waking followers, handing a run to the worker) happens
after the commit, in `after_commit` calls.
"""

from __future__ import annotations

import ctypes
import logging
import os
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, TypeAlias

import apsw

logger = logging.getLogger("helmr_local")

Row: TypeAlias = dict[str, Any]
"""The columns of a row by their names."""

SCHEMA_VERSION = 2

# A file of SQLite's own in memory. In ":memory:" no page is ever clean, and each commit walks through all
# pages that the database has; here its cost does not grow.
IN_MEMORY = "file:helmr?vfs=memdb"
_NO_LIMIT = 2**46
# Of one thread, so that SQLite need not lock anything.
_FLAGS = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_NOMUTEX


class DatabaseError(Exception):
    """The database file cannot be used."""


def _keep_private(path: str) -> None:
    """Make a file that does not exist yet readable for its owner only: it holds payloads and the secret that
    token credentials are derived from."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise DatabaseError(f"cannot open the database {path}: {error.strerror}") from None


@lru_cache(maxsize=256)
def _insertion(table: str, names: tuple[str, ...]) -> str:
    marks = ",".join("?" * len(names))
    return f"INSERT INTO {table} ({','.join(names)}) VALUES ({marks})"  # noqa: S608  # constants of this package


@lru_cache(maxsize=256)
def _change(table: str, names: tuple[str, ...]) -> str:
    changes = ", ".join(f"{name} = ?" for name in names)
    return f"UPDATE {table} SET {changes} WHERE id = ?"  # noqa: S608  # constants of this package


@dataclass(frozen=True, slots=True)
class _Transaction:
    begin: Callable[[], None]
    commit: Callable[[], None]
    roll_back: Callable[[], None]

    def __enter__(self) -> None:
        self.begin()

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is None:
            self.commit()
        else:
            self.roll_back()


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
        self._names: dict[str, tuple[str, ...]] = {}
        self._transaction = _Transaction(self._begin, self._commit, self._roll_back)
        if path is not None:
            _keep_private(path)
        try:
            self._connection = apsw.Connection(
                path or IN_MEMORY,
                flags=_FLAGS if path else _FLAGS | apsw.SQLITE_OPEN_URI,
                statementcachesize=512,
            )
            # Typed here: the stub's own types are not all known.
            self._execute: Callable[..., apsw.Cursor] = self._connection.execute  # pyright: ignore[reportUnknownMemberType]
            self._prepare(path)
        except apsw.Error as error:
            raise DatabaseError(f"cannot open the database {path}: {error}") from error

    def _prepare(self, path: str | None) -> None:
        # The write-ahead log: a commit survives the death of the process; losing power may cost the newest
        # commits but never the file's consistency. What is in memory only has nothing to survive.
        self._execute(f"PRAGMA journal_mode = {'MEMORY' if path is None else 'WAL'}")
        if path is None:
            # SQLite would let it have 1 GiB.
            limit = ctypes.c_int64(_NO_LIMIT)
            self._connection.file_control("main", apsw.SQLITE_FCNTL_SIZE_LIMIT, ctypes.addressof(limit))
            self._execute("PRAGMA locking_mode = EXCLUSIVE")  # nobody else can open it
        self._execute("PRAGMA synchronous = NORMAL")
        self._execute("PRAGMA busy_timeout = 5000")
        self._execute("PRAGMA temp_store = MEMORY")
        version = self.all("PRAGMA user_version")[0]["user_version"]
        if version == 0:
            script = resources.files("helmr_local.store").joinpath("schema.sql").read_text("utf-8")
            self._execute(f"BEGIN IMMEDIATE;{script};PRAGMA user_version = {SCHEMA_VERSION};COMMIT;")
        elif version != SCHEMA_VERSION:
            self._connection.close()
            raise DatabaseError(
                f"{path} was written by another version of helmr_local (schema {version}, this one has "
                f"{SCHEMA_VERSION}); use another file"
            )

    def close(self) -> None:
        self._connection.close()

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        """Run a write; the number of rows that it changed."""
        self._execute(statement, parameters)
        return self._connection.changes()

    def insert(self, table: str, values: dict[str, Any]) -> int:
        """Insert one row; its rowid. Names come from this package only, never from a request."""
        self._execute(_insertion(table, tuple(values)), tuple(values.values()))
        return self._connection.last_insert_rowid()

    def update(self, table: str, row_id: str, values: dict[str, Any]) -> None:
        """Update the row with this id."""
        self._execute(_change(table, tuple(values)), (*values.values(), row_id))

    def one(self, statement: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row, or None if there is none."""
        cursor = self._execute(statement, parameters)
        row = cursor.fetchone()
        return None if row is None else dict(zip(self._columns(statement, cursor), row, strict=True))

    def all(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """The rows that the statement gives."""
        cursor = self._execute(statement, parameters)
        first = cursor.fetchone()
        if first is None:
            return []
        names = self._columns(statement, cursor)
        return [dict(zip(names, row, strict=True)) for row in (first, *cursor)]

    def _columns(self, statement: str, cursor: apsw.Cursor) -> tuple[str, ...]:
        """The names of the columns, asked for once per statement; there must be a row to have them."""
        names = self._names.get(statement)
        if names is None:
            names = self._names[statement] = tuple(column[0] for column in cursor.get_description())
        return names

    @property
    def changes(self) -> tuple[int, int]:
        """Grows with each row that is changed and with each call that is to follow a commit."""
        return self._connection.total_changes(), len(self._after)

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing; an inner transaction is part of the outer one."""
        return self._transaction

    def _begin(self) -> None:
        if not self._depth:
            self._execute("BEGIN IMMEDIATE")
            self._owed_before = len(self._after)
        self._depth += 1

    def _commit(self) -> None:
        if self._depth == 1:
            try:
                self._execute("COMMIT")
            except apsw.Error:
                self._roll_back()
                raise
        self._depth -= 1
        if not self._depth:
            self._drain()

    def _roll_back(self) -> None:
        self._depth -= 1
        if self._depth:
            return
        if self._connection.in_transaction:  # a full disk has ended it already
            self._execute("ROLLBACK")
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
