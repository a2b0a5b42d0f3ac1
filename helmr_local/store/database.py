"""One SQLite connection, used by the server's event-loop thread only.

A transaction ends before the response that acknowledges it is sent, so acknowledged changes to a file survive
the death of the process. Consequences of a change (waking followers, passing a run to the worker) happen
after the commit, in `after_commit` calls.
"""

from __future__ import annotations

import ctypes
import logging
import re
from collections import defaultdict, deque
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, TypeVar, overload

import apsw

from .. import machine
from . import files
from .checkpoints import Checkpoints
from .errors import UNAVAILABLE, DatabaseError, DatabaseReplacedError
from .rows import Row

logger = logging.getLogger("helmr_local")

R = TypeVar("R")
_RowsOfStatements = defaultdict[str, list[tuple[object, ...]]]

SCHEMA_VERSION = 7
"""The version of the schema as a whole. A file with another version is refused. A new table does not need a
new version.
"""

# An in-memory file of SQLite's memdb VFS. In ":memory:" no page is ever clean, so each commit walks through
# all pages of the database; here the cost of a commit stays constant.
IN_MEMORY = "file:helmr?vfs=memdb"
_NO_LIMIT = 2**46
# Only one thread uses the connection, so SQLite needs no locks.
_FLAGS = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_NOMUTEX


# The minimum time between two log lines about a busy or full database.
_SECONDS_BETWEEN_WARNINGS = 30.0
BUSY_SECONDS_AT_START = 5.0
_PROBE = 16_384  # bytes: more than the free space in existing pages
_WORD = re.compile(r"\w+")


@lru_cache(maxsize=256)
def _insertion(table: str, names: tuple[str, ...], verb: str = "INSERT") -> str:
    marks = ",".join("?" * len(names))
    return f"{verb} INTO {table} ({','.join(names)}) VALUES ({marks})"  # constants of this package


@lru_cache(maxsize=256)
def _change(table: str, names: tuple[str, ...]) -> str:
    changes = ", ".join(f"{name} = ?" for name in names)
    return f"UPDATE {table} SET {changes} WHERE id = ?"  # noqa: S608  # constants of this package


