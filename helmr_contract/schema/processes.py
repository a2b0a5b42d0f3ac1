"""Runs the schema tests in several processes: this one and its children."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import IO

from helmr_contract.interrupts import own_group, stop
from helmr_contract.schema.messages import Channel, Failed, Message, Question, Start
from helmr_contract.schema.part import Part
from helmr_contract.schema.runner import SchemaProgress, SchemaResult
from helmr_contract.schema.sharing import Ledger
from helmr_contract.secrets import Scrubber
from helmr_contract.target import Target

OnProgress = Callable[[int, SchemaProgress], None]
"""Takes the number of a process and its progress."""

_COMMAND = (sys.executable, "-m", "helmr_contract.schema.process")
_PATIENCE = 40.0  # seconds for a process to clean up after an interrupt


def run_parts(
    part: Part, target: Target, scrub: Scrubber, *, key: str | None, processes: int, on_progress: OnProgress
) -> SchemaResult:
    """Run the schema tests, shared between processes, and return the merged result.

    Each process has its own resources on the server and, if the server is local, its own server. A process
    that fails ends only its own part: the result says so in `failed`.
    """

    def own_progress(progress: SchemaProgress) -> None:
        on_progress(0, progress)

    if processes == 1:
        return part.run(target, scrub, own_progress)
    part = replace(part, options=replace(part.options, processes=processes))
    ledger = Ledger()
    budget = part.options.time_budget
    end = None if budget is None else time.time() + budget
    starts = [
        Start(replace(part, number=number), None if target.local else target, key, end)
        for number in range(1, processes)
    ]
    with _children(starts, ledger, on_progress) as children:
        result = part.run(target, scrub, own_progress, ledger.claim)
        try:
            if result.stopped != "interrupted":
                for child in children:
                    child.join()
        except KeyboardInterrupt:
            result.stopped = "interrupted"
        for child in children:
            child.stop()
            found = child.result
            if isinstance(found, SchemaResult):
                result.merge(found)
            elif result.stopped != "interrupted":
                result.failed = f"a process of the schema part failed: {scrub(found.reason)}"
    return result


@contextmanager
def _children(starts: Sequence[Start], ledger: Ledger, on_progress: OnProgress) -> Generator[list[_Child]]:
    with ExitStack() as stack:
        children: list[_Child] = []
        for start in starts:
            children.append(_Child(start, ledger, on_progress))
            stack.callback(children[-1].stop)
        yield children


class _Child:
    """A child process, and a thread that reads its messages."""

    def __init__(self, start: Start, ledger: Ledger, on_progress: OnProgress) -> None:
        self.result: SchemaResult | Failed = Failed("it ended without a result")
        self._number = start.part.number
        self._ledger = ledger
        self._on_progress = on_progress
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `stop`
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, arguments of our own
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            **own_group(),  # Ctrl-C is handled by this process
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._channel = Channel(self._process.stdout, self._process.stdin)
        self._thread = threading.Thread(target=self._read, args=(start,), name="schema-process")
        self._thread.start()

    def _read(self, start: Start) -> None:
        try:
            self._channel.send(start)
            while not self._take(self._channel.receive()):
                pass
        except (OSError, EOFError):
            self.result = Failed(self._last_words())

    def _take(self, message: Message) -> bool:
        """Handle a message; return whether it is the last one."""
        if isinstance(message, Question):
            self._channel.send(self._ledger.claim(message.phase, message.operation))
        elif isinstance(message, SchemaProgress):
            self._on_progress(self._number, message)
        else:
            self.result = message
            return True
        return False

    def _last_words(self) -> str:
        self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"it ended with status {self._process.returncode}"

    def join(self) -> None:
        """Wait until the process has finished its part."""
        self._thread.join()

    def stop(self) -> None:
        """End the process, with time to clean up on the server."""
        if not self._thread.is_alive():  # it has sent its result, so it ends by itself
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_PATIENCE)
        stop([self._process], _PATIENCE)
        self._thread.join()
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()
