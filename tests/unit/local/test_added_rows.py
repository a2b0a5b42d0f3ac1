"""Rows that are inserted together before the commit behave as if each had been inserted at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import apsw
import pytest

from helmr_local.clock import RealClock
from helmr_local.store import Database, Writes


@pytest.fixture
def db() -> Database:
    return Database()


def add(db: Database, name: str) -> str:
    db.add("server_settings", {"name": name, "value": b""})
    return name


def names(db: Database) -> list[str]:
    return [row["name"] for row in db.all("SELECT name FROM server_settings ORDER BY name")]


def at_once(db: Database, *works: Callable[[], Any]) -> list[Any]:
    """Submit all changes in one turn of the event loop and return their results and exceptions."""

    async def ask() -> list[Any]:
        writes = Writes(db, RealClock(), patience=0)
        return await asyncio.gather(*(writes.run(work) for work in works), return_exceptions=True)

    return asyncio.run(ask())


def test_statements_that_name_the_table_see_added_rows(db: Database) -> None:
    with db.transaction():
        add(db, "a")
        assert names(db) == ["a"]
        add(db, "b")
        assert db.one("SELECT 1 FROM server_settings WHERE name = 'b'") is not None
        add(db, "c")
        assert db.execute("DELETE FROM server_settings WHERE name = 'c'") == 1
        add(db, "d")
        db.replace("server_settings", {"name": "d", "value": b"new"})
    assert names(db) == ["a", "b", "d"]


def test_rows_are_inserted_table_by_table(db: Database) -> None:
    statements = list[str]()

    def note(cursor: object, statement: str, parameters: object) -> bool:
        statements.append(statement)
        return True

    with db.transaction():
        db._connection.exec_trace = note
        for number in range(2):
            add(db, f"row {number}")
            db.add("environments", {"id": f"{number}", "project_id": "p", "slug": f"{number}"})
    tables = [words[2] for words in map(str.split, statements) if words[0] == "INSERT"]
    assert tables == ["server_settings", "server_settings", "environments", "environments"]


def test_without_a_transaction_a_row_is_inserted_at_once(db: Database) -> None:
    add(db, "a")
    with pytest.raises(apsw.ConstraintError):
        add(db, "a")


def test_a_rollback_discards_added_rows(db: Database) -> None:
    with suppress(ZeroDivisionError), db.transaction():
        add(db, "a")
        raise ZeroDivisionError
    with db.transaction():
        add(db, "b")
    assert names(db) == ["b"]


@pytest.mark.parametrize("value", [b"", object()], ids=["a constraint", "a value"])
def test_a_row_that_the_database_refuses_undoes_the_transaction(db: Database, value: object) -> None:
    def refused() -> None:
        with db.transaction():
            add(db, "b")
            db.add("server_settings", {"name": "a", "value": value})

    add(db, "a")
    with pytest.raises((apsw.ConstraintError, TypeError)):
        refused()
    assert names(db) == ["a"]
    assert at_once(db, lambda: add(db, "c")) == ["c"]


def test_a_refused_row_fails_its_own_change_only(db: Database) -> None:
    add(db, "a")
    first, refused, last = at_once(db, lambda: add(db, "b"), lambda: add(db, "a"), lambda: add(db, "c"))
    assert (first, last) == ("b", "c")
    assert isinstance(refused, apsw.ConstraintError)
    assert names(db) == ["a", "b", "c"]


def test_a_change_that_reads_the_refused_row_of_another_does_not_fail(db: Database) -> None:
    add(db, "a")
    first, refused, read = at_once(db, lambda: add(db, "b"), lambda: add(db, "a"), lambda: names(db))
    assert (first, read) == ("b", ["a", "b"])
    assert isinstance(refused, apsw.ConstraintError)


def test_a_change_that_fails_after_reading_rows_of_another_is_left_out_alone(db: Database) -> None:
    made = list[str]()

    def refused() -> None:
        made.append("refused")
        assert names(db) == ["a"]
        raise ValueError("refused")

    first, error = at_once(db, lambda: made.append(add(db, "a")), refused)
    assert first is None
    assert isinstance(error, ValueError)
    assert made == ["a", "refused"]  # each once: the first change is not repeated
    assert names(db) == ["a"]


def test_the_number_of_changed_rows_grows_with_each_added_row_once(db: Database) -> None:
    numbers = [db.changes[0]]

    def note() -> None:
        numbers.append(db.changes[0])

    with db.transaction():
        add(db, "a")
        note()
        names(db)
        note()
        add(db, "b")
        note()
    note()
    add(db, "c")
    note()
    first = numbers[0]
    assert numbers == [first, first + 1, first + 1, first + 2, first + 2, first + 3]


def test_a_change_that_fails_after_adding_a_row_leaves_none(db: Database) -> None:
    def fails() -> None:
        add(db, "b")
        raise ValueError("refused")

    first, refused = at_once(db, lambda: add(db, "a"), fails)
    assert first == "a"
    assert isinstance(refused, ValueError)
    assert names(db) == ["a"]


def test_numbers_continue_after_those_in_the_table(db: Database) -> None:
    db.execute("CREATE TABLE numbered (no INTEGER PRIMARY KEY)")
    db.execute("INSERT INTO numbered VALUES (41)")
    with db.transaction():
        for _ in range(2):
            db.add("numbered", {"no": db.next_no("numbered")})
    assert [row["no"] for row in db.all("SELECT no FROM numbered ORDER BY no")] == [41, 42, 43]


def test_a_row_that_cannot_be_added_before_the_commit_is_added_in_another_transaction(
    db: Database, failing: Any
) -> None:
    with failing(db, "INSERT INTO server_settings", apsw.IOError("disk I/O error"), times=1) as failed:
        assert at_once(db, lambda: add(db, "a"), lambda: add(db, "b")) == ["a", "b"]
    assert len(failed) == 1
    assert names(db) == ["a", "b"]
