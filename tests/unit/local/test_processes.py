"""Commands and terminals under a supervisor: input, output and cleanup."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from helmr_local.processes import Command, Process, ProcessExit, StartError, minimal_environment
from helmr_local.processes import process as process_module
from helmr_local.processes.pipes import PIECE, Pipe

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes and terminals are those of POSIX")

PATIENCE = 60.0
Use = Callable[[Process], Awaitable[None]]


class Outputs:
    """The output of a command, by stream."""

    def __init__(self) -> None:
        self.data: defaultdict[str, bytes] = defaultdict(bytes)
        self.came = asyncio.Event()

    def sinks(self) -> Mapping[str, Callable[[bytes], Awaitable[None]]]:
        return {name: self.sink(name) for name in ("stdout", "stderr", "output")}

    def sink(self, name: str) -> Callable[[bytes], Awaitable[None]]:
        async def take(data: bytes) -> None:
            self.data[name] += data
            self.came.set()

        return take

    async def until(self, name: str, wanted: bytes) -> bytes:
        async with asyncio.timeout(PATIENCE):
            while wanted not in self.data[name]:
                self.came.clear()
                await self.came.wait()
        return self.data[name]


def command(
    *argv: str,
    cwd: str | Path = "/",
    env: Mapping[str, str] | None = None,
    size: tuple[int, int] | None = None,
) -> Command:
    base = {**minimal_environment(str(cwd), terminal=size is not None), "PS1": "$ "}
    return Command(argv, str(cwd), {**base, **(env or {})}, size)


def shell(script: str, **options: object) -> Command:
    return command("/bin/sh", "-c", script, **options)  # type: ignore[arg-type]


async def ran(what: Command, given: bytes | None = b"") -> tuple[ProcessExit, Outputs]:
    """Run a command with this input until it ends."""
    outputs = Outputs()
    process = await Process.start(what, outputs.sinks())
    if given is not None:
        await process.write(given)
        process.close_input()
    async with asyncio.timeout(PATIENCE):
        return await process.ending(), outputs


def run(what: Command, given: bytes | None = b"") -> tuple[ProcessExit, dict[str, bytes]]:
    ending, outputs = asyncio.run(ran(what, given))
    return ending, dict(outputs.data)


def is_alive(pid: int) -> bool:
    """True if a process is running. A zombie is not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")


def until_gone(pids: Sequence[int]) -> None:
    until = time.monotonic() + PATIENCE
    while left := [pid for pid in pids if is_alive(pid)]:
        assert time.monotonic() < until, f"still there: {left}"
        time.sleep(0.01)


# Commands ---------------------------------------------------------------------------------------------------


def test_a_command_reads_its_input_and_writes_to_both_outputs() -> None:
    ending, outputs = run(shell("cat; echo error >&2; exit 3"), b"in\xff\n")
    assert ending == ProcessExit(exit_code=3)
    assert outputs == {"stdout": b"in\xff\n", "stderr": b"error\n"}


def test_a_signal_is_named() -> None:
    assert run(shell("kill -KILL $$"))[0] == ProcessExit(signal="SIGKILL")
    assert run(shell("kill -TERM $$"))[0] == ProcessExit(signal="SIGTERM")


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (command("helmr-no-such-program"), "cannot run 'helmr-no-such-program': No such file or directory"),
        (command("/"), "cannot run '/': Permission denied"),
        (command("true", cwd="/helmr-nowhere"), "cannot start in its directory: No such file or directory"),
        (command("true", "a\0b"), "cannot run 'true': embedded null byte"),
    ],
    ids=["program", "directory", "cwd", "nul"],
)
def test_the_error_for_a_failed_start_has_the_reason(what: Command, message: str) -> None:
    with pytest.raises(StartError, match=f"^{message.replace('/', '.')}$"):
        run(what)


def test_a_command_gets_only_the_given_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELMR_API_KEY", "hlmr_sk_secret")
    _, outputs = run(command("/usr/bin/env", env={"GIVEN": "a=b\nc", "ODD": "\udcff"}))
    found = outputs["stdout"]
    assert b"GIVEN=a=b\nc\n" in found
    assert b"ODD=\xff\n" in found
    assert b"HELMR" not in found
    assert b"PYTHON" not in found


def test_the_repr_of_a_command_shows_no_environment() -> None:
    assert "value" not in repr(command("true", env={"NAME": "value"}))


def test_a_command_has_its_own_process_group_and_session() -> None:
    script = (
        f"import os; print(os.getpgid(0) == os.getpid() == os.getsid(0), os.getpgid(0) != {os.getpgid(0)})"
    )
    _, outputs = run(command(sys.executable, "-c", script))
    assert outputs["stdout"] == b"True True\n"


