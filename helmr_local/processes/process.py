"""A command with its pipes or its own terminal, run by a supervisor."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals

from .pipes import OutputHandler, Pipe

_SUPERVISOR = str(Path(__file__).with_name("supervisor.py"))
_STRAGGLERS = 2.0
"""Seconds without output after which a command that has ended is expected to write nothing more. On Linux,
its output simply ends, because no process that could write is left.
"""

is_supported = os.name == "posix"
"""True if this system has process groups, terminals and everything else that is needed."""


class StartError(Exception):
    """The command could not be started."""


@dataclass(frozen=True)
class Command:
    """A command to run.

    Args:
        argv: The program, looked up in the `PATH` of `env`, and its arguments.
        cwd: The working directory.
        env: Its complete environment.
        size: Columns and rows of its terminal; None for pipes.
    """

    argv: Sequence[str]
    cwd: str
    env: Mapping[str, str] = field(repr=False)
    size: tuple[int, int] | None = None


@dataclass(frozen=True)
class ProcessExit:
    """The end of a command: an exit code, a signal, or neither if that is unknown."""

    exit_code: int | None = None
    signal: str | None = None


class Process:
    """A running command. Call all methods on the thread of the event loop that `start` was called on."""

    def __init__(self, control: socket.socket, supervisor: subprocess.Popen[bytes]) -> None:
        self._control = control
        self._supervisor = supervisor
        self._lines = bytearray()
        self._input: Pipe | None = None
        self._outputs: list[Pipe] = []
        self._pumps: list[asyncio.Task[None]] = []
        self._terminal: int | None = None
        self.pid = 0

    @classmethod
    async def start(cls, command: Command, sinks: Mapping[str, OutputHandler]) -> Process:
        """Start a command.

        Args:
            sinks: Receive `stdout` and `stderr`, or `output` of a command with a terminal.

        Raises:
            StartError: It could not be started; the message says why.
        """
        ends = _Ends.of(command)
        try:
            ours, theirs = socket.socketpair()
            ours.setblocking(False)
            # This is not a task, because closing the event loop would cancel it.
            starting = asyncio.get_running_loop().run_in_executor(None, _supervise, theirs, ends)
            try:
                supervisor = await asyncio.shield(starting)
            except asyncio.CancelledError:
                ours.close()  # closing this ends the supervisor
                await _settled(starting)  # until then, the thread uses the descriptors that are closed below
                if starting.exception() is None:
                    await asyncio.shield(asyncio.to_thread(starting.result().wait))
                raise
            except BaseException:
                ours.close()
                raise
            finally:
                theirs.close()
        except OSError as error:
            ends.close()
            raise StartError(f"cannot start a process: {error.strerror}") from error
        except BaseException:
            ends.close()
            raise
        process = cls(ours, supervisor)
        try:
            await process._begin(command, ends, sinks)
        except BaseException:
            ends.close()
            await process.close()
            raise
        return process

    async def _begin(self, command: Command, ends: _Ends, sinks: Mapping[str, OutputHandler]) -> None:
        sent = {
            "argv": list(command.argv),
            "cwd": command.cwd,
            "env": dict(command.env),
            "terminal": command.size is not None,
            "server": os.getpid(),
        }
        with contextlib.suppress(OSError):  # the supervisor has died, so the next line is empty
            await asyncio.get_running_loop().sock_sendall(self._control, json.dumps(sent).encode() + b"\n")
        word, _, rest = (await self._line()).partition(" ")
        if word != "running":
            raise StartError(rest or "its supervisor died")
        self.pid = int(rest)
        self._input, self._terminal = ends.take_input()
        for name, pipe in ends.take_outputs().items():
            self._outputs.append(pipe)
            pump = asyncio.create_task(pipe.pump(sinks[name]))
            pump.add_done_callback(self._check)
            self._pumps.append(pump)

    def _check(self, pump: asyncio.Task[None]) -> None:
        if not pump.cancelled() and pump.exception() is not None:
            self.kill()  # its output can no longer be passed on

    async def ending(self) -> ProcessExit:
        """Wait until the command and its descendants have ended and all output has been passed on."""
        try:
            word, _, rest = (await self._line()).partition(" ")
            await self._line()  # until the supervisor has exited
            await self._until_taken()
            results = await asyncio.gather(*self._pumps, return_exceptions=True)
        finally:
            await self.close()
        for result in results:
            if isinstance(result, Exception):
                raise result
        if word == "exited":
            return ProcessExit(exit_code=int(rest))
        return ProcessExit(signal=_signal_name(int(rest))) if word == "signal" else ProcessExit()

    async def _until_taken(self) -> None:
        """Wait until all output has been passed on, but not for processes that may write more later."""
        late = set(self._pumps)
        while late:
            _, late = await asyncio.wait(late, timeout=_STRAGGLERS)
            for pipe in self._outputs:
                if late and pipe.is_idle:
                    pipe.close()

    async def write(self, data: bytes) -> None:
        """Write to the command's input, and wait until it reads. Input that it never reads is dropped."""
        with contextlib.suppress(OSError):
            if self._input is not None:
                await self._input.write(data)

    def close_input(self) -> None:
        """Close the command's stdin. A PTY stays open, because its input cannot be closed separately."""
        if self._input is not None and self._terminal is None:
            self._input.close()
            self._input = None

    def resize(self, cols: int, rows: int) -> None:
        """Resize its terminal and notify the programs in it."""
        if self._terminal is not None:
            _set_size(self._terminal, cols, rows)

    def terminate(self) -> None:
        """Ask the command to exit, with SIGTERM, or with SIGHUP if it has a terminal."""
        self._say(b"t")

    def kill(self) -> None:
        """Kill the command and everything that it has started."""
        self._say(b"k")

    def _say(self, letter: bytes) -> None:
        with contextlib.suppress(OSError):  # the supervisor has ended, and so has the command
            self._control.send(letter)

    async def _line(self) -> str:
        """Return the next line from the supervisor; empty at the end."""
        loop = asyncio.get_running_loop()
        while b"\n" not in self._lines:
            try:
                piece = await loop.sock_recv(self._control, 4_096)
            except OSError:
                piece = b""
            if not piece:
                return ""
            self._lines += piece
        line, _, self._lines = self._lines.partition(b"\n")
        return line.decode("utf-8", "replace")

    async def close(self) -> None:
        """Kill everything that is still running, and wait until nothing is left. Does nothing if the command
        has ended.
        """
        self._control.close()
        for pump in self._pumps:
            pump.cancel()
        for pipe in (*self._outputs, self._input):
            if pipe is not None:
                pipe.close()
        self._terminal = self._input = None
        await asyncio.shield(asyncio.to_thread(self._supervisor.wait))


