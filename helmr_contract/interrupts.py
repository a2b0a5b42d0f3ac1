"""Interrupting this process and its children as Ctrl-C does, on every system."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Final, TypedDict

# Windows cannot send SIGINT to another process. Ctrl-Break reaches a separate process group.
INTERRUPT: signal.Signals = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT)


class GroupOptions(TypedDict, total=False):
    """Keyword arguments of `Popen`."""

    start_new_session: bool
    creationflags: int


def own_group() -> GroupOptions:
    """Return options of `Popen` that keep Ctrl-C in the terminal from the child; its parent interrupts it."""
    group: int | None = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", None)
    return {"start_new_session": True} if group is None else {"creationflags": group}


def accept_interrupts() -> None:
    """In the child, raise `KeyboardInterrupt` when the parent sends `INTERRUPT`.

    A shell starts background jobs with SIGINT ignored, and their children inherit that.
    """
    signal.signal(getattr(signal, "SIGBREAK", signal.SIGINT), signal.default_int_handler)


_TERMINATION_PATIENCE: Final = 5.0  # seconds between SIGTERM and SIGKILL


def stop(processes: Sequence[subprocess.Popen[bytes]], patience: float) -> None:
    """Interrupt the processes; kill those that do not end.

    At a Ctrl-C meanwhile, kill the rest at once.

    Args:
        processes: Children of this process, each in its own group.
        patience: Seconds that each has to clean up on the server after it is interrupted.
    """
    try:
        for process in processes:
            _stop(process, patience)
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()


def _stop(process: subprocess.Popen[bytes], patience: float) -> None:
    for number, seconds in ((INTERRUPT, patience), (signal.SIGTERM, _TERMINATION_PATIENCE)):
        if process.poll() is not None:
            return
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds)


@contextmanager
def termination_interrupts() -> Generator[None]:
    """Within the block, SIGTERM raises `KeyboardInterrupt`, so that a cancelled job still gets its report."""
    if threading.current_thread() is not threading.main_thread():  # which alone may set handlers
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