def test_signals_have_their_default_handlers() -> None:
    script = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _, outputs = run(command(sys.executable, "-c", script))
    finally:
        signal.signal(signal.SIGINT, before)
    assert outputs["stdout"] == b"True\n"
    assert run(shell("yes | head -n 1"))[0] == ProcessExit(exit_code=0)  # SIGPIPE ends `yes`


def test_unread_output_blocks_the_command() -> None:
    async def held() -> None:
        taken, go_on = 0, asyncio.Event()

        async def slow(data: bytes) -> None:
            nonlocal taken
            assert len(data) <= PIECE
            taken += len(data)
            await go_on.wait()

        size = 8 << 20
        process = await Process.start(
            command("head", "-c", str(size), "/dev/zero"), {"stdout": slow, "stderr": slow}
        )
        ending = asyncio.create_task(process.ending())
        done, _ = await asyncio.wait([ending], timeout=0.3)
        assert not done
        assert taken <= PIECE
        go_on.set()
        assert await ending == ProcessExit(exit_code=0)
        assert taken == size

    asyncio.run(held())


def test_unread_input_blocks_only_its_writer() -> None:
    async def blocked() -> None:
        process = await Process.start(shell("sleep 60"), Outputs().sinks())
        writing = asyncio.create_task(process.write(bytes(8 << 20)))
        done, _ = await asyncio.wait([writing], timeout=0.1)
        assert not done
        process.kill()
        assert await process.ending() == ProcessExit(signal="SIGKILL")
        await writing  # unread input is dropped

    asyncio.run(blocked())


def test_a_failing_sink_ends_the_command() -> None:
    async def failing(data: bytes) -> None:
        raise OSError("no room")

    async def run_it() -> None:
        process = await Process.start(shell("yes"), {"stdout": failing, "stderr": failing})
        with pytest.raises(OSError, match="no room"):
            await process.ending()

    asyncio.run(run_it())


def test_a_command_can_be_terminated_gracefully() -> None:
    async def asked() -> ProcessExit:
        outputs = Outputs()
        process = await Process.start(
            shell("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.01; done"), outputs.sinks()
        )
        await outputs.until("stdout", b"ready")
        process.terminate()
        ending = await process.ending()
        assert outputs.data["stdout"] == b"ready\nbye\n"
        return ending

    assert asyncio.run(asked()) == ProcessExit(exit_code=7)


# Cleanup ----------------------------------------------------------------------------------------------------

FAMILY = """
sleep 300 & echo $!
nohup sleep 300 > /dev/null 2>&1 & echo $!
setsid sleep 300 & echo $!
(setsid sh -c 'sleep 300 & echo $!; wait' &)
echo $$
"""
needs_setsid = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux lets nobody leave (and has setsid)"
)


async def family(end: Use, then: str) -> list[int]:
    """Start a command with several kinds of descendants, stop it with `end`, and return all pids."""
    outputs = Outputs()
    process = await Process.start(shell(FAMILY + then), outputs.sinks())
    async with asyncio.timeout(PATIENCE):
        while outputs.data["stdout"].count(b"\n") < 5:
            outputs.came.clear()
            await outputs.came.wait()
    pids = [int(pid) for pid in outputs.data["stdout"].split()]
    await end(process)
    return pids


@needs_setsid
def test_descendants_of_an_ended_command_are_killed() -> None:
    async def end(process: Process) -> None:
        process.close_input()
        async with asyncio.timeout(PATIENCE):
            assert await process.ending() == ProcessExit(exit_code=0)

    # It ends with its input, so that each descendant has printed its pid before.
    until_gone(asyncio.run(family(end, "cat")))


@needs_setsid
def test_killing_a_command_kills_its_descendants() -> None:
    async def end(process: Process) -> None:
        process.kill()
        async with asyncio.timeout(PATIENCE):
            assert await process.ending() == ProcessExit(signal="SIGKILL")

    until_gone(asyncio.run(family(end, "trap '' TERM; wait")))


@needs_setsid
def test_closing_a_process_kills_its_descendants() -> None:
    async def end(process: Process) -> None:
        async with asyncio.timeout(PATIENCE):
            await process.close()
            await process.close()  # harmless

    until_gone(asyncio.run(family(end, "wait")))


@needs_setsid
def test_cancelling_the_wait_for_the_end_kills_all_descendants() -> None:
    async def end(process: Process) -> None:
        waiting = asyncio.create_task(process.ending())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    until_gone(asyncio.run(family(end, "wait")))


