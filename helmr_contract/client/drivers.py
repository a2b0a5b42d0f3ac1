"""A driver program: started once, then sent one call at a time, with its standard error captured."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from types import TracebackType
from typing import Protocol, Self

from helmr_contract.client.protocol import (
    VERSION,
    Abilities,
    Outcome,
    ProtocolError,
    check,
    read_abilities,
    read_outcome,
)
from helmr_contract.document import Json, is_object

MOST_LINES = 400
"""The number of lines kept of a driver's standard error."""


class DriverError(Exception):
    """The driver cannot be used: it does not start, ends, hangs, or speaks another protocol."""


class Driver(Protocol):
    """The interface for making calls."""

    abilities: Abilities

    def call(self, call: str, client: Json, args: Json, within: float) -> Outcome:
        """Let the driver make a call.

        Raises:
            DriverError: There is no response, or an invalid one.
        """
        ...

    def errors(self) -> list[str]:
        """What the driver wrote to its standard error since the last time."""
        ...

    def restart(self) -> None:
        """Start again, after it ended or hung."""
        ...

    def environment(self, changes: Mapping[str, str]) -> AbstractContextManager[None] | None:
        """Use an environment with these variables; None where that is not possible."""
        ...


class DriverProcess:
    """A driver as a child process."""

    def __init__(self, command: Sequence[str], *, patience: float = 30.0) -> None:
        self._command = list(command)
        self._patience = patience
        self._number = 0
        self._changes: dict[str, str] = {}
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._errors: deque[str] = deque(maxlen=MOST_LINES)
        self.abilities = Abilities("", frozenset())

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the driver, and ask for its abilities."""
        try:
            process = subprocess.Popen(  # noqa: S603  # the caller's own command
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env={**os.environ, **self._changes},
            )
        except OSError as error:
            raise DriverError(f"cannot start the driver {self._command[0]}: {error.strerror}") from None
        self._process, self._lines = process, queue.Queue()
        for target in (self._read_output, self._read_errors):
            threading.Thread(target=target, args=(process,), daemon=True, name="driver-output").start()
        try:
            self.abilities = read_abilities(self._ask({"hello": {"protocol": VERSION}}, self._patience))
        except (ProtocolError, DriverError) as error:
            self.stop()
            raise DriverError(f"the driver did not introduce itself: {error}{self._last_words()}") from None

    def stop(self) -> None:
        """End the driver by closing its input, and kill it if that does not help."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                with suppress(OSError, ValueError):
                    stream.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    @contextmanager
    def environment(self, changes: Mapping[str, str]) -> Generator[None]:
        self._changes = dict(changes)
        self.restart()
        try:
            yield
        finally:
            self._changes = {}
            self.restart()

    def call(self, call: str, client: Json, args: Json, within: float) -> Outcome:
        self._number += 1
        message = {"id": self._number, "call": call, "client": client, "args": args}
        check("call", message)
        began = time.monotonic()
        response = self._ask(message, within)
        try:
            if is_object(response) and response.get("id") != self._number:
                raise ProtocolError(f"the response is to call {response.get('id')!r}, not {self._number}")
            return read_outcome(call, response, time.monotonic() - began)
        except ProtocolError as error:
            raise DriverError(
                f"the driver's response to {call} does not follow the protocol: {error}"
            ) from None

    def errors(self) -> list[str]:
        taken = list(self._errors)
        self._errors.clear()
        return taken

    def _ask(self, message: Json, within: float) -> object:
        process = self._process
        if process is None or process.stdin is None:
            raise DriverError("the driver is not running")
        try:
            process.stdin.write(json.dumps(message, ensure_ascii=False) + "\n")
            process.stdin.flush()
        except OSError:
            raise DriverError("the driver has ended" + self._last_words()) from None
        try:
            line = self._lines.get(timeout=within)
        except queue.Empty:
            raise DriverError(f"the driver did not respond within {within:g} s") from None
        if line is None:
            raise DriverError("the driver has ended" + self._last_words())
        try:
            return json.loads(line)
        except ValueError:
            raise DriverError(f"the driver wrote a line that is not JSON: {line[:200]!r}") from None

    def _last_words(self) -> str:
        time.sleep(0.05)  # output written before it ended may still arrive
        return f"; it wrote: {self._errors[-1][:300]}" if self._errors else ""

    def _read_output(self, process: subprocess.Popen[str]) -> None:
        lines = self._lines
        assert process.stdout is not None
        with suppress(ValueError):
            for line in process.stdout:
                if line.strip():
                    lines.put(line)
        lines.put(None)

    def _read_errors(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        with suppress(ValueError):
            for line in process.stderr:
                self._errors.append(line.rstrip("\n")[:2000])
