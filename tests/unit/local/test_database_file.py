"""The files that the server opens, their permissions, and how it detects that one was deleted."""

from __future__ import annotations

import logging
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from helmr_local.store import Database, DatabaseError, DatabaseReplacedError
from helmr_local.store.database import SCHEMA_VERSION
from helmr_local.store.files import APPLICATION_ID, FileLock

WIDE = 0o666


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def changed(path: Path) -> tuple[bytes, int, list[str]]:
    """Return a snapshot that any write to the file or its directory changes."""
    return path.read_bytes(), path.stat().st_mtime_ns, sorted(file.name for file in path.parent.iterdir())


def add(database: Database, name: str) -> None:
    with database.transaction():
        database.insert("server_settings", {"name": name, "value": b""})


def foreign(path: Path, *, version: int, wal: bool) -> None:
    """Create a database of another program."""
    connection = apsw.Connection(str(path))
    connection.execute(f"PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}")
    connection.execute(f"CREATE TABLE server_settings (a); PRAGMA user_version = {version}")
    connection.close()


# Rejected files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("wal", [False, True])
@pytest.mark.parametrize("version", [0, *range(1, SCHEMA_VERSION + 1), 99])
def test_a_database_of_another_program_is_left_unchanged(tmp_path: Path, version: int, wal: bool) -> None:
    path = tmp_path / "other.db"
    foreign(path, version=version, wal=wal)
    before = changed(path)
    with pytest.raises(DatabaseError, match="the SQLite database of another program"):
        Database(str(path))
    assert changed(path) == before


@pytest.mark.parametrize("content", [b"x", b"no database" * 100, b"SQLite format 3\0", b"\1" * 5000])
def test_a_file_that_is_not_a_database_is_left_unchanged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    before = changed(path)
    with pytest.raises(DatabaseError, match="it is not a SQLite database"):
        Database(str(path))
    assert changed(path) == before


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Path.mkdir, "it is a directory"),
        (make_pipe, "it is not a regular file"),
        (make_socket, "cannot open the database"),
        (lambda path: path.symlink_to("/dev/null"), "it is not a regular file"),
        (lambda path: path.symlink_to(path), "cannot open the database"),
    ],
    ids=["directory", "pipe", "socket", "device", "loop"],
)
def test_a_path_that_is_not_a_regular_file_is_rejected(
    tmp_path: Path, make: Callable[[Path], None], reason: str
) -> None:
    make(tmp_path / "it")
    with pytest.raises(DatabaseError, match=reason):
        Database(str(tmp_path / "it"))


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("missing/x.db", "No such file or directory"),
        ("", "it is a directory"),
        (":memory:", "omit the database to keep the state in memory"),
        ("a\0b", "a path cannot contain NUL"),
    ],
)
def test_an_invalid_path_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatabaseError, match=reason):
        Database(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs another user")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_read_only_file_or_directory_is_rejected(tmp_path: Path, what: str) -> None:
    Database(str(tmp_path / "x.db")).close()
    for path in (tmp_path, *tmp_path.parents):
        path.chmod(path.stat().st_mode | 0o755)
    (tmp_path / "x.db").chmod(0o444)
    before = changed(tmp_path / "x.db")
    os.seteuid(65534)
    try:
        with pytest.raises(DatabaseError, match="Permission denied"):
            Database(str(tmp_path / ("x.db" if what == "file" else "new.db")))
    finally:
        os.seteuid(0)
    assert changed(tmp_path / "x.db") == before


@pytest.mark.parametrize("version", [*range(1, SCHEMA_VERSION), SCHEMA_VERSION + 1, 99])
def test_a_file_of_another_version_is_rejected(tmp_path: Path, version: int) -> None:
    path = str(tmp_path / "helmr.db")
    Database(path).close()
    other = apsw.Connection(path)
    other.execute(f"PRAGMA user_version = {version}")
    other.close()
    with pytest.raises(DatabaseError, match="another version"):
        Database(path)


def test_a_damaged_database_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "helmr.db"
    Database(str(path)).close()
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    with pytest.raises(DatabaseError, match="cannot open the database"):
        Database(str(path))


# Accepted files -----------------------------------------------------------------------------------------


def test_a_new_file_has_the_application_id_in_its_first_page(tmp_path: Path) -> None:
    path = tmp_path / "helmr.db"
    database = Database(str(path))
    add(database, "in the write-ahead log")
    assert int.from_bytes(path.read_bytes()[68:72], "big") == APPLICATION_ID
    database.close()
    again = Database(str(path))
    assert [row["name"] for row in again.all("SELECT name FROM server_settings")] == [
        "in the write-ahead log"
    ]
    again.close()


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    path = tmp_path / "helmr.db"
    path.touch(mode=0o600)
    Database(str(path)).close()
    Database(str(path)).close()


def test_a_file_whose_creation_was_interrupted_is_recreated(tmp_path: Path) -> None:
    path = tmp_path / "helmr.db"
    connection = apsw.Connection(str(path))
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.close()
    database = Database(str(path))
    add(database, "made")
    database.close()


def test_two_servers_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    one, other = Database(str(tmp_path / "helmr.db")), Database(str(tmp_path / "helmr.db"))
    add(one, "one")
    add(other, "other")
    assert len(one.all("SELECT name FROM server_settings")) == 2
    one.close()
    other.close()


def test_a_link_is_resolved_to_its_target(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "helmr.db")
    database = Database(str(tmp_path / "link.db"))
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "helmr.db",
        "helmr.db-shm",
        "helmr.db-wal",
        "link.db",
    ]
    database.close()


