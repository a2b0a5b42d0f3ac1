"""The driver program: it is started once and makes one call at a time; its standard error is captured."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from helmr_api.formats import is_object
from helmr_contract.client.pipes import Reader, Writer, drain
from helmr_contract.client.protocol import (
    VERSION,
    Abilities,
    Outcome,
    ProtocolError,
    check,
    read_abilities,
    read_outcome,
)
from helmr_contract.document import Json
from helmr_contract.interrupts import own_group

MOST_LINES = 400
"""The maximum number of lines kept from a driver's standard error."""
MOST_ERROR = 2000
"""The maximum number of bytes kept of each of these lines."""
MOST_RESPONSE = 64 << 20
"""The maximum number of bytes in a response, which is one line of standard output."""


class DriverError(Exception):
    """The driver is unusable: it does not start, exits, hangs, or does not follow the protocol."""


class Driver(Protocol):
    """The interface to a driver."""

    abilities: Abilities

    def call(self, call: str, client: Json, args: Json, within: float) -> Outcome:
        """Make a call through the driver.

        Raises:
            DriverError: There is no response, or an invalid one.
        """
        ...

    def errors(self) -> list[str]:
        """Return the lines that the driver wrote to standard error since the last call of this method."""
        ...

    def restart(self) -> None:
        """Start the driver again after it exited or hung."""
        ...

    def environment(self, changes: Mapping[str, str]) -> AbstractContextManager[None] | None:
        """Run the driver with these environment variables within the block; None if that is not possible."""
        ...


class DriverProcess:
    """A driver as a child process."""

    def __init__(self, command: Sequence[str], *, patience: float = 30.0) -> None:
        self._command = list(command)
        self._patience = patience
        self._number = 0
        self._changes: dict[str, str] = {}
        self._running: _Running | None = None
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
        """Start the driver and request its abilities."""
        try:
            process = subprocess.Popen(  # noqa: S603  # the caller's own command
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**_environment(), **self._changes},
                **own_group(),  # its child processes end with it
            )
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise DriverError(f"cannot start the driver {self._command[0]}: {why}") from None
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._running = _Running(process, Writer(process.stdin), Reader(process.stdout, MOST_RESPONSE))
        drain(process.stderr, MOST_ERROR, self._errors.append)
        try:
            self.abilities = read_abilities(self._ask({"hello": {"protocol": VERSION}}, self._patience))
        except (ProtocolError, DriverError) as error:
            self.stop()
            raise DriverError(f"the driver did not introduce itself: {error}{self._last_words()}") from None

    def stop(self) -> None:
        """Stop the driver by closing its standard input, and kill any of its processes that keep running."""
        running, self._running = self._running, None
        if running is not None:
            running.stop()

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
        if self._running is None:
            raise DriverError("the driver is not running")
        self._running.requests.put(json.dumps(message, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        try:
            line = self._running.responses.get(within)
        except queue.Empty:
            raise DriverError(f"the driver did not respond within {within:g} s") from None
        if line is None:
            raise DriverError("the driver has ended" + self._last_words())
        if not line.is_whole:
            raise DriverError(f"the driver wrote a line of more than {MOST_RESPONSE >> 20} MiB")
        try:
            return json.loads(line.text)
        except RecursionError:
            raise DriverError("the driver wrote JSON that is nested too deeply") from None
        except ValueError:
            raise DriverError(f"the driver wrote a line that is not JSON: {line.text[:200]!r}") from None

    def _last_words(self) -> str:
        time.sleep(0.05)  # output written before it exited may still arrive
        return f"; it wrote: {self._errors[-1][:300]}" if self._errors else ""


def _environment() -> dict[str, str]:
    """Return the environment without the settings of clients.

    A client that prefers them to those of a call would reach a real control plane, with a real key.
    """
    return {name: value for name, value in os.environ.items() if not name.upper().startswith("HELMR_API_")}


@dataclass(frozen=True, slots=True)
class _Running:
    """A running driver."""

    process: subprocess.Popen[bytes]
    requests: Writer
    responses: Reader

    def stop(self) -> None:
        self.requests.stop()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(2)
        kill_group: Callable[[int, int], None] | None = getattr(os, "killpg", None)
        if kill_group is None:
            self.process.kill()
        else:  # and the processes that it left behind
            with suppress(ProcessLookupError, PermissionError):
                kill_group(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.responses.stop()
