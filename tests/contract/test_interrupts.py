"""Only the parent interrupts the behaviour tests' process, on every system."""

from __future__ import annotations

import importlib
import signal
import subprocess
import sys
from typing import Any

import pytest

from helmr_contract import interrupts

CHILD = """
import signal, sys
from helmr_contract.interrupts import accept_interrupts
accept_interrupts()
try:
    print("ready", flush=True)
    sys.stdin.read()
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("inherited", [signal.default_int_handler, signal.SIG_IGN], ids=["job", "background"])
def test_a_child_receives_the_interrupt_of_its_parent(inherited: Any) -> None:
    """Even if a shell started the parent in the background, with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, inherited)
    try:
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **interrupts.own_group(),
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(interrupts.INTERRUPT)
        assert child.stdout.read() == "interrupted\n"


def test_on_windows_the_child_gets_ctrl_break_in_its_own_group(monkeypatch: pytest.MonkeyPatch) -> None:
    handled: dict[int, object] = {}
    with monkeypatch.context() as windows:
        windows.setattr(signal, "CTRL_BREAK_EVENT", 1, raising=False)
        windows.setattr(signal, "SIGBREAK", 21, raising=False)
        windows.setattr(signal, "signal", handled.__setitem__)
        windows.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 512, raising=False)
        there = importlib.reload(interrupts)
        assert there.INTERRUPT == 1
        assert there.own_group() == {"creationflags": 512}
        there.accept_interrupts()
        assert handled == {21: signal.default_int_handler}
    importlib.reload(interrupts)