@lru_cache(maxsize=1024)
def _words(statement: str) -> frozenset[str]:
    """Return the words of a statement, among which are the tables that it names."""
    return frozenset(_WORD.findall(statement))


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
        schema: Additional tables, each created if it does not exist.

    Raises:
        DatabaseError: The file is not a database of this package, was written by another version, or cannot
            be opened.
    """

    def __init__(self, path: str | None = None, schema: str = "") -> None:
        self.trouble: Exception | None = None
        """The error of the last write, if none has succeeded since. While it is set, the database accepts no
        writes.
        """
        self._depth = 0
        self._after: deque[Callable[[], None]] = deque()
        self._undo: list[Callable[[], None]] = []
        self._draining = False
        self._owed_before = 0
        self._warned: float | None = None
        self._names: dict[str, tuple[str, ...]] = {}
        # The rows to insert, by table and statement.
        self._added = defaultdict[str, _RowsOfStatements](lambda: defaultdict(list))
        self._additions = 0
        self._inserted = 0  # added rows
        self._last_no: dict[str, int] = {}
        self._transaction = _Transaction(self._begin, self._commit, self._roll_back)
        self._files: files.OpenFiles | None = None
        self._checkpoints: Checkpoints | None = None
        if path is not None:
            path = files.absolute(path)
            files.check(path)
            files.keep_private(path)
        try:
            self._connection = apsw.Connection(
                path or IN_MEMORY,
                flags=_FLAGS if path else _FLAGS | apsw.SQLITE_OPEN_URI,
                statementcachesize=512,
            )
            # Typed here because the stub leaves some types unknown.
            self._execute: Callable[..., apsw.Cursor] = self._connection.execute  # pyright: ignore[reportUnknownMemberType]
            self._execute_many: Callable[..., apsw.Cursor] = self._connection.executemany  # pyright: ignore[reportUnknownMemberType]
            try:
                self._prepare(path, schema)
            except BaseException:
                if self._checkpoints is not None:
                    self._checkpoints.close()
                self._connection.close()
                raise
        except apsw.Error as error:
            raise DatabaseError(f"cannot open the database {path}: {error}") from error

    def _prepare(self, path: str | None, schema: str) -> None:
        self.wait_when_busy(BUSY_SECONDS_AT_START)
        # Keep query plans independent of the values. Otherwise each execution of a statement whose values
        # could influence the plan parses and plans it again: 10 to 30 µs instead of 1 to 3.
        self._connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        if path is None:
            self._execute("PRAGMA journal_mode = MEMORY")
            # SQLite's default limit is 1 GiB.
            limit = ctypes.c_int64(_NO_LIMIT)
            self._connection.file_control("main", apsw.SQLITE_FCNTL_SIZE_LIMIT, ctypes.addressof(limit))
            self._execute("PRAGMA locking_mode = EXCLUSIVE")  # nothing else can open it
        else:
            # Written before the write-ahead log exists, so that it is in the file itself from the start.
            if self.all("PRAGMA application_id")[0]["application_id"] == 0:
                self._execute(f"PRAGMA application_id = {files.APPLICATION_ID}")
            # With the write-ahead log, a commit survives the death of the process. A power failure may lose
            # the newest commits, but does not corrupt the file.
            self._execute("PRAGMA journal_mode = WAL")
            # With a cache large enough for the newest pages of all tables, a start takes a fifth less time.
            self._execute("PRAGMA cache_size = -16384")
        self._execute("PRAGMA synchronous = NORMAL")
        self._execute("PRAGMA temp_store = MEMORY")
        with self.transaction():  # if two processes open a new file at once, one creates the tables
            version = self.all("PRAGMA user_version")[0]["user_version"]
            if version not in (0, SCHEMA_VERSION):
                raise DatabaseError(
                    f"{path} was written by another version of helmr_local (schema {version}, this one has "
                    f"{SCHEMA_VERSION}); use another file"
                )
            own = resources.files("helmr_local.store").joinpath("schema.sql").read_text("utf-8")
            self._execute(f"{own};{schema};PRAGMA user_version = {SCHEMA_VERSION};")
        if path is not None:
            self._checkpoints = Checkpoints(self._connection, path)
            self._files = files.OpenFiles(path)

    def wait_when_busy(self, seconds: float) -> None:
        """Set the time that a statement blocks the thread while another process writes."""
        self._connection.set_busy_timeout(round(seconds * 1_000))

    def close(self) -> None:
        """Close the file. Later calls raise `apsw.ConnectionClosedError`."""
        if self._checkpoints is not None:
            self._checkpoints.close()
        if self.replaced:
            # SQLite removes the write-ahead log by name, and that name may now belong to another database.
            keep = ctypes.c_int(1)
            self._connection.file_control("main", apsw.SQLITE_FCNTL_PERSIST_WAL, ctypes.addressof(keep))
        self._connection.close()

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        """Execute a write; return the number of changed rows."""
        self._run(statement, parameters)
        return self._connection.changes()

    @contextmanager
    def erasing(self) -> Generator[None]:
        """Within the block, overwrite deleted or replaced data with zeros instead of only freeing it."""
        self._execute("PRAGMA secure_delete = ON")
        try:
            yield
        finally:
            self._execute("PRAGMA secure_delete = OFF")

    def insert(self, table: str, values: Mapping[str, object]) -> int:
        """Insert one row; return its rowid. Names come from this package only, never from a request."""
        self._run(_insertion(table, tuple(values)), tuple(values.values()))
        return self._connection.last_insert_rowid()

    def add(self, table: str, values: Mapping[str, object]) -> None:
        """Insert one row, but only before the commit or before the next statement that names the table.

        So the rows of all changes of a transaction are inserted table by table: the processor's cache holds
        the code and the pages of a table until all its rows are in, and the statement is looked up once. With
        16 starts in a transaction, this saves 6% of their processor time.
        """
        statement, row = _insertion(table, tuple(values)), tuple(values.values())
        if not self._depth:
            self._execute(statement, row)
            return
        self._additions += 1
        self._added[table][statement].append(row)

    def next_no(self, table: str) -> int:
        """Return the `no` of the next row to add; all rows of the table must get theirs here."""
        last = self._last_no.get(table)
        if last is None:
            highest = self.all(f"SELECT max(no) AS no FROM {table}")[0]["no"]  # noqa: S608  # a constant
            last = highest or 0
        self._last_no[table] = last + 1
        return last + 1

    def replace(self, table: str, values: Mapping[str, object]) -> None:
        """Insert one row, replacing any row with the same primary key."""
        self._run(_insertion(table, tuple(values), "INSERT OR REPLACE"), tuple(values.values()))

    def update(self, table: str, row_id: str, values: Mapping[str, object]) -> None:
        """Update the row with this id."""
        self._run(_change(table, tuple(values)), (*values.values(), row_id))

    def _run(self, statement: str, parameters: Sequence[Any]) -> apsw.Cursor:
        """Execute a statement, after inserting the added rows of the tables that it names."""
        if self._added:
            for table in _words(statement).intersection(self._added):
                self._insert_added(table)
        return self._execute(statement, parameters)

    def _insert_added(self, table: str) -> None:
        added = self._added.pop(table)
        self._additions += 1  # if this fails, the open transaction is incomplete
        for statement, rows in added.items():
            self._execute_many(statement, rows)
            self._inserted += len(rows)
        self._additions -= 1

    @overload
    def one(self, statement: str, parameters: Sequence[Any] = (), *, row: type[R]) -> R | None: ...
    @overload
    def one(self, statement: str, parameters: Sequence[Any] = ()) -> Row | None: ...
    def one(self, statement: str, parameters: Sequence[Any] = (), *, row: type[Any] = dict) -> Any:
        """Return the first row, or None if there is none.

        Args:
            row: The type of the row, a `TypedDict`.

        Raises:
            TypeError: The statement does not return all columns of that type.
        """
        cursor = self._run(statement, parameters)
        found = cursor.fetchone()
        if found is None:
            return None
        return dict(zip(self._columns(statement, cursor, row), found, strict=True))

    @overload
    def all(self, statement: str, parameters: Sequence[Any] = (), *, row: type[R]) -> list[R]: ...
    @overload
    def all(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]: ...
    def all(self, statement: str, parameters: Sequence[Any] = (), *, row: type[Any] = dict) -> list[Any]:
        """Return all rows of the statement; see `one`."""
        cursor = self._run(statement, parameters)
        first = cursor.fetchone()
        if first is None:
            return []
        names = self._columns(statement, cursor, row)
        return [dict(zip(names, found, strict=True)) for found in (first, *cursor)]

    def _columns(self, statement: str, cursor: apsw.Cursor, row: type[Any]) -> tuple[str, ...]:
        """Return the names of the columns, read once per statement; requires at least one row."""
        names = self._names.get(statement)
        if names is None:
            names = tuple(column[0] for column in cursor.get_description())
            declared: frozenset[str] = getattr(row, "__required_keys__", frozenset())
            if missing := declared.difference(names):
                raise TypeError(f"{row.__name__} has columns that are not selected: {sorted(missing)}")
            self._names[statement] = names
        return names

    @property
    def changes(self) -> tuple[int, int, int]:
        """The numbers of changed rows, of calls registered for a commit, and of calls registered for a
        rollback. An added row counts once, when it is added: a change that makes the database insert rows of
        other changes has not changed anything itself.
        """
        rows = self._connection.total_changes() - self._inserted + self._additions
        return rows, len(self._after), len(self._undo)

    def transaction(self) -> AbstractContextManager[None]:
        """Return a context manager for a transaction. An inner transaction joins the outer one.

        Raises:
            UNAVAILABLE: On entering or leaving the block, without waiting. Nothing has been changed in that
                case.
        """
        return self._transaction

    @property
    def replaced(self) -> bool:
        """True if the file has been deleted, moved or replaced, in which case reads are unreliable."""
        try:
            if self._files is not None:
                self._files.check()
        except DatabaseReplacedError:
            return True
        return False

    def probe(self) -> None:
        """Check that the database accepts writes; raise one of `UNAVAILABLE` if it does not."""
        with self.transaction():
            if self.trouble is not None:  # a full disk shows only when space is allocated
                self.insert("server_settings", {"name": "probe", "value": bytes(_PROBE)})
                self.execute("DELETE FROM server_settings WHERE name = 'probe'")

    def _begin(self) -> None:
        if not self._depth:
            try:
                if self._connection.in_transaction:  # an earlier rollback failed
                    self._execute("ROLLBACK")
                if self._files is not None:
                    self._files.check()
                self._execute("BEGIN IMMEDIATE")
            except UNAVAILABLE as error:
                self._fails(error)
                raise
            self._owed_before = len(self._after)
        self._depth += 1

    def _commit(self) -> None:
        if self._depth == 1:
            try:
                while self._added:
                    self._insert_added(next(iter(self._added)))
                self._execute("COMMIT")
            except Exception as error:
                self._roll_back(error)
                raise
            self._undo.clear()
            self.trouble = None
        self._depth -= 1
        if not self._depth:
            self._drain()

    def _roll_back(self, error: BaseException) -> None:
        self._depth -= 1
        if self._depth:
            return
        if isinstance(error, UNAVAILABLE):
            self._fails(error)
        self._added.clear()
        while len(self._after) > self._owed_before:
            self._after.pop()
        if self._connection.in_transaction:  # a full disk has already ended it
            try:
                self._execute("ROLLBACK")
            except apsw.Error as also:
                logger.warning("a transaction could not be rolled back yet: %s", also)
        while self._undo:
            self._undo.pop()()

    def _fails(self, error: Exception) -> None:
        if isinstance(error, apsw.ConnectionClosedError):  # the server is stopping
            return
        self.trouble = error
        now = machine.monotonic()
        if self._warned is None or now - self._warned > _SECONDS_BETWEEN_WARNINGS:
            self._warned = now
            logger.warning(
                "the database accepts no writes at the moment: %s; changes to be recorded are kept", error
            )

    def undo(self, call: Callable[[], None]) -> None:
        """Register a call to make if the open transaction is rolled back, to revert changes in memory. Calls
        are made in reverse order.
        """
        self._undo.append(call)

    def after_commit(self, call: Callable[[], None]) -> None:
        """Register a call to make after the commit. If no transaction is open, it is made now."""
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
                except Exception:  # the change is committed, and the remaining calls must still run
                    logger.exception("a call after the commit failed")
        finally:
            self._draining = False
