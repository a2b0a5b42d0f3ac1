"""What the processes of a schema run tell each other, over the pipes between a parent and its own child."""

from __future__ import annotations

import pickle
import threading
from dataclasses import dataclass, field
from typing import IO, Any

from helmr_contract.schema.part import Part
from helmr_contract.schema.runner import SchemaProgress, SchemaResult
from helmr_contract.target import Target


@dataclass(frozen=True, slots=True)
class Start:
    """From the parent: the first message."""

    part: Part
    target: Target | None  # None: the child starts a local control plane
    key: str | None = field(repr=False)  # kept out of reports
    end: float | None = None  # when the time budget is spent, as `time.time()` counts


@dataclass(frozen=True, slots=True)
class Question:
    """From the child: may it test this operation in this phase? The parent responds with a boolean."""

    phase: str
    operation: str


@dataclass(frozen=True, slots=True)
class Failed:
    """From the child: the error that ended its part."""

    reason: str


Message = Question | SchemaProgress | SchemaResult | Failed


class Channel:
    """Exchanges objects over two pipes; several threads may use it."""

    def __init__(self, receiving: IO[bytes], sending: IO[bytes]) -> None:
        self._receiving = receiving
        self._sending = sending
        self._sends = threading.Lock()
        self._asks = threading.Lock()

    def send(self, message: object) -> None:
        content = pickle.dumps(message)
        with self._sends:
            self._sending.write(content)
            self._sending.flush()

    def receive(self) -> Any:
        """Wait for the next object.

        Raises:
            EOFError: The other process has ended.
        """
        try:
            return pickle.load(self._receiving)  # noqa: S301  # written by a process of this run
        except pickle.UnpicklingError as error:
            raise EOFError(str(error)) from error

    def claim(self, phase: str, operation: str) -> bool:
        """Ask the parent whether to test an operation."""
        with self._asks:
            self.send(Question(phase, operation))
            return bool(self.receive())
