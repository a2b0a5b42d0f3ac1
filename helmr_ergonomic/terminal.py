"""The local terminal, connected to a remote one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import BinaryIO, Final, NamedTuple, Self

from .errors import ArgumentError

_AT_ONCE: Final = 65_536


class Typed(NamedTuple):
    """Bytes that were typed."""

    data: bytes
    is_last: bool
    """True if reading should stop: the terminal is gone, or the detach bytes were typed."""


class LocalTerminal:
    """The local terminal in raw mode, as a context manager that restores its settings.

    Args:
        stdin: the file to read from; `sys.stdin` if `None`.
        stdout: the file to write to; `sys.stdout` if `None`.
        detach: the bytes that stop reading; none if empty.

    Raises:
        ArgumentError: `stdin` is not a terminal, `sys.stdout` does not accept bytes, or this is Windows.
    """

    def __init__(self, stdin: BinaryIO | None, stdout: BinaryIO | None, detach: bytes) -> None:
        self._detach = detach
        self._restore: Callable[[], None] | None = None
        source = sys.stdin if stdin is None else stdin
        try:
            self.fd: int = source.fileno()
        except (AttributeError, OSError, ValueError):
            self.fd = -1
        if os.name != "posix":
            raise ArgumentError("a PTY can be attached to a terminal on Linux and macOS only")
        if self.fd < 0 or not os.isatty(self.fd):
            raise ArgumentError("stdin is not a terminal: write to the PTY and follow it instead")
        # A notebook or a test has replaced it with an object that accepts only strings.
        shown: BinaryIO | None = getattr(sys.stdout, "buffer", None) if stdout is None else stdout
        if shown is None:
            raise ArgumentError("sys.stdout does not accept bytes: pass `stdout`")
        self._stdout = shown

    def __enter__(self) -> Self:
        import termios
        import tty

        before = termios.tcgetattr(self.fd)
        self._restore = partial(termios.tcsetattr, self.fd, termios.TCSADRAIN, before)
        tty.setraw(self.fd)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._restore is not None:
            self._restore()

    def size(self) -> tuple[int, int]:
        """Columns and rows, up to the maximum of a PTY."""
        from helmr_api.constants import MAX_PTY_SIZE

        found = os.get_terminal_size(self.fd)
        return min(found.columns, MAX_PTY_SIZE), min(found.lines, MAX_PTY_SIZE)

    def show(self, data: bytes) -> None:
        """Write bytes unchanged."""
        self._stdout.write(data)
        self._stdout.flush()

    def typed(self) -> Typed:
        """Read the typed bytes; some must be available."""
        try:
            data = os.read(self.fd, _AT_ONCE)
        except OSError:  # the terminal is gone
            data = b""
        if not data:
            return Typed(b"", is_last=True)
        before, found, _ = data.partition(self._detach) if self._detach else (data, b"", b"")
        return Typed(before, is_last=bool(found))
