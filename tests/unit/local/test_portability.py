"""What differs between Linux, macOS and Windows, with the other system's part simulated."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from helmr_local import cli, shell
from helmr_local.server import claim_port
from helmr_local.store import DatabaseError, files
from helmr_local.store.locking import ByteLock, Flock, Locking, system_locking

# --- ports -----------------------------------------------------------------------------------------


class Options:
    """A socket that remembers its options."""

    def __init__(self) -> None:
        self.set: list[tuple[int, int, int]] = []

    def setsockopt(self, level: int, option: int, value: int) -> None:
        self.set.append((level, option, value))


def claimed() -> list[tuple[int, int, int]]:
    options: Any = Options()
    claim_port(options)
    found: list[tuple[int, int, int]] = options.set
    return found


def test_on_windows_no_second_server_may_share_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", -5, raising=False)
    assert claimed() == [(socket.SOL_SOCKET, -5, 1)]


def test_elsewhere_a_restarted_server_gets_its_port_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "SO_EXCLUSIVEADDRUSE", raising=False)
    assert claimed() == [(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)]


def test_two_servers_cannot_have_one_port() -> None:
    with socket.socket() as first, socket.socket() as second:
        for one in (first, second):
            claim_port(one)
        first.bind(("127.0.0.1", 0))
        first.listen()
        with pytest.raises(OSError, match=r"in use|WinError 10013"):
            second.bind(first.getsockname())


# --- locks -----------------------------------------------------------------------------------------


class Msvcrt:
    """The locks of Windows: by file and byte, and they block other handles of the same process too."""

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
def test_one_server_at_a_time_has_the_database(
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
def test_a_file_that_cannot_be_locked_is_not_taken_for_one_that_is_in_use(
    failure: OSError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(handle: int, operation: int) -> None:
        raise failure

    monkeypatch.setattr(
        files, "system_locking", lambda: Flock(SimpleNamespace(flock=flock, LOCK_EX=2, LOCK_NB=4))
    )
    with pytest.raises(DatabaseError, match=f"cannot lock the database .*: {failure.strerror}"):
        files.FileLock(str(tmp_path / "state.db")).acquire()


def test_without_fcntl_the_locks_are_those_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", Msvcrt())
    assert isinstance(system_locking(), ByteLock)


# --- commands --------------------------------------------------------------------------------------


def test_on_windows_a_command_is_found_as_a_shell_finds_it(monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_a_reader_that_went_away_is_recognised(error: OSError, system: str, broken: bool) -> None:
    assert cli.is_broken_pipe(error, system) is broken


# --- without what POSIX has ------------------------------------------------------------------------

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


def test_client_and_server_work_without_the_parts_of_python_that_windows_lacks(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX, str(tmp_path / "state.db")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("hello you\n", "")


# --- shells ----------------------------------------------------------------------------------------


def test_on_windows_variables_are_set_as_in_powershell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert (
        shell.assignment("HELMR_API_URL", "http://127.0.0.1:7") == "$env:HELMR_API_URL = 'http://127.0.0.1:7'"
    )
    file = str(tmp_path / "it's a key")
    quoted = file.replace("'", "''")
    assert shell.assignment_from_file("KEY", file) == f"$env:KEY = (Get-Content -Raw '{quoted}').Trim()"


def test_elsewhere_a_shell_reads_the_variables_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "it's a key"
    file.write_text("of the file\n", encoding="utf-8")
    lines = [shell.assignment("A", "it's; $HOME"), shell.assignment_from_file("B", str(file))]
    done = subprocess.run(
        ["sh", "-c", "\n".join([*lines, 'echo "$A|$B"'])], check=True, stdout=subprocess.PIPE, text=True
    )
    assert done.stdout == "it's; $HOME|of the file\n"
