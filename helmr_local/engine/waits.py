"""What running tasks wait for. A wait lives with the function that waits, so it is not stored."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..clock import Timer
from .core import Core
from .runs import Runs


@dataclass
class Outcome:
    """How a wait ended: `completed` with a value, `timed_out` or `cancelled`."""

    status: str
    value: Any = None


@dataclass(eq=False)
class Wait:
    """One wait of one run."""

    kind: str
    run_id: str
    future: asyncio.Future[Outcome]
    stream_no: int | None = None
    correlation_id: str = ""
    after_sequence: int = 0
    token_id: str | None = None
    open: bool = True
    parked: bool = False
    outcome: Outcome | None = None
    timers: list[Timer] = field(default_factory=list[Timer])


class Waits:
    """The open waits, found by what may end them."""

    def __init__(self, core: Core, runs: Runs) -> None:
        self._core = core
        self._runs = runs
        self.of_run: dict[str, Wait] = {}
        self._on_stream: dict[int, list[Wait]] = defaultdict(list)
        self._on_token: dict[str, list[Wait]] = defaultdict(list)
        # Set by the worker: the run holds its lease no longer.
        self.released: Callable[[str], None] = lambda run_id: None

    def begin(self, wait: Wait, *, timeout: float | None, hot: float) -> None:
        """Register; it times out by itself, and parks the run when it outlives the hot window."""
        settings = self._core.settings
        self.of_run[wait.run_id] = wait
        if wait.stream_no is not None:
            self._on_stream[wait.stream_no].append(wait)
        if wait.token_id is not None:
            self._on_token[wait.token_id].append(wait)
        if timeout is not None:
            status = "completed" if wait.kind == "timer" else "timed_out"
            wait.timers.append(self._core.later(timeout, lambda: self.resolve(wait, Outcome(status))))
            if timeout <= hot:
                hot = timeout + settings.hot_margin
        wait.timers.append(self._core.later(hot, lambda: self._park(wait)))

    def for_record(self, stream_no: int, sequence: int, correlation_id: str) -> list[Wait]:
        """The waits that this new record ends."""
        return [
            wait
            for wait in self._on_stream.get(stream_no, ())
            if wait.open and sequence > wait.after_sequence and wait.correlation_id in ("", correlation_id)
        ]

    def for_token(self, token_id: str) -> list[Wait]:
        return list(self._on_token.get(token_id, ()))

    def resolve(self, wait: Wait, outcome: Outcome) -> None:
        """End the wait; call after the commit that ends it. A parked run queues for a worker first."""
        if not wait.open:
            return
        self._close(wait)
        wait.outcome = outcome
        if not wait.parked:
            self.deliver(wait)
        elif not self._runs.unpark(wait.run_id, self._core.clock.now()):
            self._forget(wait)

    def deliver(self, wait: Wait) -> None:
        """Let the waiting function go on."""
        self._forget(wait)
        if wait.outcome is not None and not wait.future.done():
            wait.future.set_result(wait.outcome)

    def interrupt(self, run_id: str, error: BaseException) -> None:
        """The run is over: the waiting function gets the error instead."""
        wait = self.of_run.get(run_id)
        if wait is not None:
            self._close(wait)
            self._forget(wait)
            if not wait.future.done():
                wait.future.set_exception(error)

    def abandon(self, wait: Wait) -> None:
        """The waiting function has left, by whatever way."""
        if wait.open:
            self._close(wait)
        self._forget(wait)

    def unresolved(self, run_id: str) -> bool:
        """Whether the session of the run shows as waiting for this reason."""
        return run_id in self.of_run

    def _park(self, wait: Wait) -> None:
        if wait.open and self._runs.park(wait.run_id, self._core.clock.now()):
            wait.parked = True
            self.released(wait.run_id)

    def _close(self, wait: Wait) -> None:
        wait.open = False
        for timer in wait.timers:
            timer.cancel()
        if wait.stream_no is not None:
            self._drop(self._on_stream, wait.stream_no, wait)
        if wait.token_id is not None:
            self._drop(self._on_token, wait.token_id, wait)

    def _forget(self, wait: Wait) -> None:
        if self.of_run.get(wait.run_id) is wait:
            del self.of_run[wait.run_id]

    @staticmethod
    def _drop(index: dict[Any, list[Wait]], key: Any, wait: Wait) -> None:
        waits = index.get(key)
        if waits is not None and wait in waits:
            waits.remove(wait)
            if not waits:
                del index[key]