# Permissions --------------------------------------------------------------------------------------------


def test_new_files_are_readable_only_by_their_owner(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        database, lock = Database(str(tmp_path / "helmr.db")), FileLock(str(tmp_path / "helmr.db"))
        assert lock.acquire()
        assert {file.name: mode(file) for file in tmp_path.iterdir()} == dict.fromkeys(
            ["helmr.db", "helmr.db-wal", "helmr.db-shm", "helmr.db.lock"], 0o600
        )
    finally:
        os.umask(before)
    lock.release()
    database.close()


def test_a_file_that_others_can_read_is_made_private_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "helmr.db"
    first = Database(str(path))
    add(first, "x")
    for file in tmp_path.iterdir():
        file.chmod(WIDE)
    with caplog.at_level(logging.WARNING, "helmr_local"):
        second = Database(str(path))
    assert {mode(file) for file in tmp_path.iterdir()} == {0o600}
    assert f"{path} had the permissions 0666" in caplog.text
    second.close()
    first.close()


def test_a_file_that_cannot_be_made_private_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "helmr.db"
    Database(str(path)).close()
    path.chmod(WIDE)

    def refuse(handle: int, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchmod", refuse)
    with pytest.raises(DatabaseError, match="others can read the database"):
        Database(str(path))


def test_a_planted_lock_file_is_rejected(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    (tmp_path / "helmr.db.lock").symlink_to(victim)
    with pytest.raises(DatabaseError, match="cannot open the database"):
        FileLock(str(tmp_path / "helmr.db")).acquire()
    assert not victim.exists()


def test_a_lock_can_be_released_although_a_child_inherited_it(tmp_path: Path) -> None:
    one, other = FileLock(str(tmp_path / "helmr.db")), FileLock(str(tmp_path / "helmr.db"))
    assert one.acquire()
    assert not other.acquire()
    assert one._handle is not None
    inherited = os.dup(one._handle)  # as fork does
    one.release()
    one.release()
    assert other.acquire()
    other.release()
    os.close(inherited)


def test_a_child_does_not_release_its_parents_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parent, other = FileLock(str(tmp_path / "helmr.db")), FileLock(str(tmp_path / "helmr.db"))
    assert parent.acquire()
    assert parent._handle is not None
    kept = os.dup(parent._handle)  # the parent's own descriptor, which the child cannot close
    with monkeypatch.context() as in_child:
        in_child.setattr(os, "getpid", lambda: -1)
        parent.release()
    assert not other.acquire()
    os.close(kept)


# Deleted and replaced files -----------------------------------------------------------------------------


def delete(path: Path) -> None:
    path.unlink()


def replace(path: Path) -> None:
    for file in list(path.parent.iterdir()):
        file.rename(file.with_name("moved-" + file.name))
    Database(str(path)).close()


def delete_log(path: Path) -> None:
    path.with_name(path.name + "-wal").unlink()


@pytest.mark.parametrize("happens", [delete, replace, delete_log])
def test_a_deleted_or_replaced_file_rejects_writes(tmp_path: Path, happens: Callable[[Path], None]) -> None:
    path = tmp_path / "helmr.db"
    database = Database(str(path))
    add(database, "before")
    happens(path)
    with pytest.raises(DatabaseReplacedError, match="was deleted, moved or replaced"):
        add(database, "after")
    assert isinstance(database.trouble, DatabaseReplacedError)
    assert [row["name"] for row in database.all("SELECT name FROM server_settings")] == ["before"]
    database.close()


def test_a_restored_file_accepts_writes_again(tmp_path: Path) -> None:
    path = tmp_path / "helmr.db"
    database = Database(str(path))
    path.rename(tmp_path / "elsewhere")
    with pytest.raises(DatabaseReplacedError):
        add(database, "lost")
    (tmp_path / "elsewhere").rename(path)
    add(database, "kept")
    assert database.trouble is None
    database.close()


def test_closing_does_not_touch_the_log_of_a_new_database(tmp_path: Path) -> None:
    path = tmp_path / "helmr.db"
    old = Database(str(path))
    add(old, "old")
    for file in list(tmp_path.iterdir()):
        file.unlink()
    new = Database(str(path))
    add(new, "new")
    old.close()
    assert [row["name"] for row in new.all("SELECT name FROM server_settings")] == ["new"]
    add(new, "newer")
    another = Database(str(path))
    assert len(another.all("SELECT name FROM server_settings")) == 2
    another.close()
    new.close()