def test_a_cancelled_start_leaks_no_process_or_descriptor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    supervise = process_module._supervise
    entered, goes_on = threading.Event(), threading.Event()
    supervisors: list[subprocess.Popen[bytes]] = []

    def slow(*arguments: Any) -> subprocess.Popen[bytes]:
        entered.set()
        assert goes_on.wait(PATIENCE)
        made = supervise(*arguments)
        supervisors.append(made)
        return made

    async def cancel() -> None:
        starting = asyncio.create_task(Process.start(command("sleep", "60"), Outputs().sinks()))
        assert await asyncio.to_thread(entered.wait, PATIENCE)
        for _ in range(2):  # the second time while it waits for its thread
            starting.cancel()
            await asyncio.sleep(0)
        goes_on.set()
        with pytest.raises(asyncio.CancelledError):
            await starting

    monkeypatch.setattr(process_module, "_supervise", slow)
    before = len(os.listdir("/dev/fd"))
    asyncio.run(cancel())
    assert supervisors[0].returncode is not None
    assert len(os.listdir("/dev/fd")) == before


def test_the_file_descriptors_of_a_process_are_closed() -> None:
    async def several() -> tuple[int, int]:
        await ran(shell("true"))
        before = len(os.listdir("/dev/fd"))
        for what in (shell("cat"), command("no-such"), command("true", size=(80, 24)), shell("kill -9 $$")):
            with suppress(StartError):
                await ran(what)
        return before, len(os.listdir("/dev/fd"))

    before, after = asyncio.run(several())
    assert after == before


# Terminals --------------------------------------------------------------------------------------------------


async def typed(
    script: Use | None, *lines: bytes, size: tuple[int, int] = (80, 24)
) -> tuple[ProcessExit, Outputs]:
    outputs = Outputs()
    process = await Process.start(command("/bin/sh", size=size), outputs.sinks())
    for line in lines:
        await process.write(line + b"\r")
    if script is not None:
        await script(process)
    async with asyncio.timeout(PATIENCE):
        return await process.ending(), outputs


def test_a_terminal_is_the_controlling_terminal_and_has_the_given_size() -> None:
    ending, outputs = asyncio.run(typed(None, b"tty > /dev/tty; stty size; exit 4", size=(100, 30)))
    assert ending == ProcessExit(exit_code=4)
    assert b"30 100\r\n" in outputs.data["output"]
    assert b"not a tty" not in outputs.data["output"]


def test_a_terminal_can_be_resized() -> None:
    async def resized() -> None:
        outputs = Outputs()
        process = await Process.start(command("/bin/sh", size=(80, 24)), outputs.sinks())
        await process.write(b"trap 'echo told=$(stty size)' WINCH; echo ready=$((1 + 1))\r")
        await outputs.until("output", b"ready=2")
        process.resize(91, 17)
        await process.write(b"\r")
        await outputs.until("output", b"told=17 91")
        await process.write(b"exit\r")
        assert await process.ending() == ProcessExit(exit_code=0)

    asyncio.run(resized())


def test_ctrl_c_interrupts_the_foreground_program_of_a_terminal() -> None:
    async def interrupted() -> None:
        outputs = Outputs()
        process = await Process.start(command("/bin/sh", size=(80, 24)), outputs.sinks())
        # Waits until the program runs: before that, Ctrl-C would go to the shell.
        await process.write(b"sh -c 'echo begin=$((1 + 1)); exec sleep 300'\r")
        await outputs.until("output", b"begin=2")
        await process.write(b"\x03")
        await process.write(b"echo after=$((2 + 2)); exit\r")
        await outputs.until("output", b"after=4")
        await process.ending()

    asyncio.run(interrupted())


def test_a_hangup_ends_the_shell() -> None:
    async def hang_up(process: Process) -> None:
        process.close_input()  # has no effect on a terminal
        process.terminate()

    ending, _ = asyncio.run(typed(hang_up))
    assert ending.signal == "SIGHUP" or ending.exit_code is not None


# Pipes ------------------------------------------------------------------------------------------------------


def test_closing_a_pipe_ends_a_read_and_makes_a_write_fail() -> None:
    async def closed() -> None:
        reading, writing = (Pipe(descriptor) for descriptor in os.pipe())
        waiting = asyncio.create_task(reading.read())
        await asyncio.sleep(0)
        assert reading.is_idle
        reading.close()
        reading.close()  # harmless
        assert await waiting == b""
        with pytest.raises(BrokenPipeError):
            await writing.write(b"x")
        writing.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            await writing.write(b"x")

    asyncio.run(closed())
