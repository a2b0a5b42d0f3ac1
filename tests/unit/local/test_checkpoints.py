"""The write-ahead log is copied into the file on a separate thread, and never grows without bound."""

from __future__ import annotations

import threading
from collections.abc import Generator
from pathlib import Path

import apsw
import pytest

from helmr_local.store import Database, checkpoints

PAGE = 4096
SMALL, LARGE = 16, 64
"""Lengths of the log in pages, in place of the real ones."""


@pytest.fixture(autouse=True)
def _short_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "PAGES", SMALL)
    monkeypatch.setattr(checkpoints, "MOST_PAGES", LARGE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "helmr.db"


@pytest.fixture
def database(path: Path) -> Generator[Database]:
    database = Database(str(path))
    yield database
    database.close()


def commit(database: Database, number: int, pages: int = 2) -> None:
    with database.transaction():
        database.insert("server_settings", {"name": f"row {number}", "value": bytes(pages * PAGE)})


def wait_for_copy(database: Database) -> bool:
    """Wait for the copy in progress, and return whether there has been one."""
    assert database._checkpoints is not None
    thread = database._checkpoints._thread
    if thread is not None:
        thread.join()
    return thread is not None


def copied_rows(path: Path, tmp_path: Path) -> int:
    """Count the rows in the file itself, without its log."""
    alone = tmp_path / "alone.db"
    alone.write_bytes(path.read_bytes())
    connection = apsw.Connection(str(alone))
    try:
        return int(connection.execute("SELECT count(*) FROM server_settings WHERE name LIKE 'row %'").get)
    finally:
        connection.close()


def log_pages(path: Path) -> int:
    return path.with_name(path.name + "-wal").stat().st_size // PAGE


def test_a_long_log_is_copied_on_another_thread(database: Database, path: Path, tmp_path: Path) -> None:
    number = 0
    while not wait_for_copy(database):
        commit(database, number)
        number += 1
    assert number >= 1
    assert copied_rows(path, tmp_path) == number
    commit(database, number)
    assert log_pages(path) <= LARGE


def test_a_log_that_no_thread_copies_is_copied_by_a_commit(
    database: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fails)
    for number in range(10 * LARGE):
        commit(database, number)
    assert log_pages(path) <= 2 * LARGE


def test_a_failed_copy_is_repeated_by_a_later_commit(database: Database, path: Path, tmp_path: Path) -> None:
    other = apsw.Connection(str(path))
    other.execute("BEGIN; SELECT * FROM server_settings")  # the frames that follow cannot be copied
    number = 0
    while not wait_for_copy(database):
        commit(database, number)
        number += 1
    other.close()
    more = range(number, number + 2 * SMALL)
    for number in more:
        commit(database, number)
        wait_for_copy(database)
    assert copied_rows(path, tmp_path) > more.start


def test_closing_waits_for_the_copy_and_leaves_no_log(path: Path) -> None:
    database = Database(str(path))
    number = 0
    assert database._checkpoints is not None
    while database._checkpoints._thread is None:
        commit(database, number)
        number += 1
    database.close()
    assert not database._checkpoints._thread.is_alive()
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    again = Database(str(path))
    assert again.all("SELECT count(*) AS n FROM server_settings WHERE name LIKE 'row %'") == [{"n": number}]
    again.close()