@dataclass
class _Ends:
    """Both ends of a command's input and output, by name; `theirs` is ordered by descriptor."""

    ours: dict[str, int]
    theirs: tuple[int, int, int]

    @classmethod
    def of(cls, command: Command) -> _Ends:
        if command.size is not None:
            master, slave = os.openpty()
            _set_size(slave, *command.size)
            return cls({"output": master}, (slave, slave, slave))
        stdin, to_stdin = os.pipe()
        from_stdout, stdout = os.pipe()
        from_stderr, stderr = os.pipe()
        return cls({"stdin": to_stdin, "stdout": from_stdout, "stderr": from_stderr}, (stdin, stdout, stderr))

    def close_theirs(self) -> None:
        for descriptor in set(self.theirs):
            os.close(descriptor)
        self.theirs = (-1, -1, -1)

    def take_input(self) -> tuple[Pipe, int | None]:
        """Return the pipe for input, and the terminal's descriptor if there is one."""
        if "output" in self.ours:
            return Pipe(os.dup(self.ours["output"])), self.ours["output"]
        return Pipe(self.ours.pop("stdin")), None

    def take_outputs(self) -> dict[str, Pipe]:
        pipes = {name: Pipe(descriptor) for name, descriptor in self.ours.items()}
        self.ours = {}
        for pipe in pipes.values():
            pipe.grow()
        return pipes

    def close(self) -> None:
        for descriptor in {*self.ours.values(), *self.theirs} - {-1}:
            os.close(descriptor)
        self.ours, self.theirs = {}, (-1, -1, -1)


async def _settled(future: asyncio.Future[subprocess.Popen[bytes]]) -> None:
    """Wait until work in a thread is done, even while this task is being cancelled."""
    while not future.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([future])


def _supervise(control: socket.socket, ends: _Ends) -> subprocess.Popen[bytes]:
    stdin, stdout, stderr = ends.theirs
    try:
        return subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-I", "-S", "-X", "utf8", _SUPERVISOR, str(control.fileno())],
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            pass_fds=(control.fileno(),),
            env={},
            start_new_session=True,
        )
    finally:
        ends.close_theirs()


def _set_size(terminal: int, cols: int, rows: int) -> None:
    import termios

    termios.tcsetwinsize(terminal, (rows, cols))


def _signal_name(number: int) -> str:
    try:
        return Signals(number).name
    except ValueError:
        return f"SIG{number}"
