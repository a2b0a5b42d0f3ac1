"""Interrupting this process and its children as Ctrl-C does, on every system."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import TypedDict

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
