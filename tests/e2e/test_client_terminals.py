"""`pty.attach()` connects a local terminal to a shell in a workspace."""

from __future__ import annotations

import asyncio
import os
import select
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from helmr import PtyHandle
from helmr.errors import ArgumentError
from helmr_local import LocalHelmr

pty = pytest.importorskip("pty", reason="PTYs run on Linux and macOS")
termios = pytest.importorskip("termios", reason="PTYs run on Linux and macOS")

PATIENCE = 60.0
DETACH = b"\x1d"  # Ctrl+]


@pytest.fixture(scope="module")
def helmr() -> Iterator[LocalHelmr]:
    with LocalHelmr() as local:
        yield local


class Desk:
    """A terminal and its other end, where the test types and reads."""

    def __init__(self) -> None:
        self._person, terminal = pty.openpty()
        self.stdin = os.fdopen(terminal, "rb", buffering=0)
        self.stdout = os.fdopen(os.dup(terminal), "wb", buffering=0)
        self.before = self.attributes()
        self.shown = b""

    def close(self) -> None:
        self.stdin.close()
        self.stdout.close()
        os.close(self._person)

    def attributes(self) -> list[Any]:
        found: list[Any] = termios.tcgetattr(self.stdin)
        return found

    def resize(self, cols: int, rows: int) -> None:
        termios.tcsetwinsize(self.stdin, (rows, cols))

    def type(self, data: bytes) -> None:
        os.write(self._person, data)

    def until_raw(self) -> None:
        """Wait for raw mode, because keys typed earlier are discarded."""
        until(lambda: not self.attributes()[3] & (termios.ECHO | termios.ICANON), "raw mode")

    def until_shown(self, wanted: bytes) -> None:
        deadline = time.monotonic() + PATIENCE
        while wanted not in self.shown:
            ready, _, _ = select.select([self._person], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"{wanted!r} is not in {self.shown!r}"
            self.shown += os.read(self._person, 65_536)


def until(is_so: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    made.resize(91, 33)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def shell(helmr: LocalHelmr) -> Iterator[PtyHandle]:
    """A shell in a workspace, as a handle of the sync client."""
    with (
        helmr.client() as client,
        client.workspaces.open(client.workspaces.create("default")).connect() as live,
        live.pty() as opened,
    ):
        yield opened


@pytest.fixture(params=["sync", "async"])
def attach(
    request: pytest.FixtureRequest, helmr: LocalHelmr, shell: PtyHandle, desk: Desk
) -> Iterator[Callable[[], Future[bool]]]:
    """Return a function that attaches the desk's terminal to the shell on another thread."""

    async def attach_async() -> bool:
        async with helmr.async_client() as client:
            opened = client.workspaces.ptys.open(shell.workspace_id, shell.id)
            return await opened.attach(stdin=desk.stdin, stdout=desk.stdout)

    def run() -> bool:
        if request.param == "async":
            return asyncio.run(attach_async())
        return shell.attach(stdin=desk.stdin, stdout=desk.stdout)

    with ThreadPoolExecutor(max_workers=1) as pool:

        def start() -> Future[bool]:
            running = pool.submit(run)
            desk.until_raw()
            return running

        try:
            yield start
        finally:
            desk.type(DETACH)  # detach after a failed test


def test_input_reaches_the_shell_and_output_is_shown(attach: Callable[[], Future[bool]], desk: Desk) -> None:
    attached = attach()
    desk.type(b"echo sum$((40 + 2))end\r")
    desk.until_shown(b"sum42end")
    desk.type(b"exit\r")
    assert attached.result(PATIENCE) is True, "the shell has ended"
    assert desk.shown.count(b"sum42end") == 1
    assert desk.attributes() == desk.before


def test_the_shell_follows_the_size_of_the_terminal(
    attach: Callable[[], Future[bool]], shell: PtyHandle, desk: Desk
) -> None:
    attach()

    def size() -> tuple[int, int]:
        found = shell.retrieve()
        return found.cols, found.rows

    until(lambda: size() == (91, 33), "the size of the terminal")
    desk.resize(70, 20)
    until(lambda: size() == (70, 20), "the size after the change")
    desk.type(b"stty size\r")
    desk.until_shown(b"20 70")


def test_the_detach_key_leaves_the_shell_running(
    attach: Callable[[], Future[bool]], shell: PtyHandle, desk: Desk
) -> None:
    attached = attach()
    desk.type(b"kept=here\r" + DETACH)
    assert attached.result(PATIENCE) is False, "the shell has not ended"
    assert desk.attributes() == desk.before
    assert shell.retrieve().state == "open"
    again = attach()
    desk.type(b"echo still${kept}end\r")
    desk.until_shown(b"stillhereend")
    desk.type(b"exit\r")
    assert again.result(PATIENCE) is True


def test_a_file_that_is_not_a_terminal_is_rejected(shell: PtyHandle) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as stdin, os.fdopen(writer, "wb") as stdout:
        with pytest.raises(ArgumentError, match="stdin is not a terminal"):
            shell.attach(stdin=stdin, stdout=stdout)
        assert shell.retrieve().state == "open"
