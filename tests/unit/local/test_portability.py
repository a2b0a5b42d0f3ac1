"""Differences between Linux, macOS and Windows, with the other systems simulated."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from helmr_local import cli, shell
from helmr_local.archives import ArchiveError
from helmr_local.engine.workspaces import WorkspaceDirectories
from helmr_local.resources import workspaces
from helmr_local.server import claim_port
from helmr_local.store import DatabaseError, DataDirectory, data, files
from helmr_local.store.locking import ByteLock, Flock, Locking, system_locking

# --- ports -----------------------------------------------------------------------------------------


class Options:
    """A socket that records its options."""

    def __init__(self) -> None:
        self.set: list[tuple[int, int, int]] = []

    def setsockopt(self, level: int, option: int, value: int) -> None:
        self.set.append((level, option, value))


def claimed() -> list[tuple[int, int, int]]:
    options: Any = Options()
    claim_port(options)
    found: list[tuple[int, int, int]] = options.set
    return found


def test_on_windows_the_port_is_claimed_exclusively(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", -5, raising=False)
    assert claimed() == [(socket.SOL_SOCKET, -5, 1)]


def test_on_posix_a_restarted_server_can_reuse_its_port_immediately(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "SO_EXCLUSIVEADDRUSE", raising=False)
    assert claimed() == [(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)]


def test_two_servers_cannot_share_a_port() -> None:
    with socket.socket() as first, socket.socket() as second:
        for one in (first, second):
            claim_port(one)
        first.bind(("127.0.0.1", 0))
        first.listen()
        with pytest.raises(OSError, match=r"in use|WinError 10013"):
            second.bind(first.getsockname())


# --- locks -----------------------------------------------------------------------------------------


class Msvcrt:
    """Windows byte-range locks, which also block other handles of the same process."""

    LK_NBLCK, LK_UNLCK = 2, 0

    def __init__(self) -> None:
        self.locked: dict[tuple[int, int], int] = {}

    def locking(self, handle: int, mode: int, size: int) -> None:
        assert size == 1
        byte = os.stat(handle).st_ino, os.lseek(handle, 0, os.SEEK_CUR)
        if mode == self.LK_UNLCK:
            assert self.locked.pop(byte) == handle
        elif byte in self.locked:
            raise PermissionError(errno.EACCES, "Permission denied")
        else:
            self.locked[byte] = handle


def lockings() -> list[Locking]:
    return [system_locking(), ByteLock(Msvcrt())]


@pytest.mark.parametrize("locking", lockings(), ids=lambda one: type(one).__name__)
def test_only_one_server_at_a_time_can_lock_the_database(
    locking: Locking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "system_locking", lambda: locking)
    path = str(tmp_path / "state.db")
    first, second = files.FileLock(path), files.FileLock(path)
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    assert not first.acquire()
    second.release()
    second.release()  # harmless


@pytest.mark.parametrize(
    "failure", [OSError(errno.ENOLCK, "No locks available"), OSError(errno.EIO, "I/O error")]
)
def test_a_lock_failure_is_not_reported_as_a_database_in_use(
    failure: OSError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(handle: int, operation: int) -> None:
        raise failure

    monkeypatch.setattr(
        files, "system_locking", lambda: Flock(SimpleNamespace(flock=flock, LOCK_EX=2, LOCK_NB=4))
    )
    with pytest.raises(DatabaseError, match=f"cannot lock the database .*: {failure.strerror}"):
        files.FileLock(str(tmp_path / "state.db")).acquire()


def test_without_fcntl_windows_locks_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", Msvcrt())
    assert isinstance(system_locking(), ByteLock)


# --- commands --------------------------------------------------------------------------------------


def test_on_windows_a_command_is_resolved_like_in_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", {"npm": r"C:\\node\\npm.cmd"}.get)
    assert cli.startable(["npm", "test"], "nt") == [r"C:\\node\\npm.cmd", "test"]
    assert cli.startable(["absent"], "nt") == ["absent"]
    assert cli.startable(["npm", "test"], "posix") == ["npm", "test"]


@pytest.mark.parametrize(
    ("error", "system", "broken"),
    [
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), "posix", True),
        (OSError(errno.EINVAL, "Invalid argument"), "nt", True),
        (OSError(errno.EINVAL, "Invalid argument"), "posix", False),
        (OSError(errno.ENOSPC, "No space left on device"), "nt", False),
    ],
)
def test_a_broken_pipe_is_recognised(error: OSError, system: str, broken: bool) -> None:
    assert cli.is_broken_pipe(error, system) is broken


# --- without POSIX modules -------------------------------------------------------------------------

WITHOUT_POSIX = """
import asyncio, concurrent.futures, os, signal, subprocess, sys, tempfile  # see the system
for module in ("fcntl", "resource", "pwd", "grp", "termios", "pty", "tty"):
    sys.modules[module] = None
