"""Runs one command, and kills it and everything that it has started as soon as the server has ended.

This is a separate program (`python -I -S supervisor.py FD`), because a process cannot act after its own `kill
-9`. FD is a socket to the server, which sends the command as a line of JSON. After that it sends single
letters: `t` asks the command to end, and `k` kills it. The end of the socket also kills it: however the
server dies, the operating system closes the server's side. The supervisor sends lines: `running PID` or
`failed MESSAGE`, then `exited CODE` or `signal NUMBER`. When the command has ended, the supervisor kills what
it left behind, and closes the socket when nothing is left. Standard input, output and error belong to the
command.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
from typing import Any, NoReturn

_LOOK = 1.0
"""Seconds between two checks that the server is still the parent: a fork of it could hold the socket open."""
_SUBREAPER, _DEATH_SIGNAL = 36, 1  # PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG
_IS_LINUX = sys.platform.startswith("linux")


def main() -> None:
    """Receive the command, run it, and stay until it and everything that it has started are gone."""
    server = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(server.fileno(), False)
    line = b""
    while not line.endswith(b"\n"):
        piece = server.recv(65_536)
        if not piece:
            return
        line += piece
    command = json.loads(line)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda signum, frame: None)
    if _IS_LINUX:
        _prctl(_SUBREAPER, 1)
    child = _start(command, server)
    if child is None:
        return
    _say(server, f"running {child}")
    status = _until_it_ends(server, woken, child, command)
    if status is not None:
        if os.WIFSIGNALED(status):
            _say(server, f"signal {os.WTERMSIG(status)}")
        else:
            _say(server, f"exited {os.WEXITSTATUS(status)}")
    _kill_all(child)


def _start(command: dict[str, Any], server: socket.socket) -> int | None:
    """Start the command in a new session; return its process id, or None after reporting an error to the
    server.
    """
    failed, failing = os.pipe()
    child = os.fork()
    if not child:
        _become(command, failing)
    os.close(failing)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):  # release them, so that they end when the command closes them
        os.dup2(nothing, descriptor)
    reason = b""
    while piece := os.read(failed, 4_096):
        reason += piece
    os.close(failed)
    if reason:
        os.waitpid(child, 0)
        _say(server, f"failed {reason.decode('utf-8', 'replace')}")
        return None
    return child


def _become(command: dict[str, Any], failing: int) -> NoReturn:
    """Replace the child process with the command."""
    what = "cannot start in its directory"
    try:
        os.setsid()
        if _IS_LINUX:
            _prctl(_DEATH_SIGNAL, signal.SIGKILL)
        for signum in signal.valid_signals():
            with contextlib.suppress(OSError, ValueError):  # some signals, such as SIGKILL, cannot be changed
                signal.signal(signum, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if command["terminal"]:
            import fcntl
            import termios

            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        os.chdir(command["cwd"])
        what = f"cannot run {command['argv'][0]!r}"
        os.execvpe(command["argv"][0], command["argv"], command["env"])  # noqa: S606  # what was asked for
    except BaseException as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        os.write(failing, f"{what}: {reason}".replace("\n", " ").encode("utf-8", "replace"))
    finally:
        os._exit(127)


def _until_it_ends(server: socket.socket, woken: int, child: int, command: dict[str, Any]) -> int | None:
    """Wait for the command's end and return its wait status; None if the server wants it killed or is
    gone.
    """
    while True:
        ready, _, _ = select.select([server.fileno(), woken], [], [], _LOOK)
        if woken in ready:
            os.read(woken, 4_096)
        if server.fileno() in ready:
            try:
                letters = server.recv(64)
            except OSError:
                letters = b""
            if not letters:
                return None
            if b"k" in letters:
                with contextlib.suppress(OSError):
                    os.killpg(child, signal.SIGKILL)
            elif b"t" in letters:
                _ask_to_end(child, command)
        if os.getppid() != command["server"]:
            return None
        while True:  # reap whatever has ended, including orphans that this process inherited
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return None
            if pid == child:
                return status
            if not pid:
                break


def _ask_to_end(child: int, command: dict[str, Any]) -> None:
    asking = (signal.SIGHUP, signal.SIGCONT) if command["terminal"] else (signal.SIGTERM, signal.SIGCONT)
    for signum in asking:  # a stopped process handles the signal only once it continues
        with contextlib.suppress(OSError):
            os.killpg(child, signum)


def _kill_all(child: int) -> None:
    """Kill what is left of the command and its descendants, and wait until they are gone."""
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    if not _IS_LINUX:
        for pid in _descendants(child):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
    while True:
        if _IS_LINUX:
            # A process that left the group became a child of this one when its parent ended, so none is
            # missed.
            for pid in _children():
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children() -> list[int]:
    """Return the processes whose parent is this one. Linux only."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]
    except FileNotFoundError:  # a kernel without this file
        return _with_parents({os.getpid()}, _all_by_proc())


def _all_by_proc() -> list[tuple[int, int, int]]:
    found: list[tuple[int, int, int]] = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with (
            contextlib.suppress(OSError),
            open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file,
        ):
            fields = file.read().rpartition(")")[2].split()
            found.append((int(name), int(fields[1]), int(fields[2])))
    return found


def _with_parents(parents: set[int], everyone: list[tuple[int, int, int]]) -> list[int]:
    return [pid for pid, parent, _ in everyone if parent in parents]


def _descendants(child: int) -> list[int]:
    """Return this process's descendants and the processes of the command's group, for systems without
    subreapers.
    """
    listing = os.popen("/bin/ps -axo pid=,ppid=,pgid=").read()  # pyright: ignore[reportDeprecated]  all that is needed here  # noqa: S605  # a constant
    everyone = [(int(a), int(b), int(c)) for a, b, c in map(str.split, listing.splitlines())]
    known = {child} | {pid for pid, _, group in everyone if group == child}
    while new := set(_with_parents(known, everyone)) - known:
        known |= new
    return sorted(known - {os.getpid()})


def _prctl(option: int, value: int) -> None:
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _say(server: socket.socket, line: str) -> None:
    with contextlib.suppress(OSError):
        server.sendall(line.encode("utf-8", "surrogateescape") + b"\n")


if __name__ == "__main__":
    main()
