"""Show the progress and duration of a long step on stderr.

    with Step("installing scripts/node/package-lock.json"):
        ...

From the Makefile, for tools without output until they finish:

    python scripts/progress.py mypy -- .venv/bin/mypy

A terminal shows one line, updated every second. A log gets a line at the start, every ten seconds, and at the
end. Uses only the standard library, because scripts/setup.py runs before anything is installed.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TextIO

TERMINAL_INTERVAL = 1.0
LOG_INTERVAL = 10.0

# The current steps, outermost first. Only the innermost shows its progress.
_steps: list[Step] = []


class Step:
    """A context manager for a long step. Set `detail` to show its progress."""

    def __init__(self, title: str, *, stream: TextIO | None = None, interval: float | None = None) -> None:
        self.title = title
        self.detail = ""
        self._stream = sys.stderr if stream is None else stream
        self._is_terminal = self._stream.isatty()
        self._interval = interval or (TERMINAL_INTERVAL if self._is_terminal else LOG_INTERVAL)
        self._done = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name=f"progress of {title}", daemon=True)

    def __enter__(self) -> Step:
        self._began = time.monotonic()
        self._write(f"{self.title} …", end="" if self._is_terminal else "\n")
        _steps.append(self)
        self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._ticker.join()
        _steps.remove(self)
        verdict = "done" if kind is None else "stopped"
        self._write(f"{self.title}: {verdict} in {self._seconds()} s", end="\n")

    def _tick(self) -> None:
        while not self._done.wait(self._interval):
            detail = f", {self.detail}" if self.detail else ""
            if _steps[-1] is not self:
                continue
            self._write(f"{self.title} … {self._seconds()} s{detail}", end="" if self._is_terminal else "\n")

    def _seconds(self) -> int:
        return round(time.monotonic() - self._began)

    def _write(self, line: str, *, end: str) -> None:
        # "\r" returns to the start of the line, and "\x1b[K" clears the rest of it.
        self._stream.write(f"\r{line}\x1b[K{end}" if self._is_terminal else f"{line}{end}")
        self._stream.flush()


def main(arguments: Sequence[str]) -> int:
    """Run a command as a step, and print its output when it finishes."""
    title, separator, *command = arguments
    if separator != "--" or not command:
        print("usage: python scripts/progress.py TITLE -- COMMAND [ARGUMENT ...]", file=sys.stderr)
        return 2
    with Step(title):
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    print(done.stdout, end="", flush=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