for name in ("fork", "register_at_fork", "fchmod", "killpg", "setsid", "getuid"):
    delattr(os, name)
for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK"):
    delattr(os, name)
for name in ("SIGHUP", "SIGKILL", "SIGALRM", "SIGUSR1", "SIGPIPE"):
    delattr(signal, name)
class Msvcrt:
    LK_NBLCK, LK_UNLCK = 2, 0
    def locking(self, handle, mode, size): pass
sys.modules["msvcrt"] = Msvcrt()
from helmr import InputStream, task
import helmr_contract.cli, helmr_local.cli
from helmr_local import LocalHelmr, implement
greet = task("greet", payload=str, output=str)
@implement(greet)
def run(ctx):
    return f"hello {ctx.payload}"
with LocalHelmr(tasks=[run], database=sys.argv[1]) as helmr, helmr.client() as client:
    print(client.sessions.start_and_wait(greet, "you", timeout_seconds=20).run.output_or_raise())
"""


def test_client_and_server_work_without_posix_only_modules(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX, str(tmp_path / "state.db")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("hello you\n", "")


# --- shells ----------------------------------------------------------------------------------------


def test_on_windows_assignments_use_powershell_syntax(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert (
        shell.assignment("HELMR_API_URL", "http://127.0.0.1:7") == "$env:HELMR_API_URL = 'http://127.0.0.1:7'"
    )
    file = str(tmp_path / "it's a key")
    quoted = file.replace("'", "''")
    assert shell.assignment_from_file("KEY", file) == f"$env:KEY = (Get-Content -Raw '{quoted}').Trim()"


def test_a_posix_shell_reads_the_assignments_correctly(tmp_path: Path) -> None:
    file = tmp_path / "it's a key"
    file.write_text("of the file\n", encoding="utf-8")
    lines = [shell.assignment("A", "it's; $HOME"), shell.assignment_from_file("B", str(file))]
    done = subprocess.run(
        ["sh", "-c", "\n".join([*lines, 'echo "$A|$B"'])], check=True, stdout=subprocess.PIPE, text=True
    )
    assert done.stdout == "it's; $HOME|of the file\n"


# --- open files ------------------------------------------------------------------------------------


def in_use() -> PermissionError:
    """Return the error for renaming an open file, or a directory that contains one, on Windows."""
    error = PermissionError(errno.EACCES, "The process cannot access the file")
    error.winerror = 32  # type: ignore[attr-defined, unused-ignore]  # only Windows has it
    return error


@dataclass
class Held:
    """Makes `times` renames fail, as on Windows while a virus scanner reads a new file."""

    times: int = 0

    def refuse(self) -> None:
        if self.times:
            self.times -= 1
            raise in_use()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    held, rename, replace = Held(), Path.rename, Path.replace

    def renames(path: Path, target: Path) -> Path:
        held.refuse()
        return rename(path, target)

    def replaces(path: Path, target: Path) -> Path:
        held.refuse()
        return replace(path, target)

    monkeypatch.setattr(Path, "rename", renames)
    monkeypatch.setattr(Path, "replace", replaces)
    monkeypatch.setattr(data, "_PATIENCE", 0.2)
    monkeypatch.setattr(data, "_PAUSE", 0.001)
    return held


@pytest.fixture
def directories(tmp_path: Path) -> WorkspaceDirectories:
    return WorkspaceDirectories(DataDirectory(str(tmp_path / "state.db")))


def stored(directories: WorkspaceDirectories) -> str:
    """Store an archive of one file and return its digest."""
    (directories.make_empty("first") / "notes.txt").write_text("notes", encoding="utf-8")
    return directories.store("first").digest


def test_creating_a_directory_retries_while_a_file_in_it_is_open(
    directories: WorkspaceDirectories, held: Held
) -> None:
    digest = stored(directories)
    held.times = 3
    assert (directories.make("second", digest) / "notes.txt").read_text(encoding="utf-8") == "notes"


def test_a_directory_that_cannot_be_created_is_an_error_and_leaves_nothing(
    directories: WorkspaceDirectories, held: Held
) -> None:
    digest = stored(directories)
    held.times = 10_000
    with pytest.raises(ArchiveError, match="the directory cannot be made: The process cannot access"):
        directories.make("second", digest)
    held.times = 0
    assert not directories.is_there("second")
    directories.make("second", digest)


def test_another_permission_error_is_not_retried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[Path] = []

    def refuses(path: Path, target: Path) -> Path:
        attempts.append(path)
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuses)
    with pytest.raises(PermissionError):
        data.move(tmp_path / "a", tmp_path / "b")
    assert len(attempts) == 1


def test_an_archive_in_use_is_kept(directories: WorkspaceDirectories, held: Held) -> None:
    digest = stored(directories)
    held.times = 10_000
    assert directories.store("first").digest == digest
    held.times = 0
    assert list(directories.index(digest).entries) == ["notes.txt"]


def test_an_archive_that_cannot_be_renamed_is_an_error(directories: WorkspaceDirectories, held: Held) -> None:
    held.times = 10_000
    with pytest.raises(ArchiveError, match="the archive cannot be written: The process cannot access"):
        stored(directories)


def test_a_directory_in_use_does_not_prevent_a_start(
    directories: WorkspaceDirectories, held: Held, caplog: pytest.LogCaptureFixture
) -> None:
    stored(directories)
    directories.make_empty("second")
    held.times = 1
    directories.give_up(())()
    assert "cannot be removed: The process cannot access the file" in caplog.text
    assert [directories.is_there(name) for name in ("first", "second")].count(True) == 1


@pytest.mark.parametrize(("times", "stays"), [(2, False), (10_000, True)])
def test_the_directory_of_a_stopped_workspace_is_removed_unless_it_stays_in_use(
    bench: Any,
    in_loop: Any,
    held: Held,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    times: int,
    stays: bool,
) -> None:
    monkeypatch.setattr(workspaces, "_PAUSES", (0.0, 0.0, 0.0))

    async def scenario() -> None:
        async with bench() as b:
            resource = b.plane.resource(workspaces.Workspaces)
            resource.directories.make_empty("one")
            held.times = times
            await resource._remove_directory("one")
            held.times = 0
            assert resource.directories.is_there("one") is stays
            assert ("cannot be removed: The process cannot access the file" in caplog.text) is stays

    in_loop(scenario)


def test_a_remounted_workspace_keeps_its_directory(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench() as b:
            resource = b.plane.resource(workspaces.Workspaces)
            resource.directories.make_empty("one")
            mount = {"id": "m", "workspace_id": "one", "base_version_id": "v", "state": "mounted"}
            b.db.insert("workspace_mounts", {**mount, "created_at": 1, "updated_at": 1})
            await resource._remove_directory("one")
            assert resource.directories.is_there("one")

    in_loop(scenario)


def test_on_windows_a_directory_with_read_only_files_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = os.unlink

    def refuses_read_only_files(path: Any, *, dir_fd: int | None = None) -> None:
        if not os.stat(path, dir_fd=dir_fd).st_mode & stat.S_IWRITE:
            raise in_use()
        unlink(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", refuses_read_only_files)
    monkeypatch.setattr(data, "_WINDOWS", True)
    below = tmp_path / "workspace" / "below"
    below.mkdir(parents=True)
    (below / "object").write_bytes(b"of a git repository")
    (below / "object").chmod(0o444)
    data.remove_tree(tmp_path / "workspace")
    assert not (tmp_path / "workspace").exists()
