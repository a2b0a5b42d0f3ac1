"""Waits of running tasks. A wait ends with the function that waits, so it is not stored."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ..clock import MICROSECOND, NEVER, Timer
from ..exceptions import RunCancelled
from .context import Context
from .interfaces import RunStore


@dataclass
class Outcome:
    """The outcome of a wait: `completed` with a value, `timed_out` or `cancelled`."""

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
    deadline: int = NEVER
    parks_at: int = NEVER
    timers: list[Timer] = field(default_factory=list[Timer])


class Waits:
    """The open waits, indexed by the events that may end them."""

    def __init__(self, context: Context, runs: RunStore) -> None:
        self._context = context
        self._runs = runs
        self.of_run: dict[str, Wait] = {}
        self._on_stream: dict[int, list[Wait]] = defaultdict(list)
        self._on_token: dict[str, list[Wait]] = defaultdict(list)

    def begin(self, wait: Wait, *, timeout: float | None, hot: float) -> None:
        """Register a wait. Timers end it at its timeout, and park the run after the hot window."""
        settings, now = self._context.settings, self._context.clock.now()
        self.of_run[wait.run_id] = wait
        if wait.stream_no is not None:
            self._on_stream[wait.stream_no].append(wait)
        if wait.token_id is not None:
            self._on_token[wait.token_id].append(wait)
        if timeout is not None:
            status = "completed" if wait.kind == "timer" else "timed_out"
            wait.deadline = now + round(timeout * MICROSECOND)
            self._at(wait, wait.deadline, lambda: self._over(wait, Outcome(status)))
            if timeout <= hot:
                hot = timeout + settings.hot_margin
        wait.parks_at = now + round(hot * MICROSECOND)
        self._at(wait, wait.parks_at, lambda: self._outlives_its_window(wait))

    def _at(self, wait: Wait, when: int, callback: Callable[[], None]) -> None:
        wait.timers.append(self._context.clock.call_at(when, callback))

    def open_of(self, run_id: str) -> Wait | None:
        """Return the run's open wait, if any."""
        wait = self.of_run.get(run_id)
        return wait if wait is not None and wait.open and not wait.future.done() else None

    def for_record(self, stream_no: int, sequence: int, correlation_id: str) -> list[Wait]:
        """Return the waits that this new record ends."""
        return [
            wait
            for wait in self._on_stream.get(stream_no, ())
            if wait.open and sequence > wait.after_sequence and wait.correlation_id in ("", correlation_id)
        ]

    def for_token(self, token_id: str) -> list[Wait]:
        return [wait for wait in self._on_token.get(token_id, ()) if wait.open]

    def end(self, wait: Wait, outcome: Outcome) -> None:
        """End the wait in the open transaction. A parked run queues for a worker first."""
        if not wait.open:
            return
        db = self._context.db
        wait.open, wait.outcome = False, outcome
        db.undo(lambda: self._reopen(wait))
        if not wait.parked:
            db.after_commit(lambda: self._deliver(wait))
        elif self._runs.unpark(wait.run_id, self._context.clock.now()):
            db.after_commit(lambda: self._close(wait))
        else:
            db.after_commit(lambda: self.abandon(wait))

    def resume(self, run_id: str) -> None:
        """Continue the function of a parked run that has a worker again."""
        wait = self.of_run.get(run_id)
        if wait is not None:
            self._deliver(wait)

    def interrupt(self, run_id: str, error: RunCancelled) -> None:
        """Interrupt the run's wait because the run is over, and raise the error in the waiting function."""
        wait = self.of_run.get(run_id)
        if wait is not None:
            self.abandon(wait)
            if not wait.future.done():
                wait.future.set_exception(error)

    def abandon(self, wait: Wait) -> None:
        """Drop a wait whose function no longer waits."""
        self._close(wait)
        self._forget(wait)

    async def leave(self, wait: Wait) -> None:
        """Handle an interruption of the waiting function by its own code: wait until a parked run has a
        worker again.
        """
        if not wait.parked or self.of_run.get(wait.run_id) is not wait:
            return
        wait.future = asyncio.get_running_loop().create_future()
        self._context.writes.keep(lambda: self.end(wait, Outcome("abandoned")), of=wait.run_id)
        while not wait.future.done():
            with suppress(asyncio.CancelledError):  # keep waiting if cancelled again
                await asyncio.wait([wait.future])
        wait.future.exception()  # mark it as retrieved; the next call of the function raises it

    def unresolved(self, run_id: str) -> bool:
        """Return whether the run has a wait, so that its session shows as waiting."""
        return run_id in self.of_run

    def _over(self, wait: Wait, outcome: Outcome) -> None:
        """Handle the timeout of a wait."""
        if wait.parked:
            self._context.writes.keep(lambda: self.end(wait, outcome), of=wait.run_id)
        elif wait.open:
            wait.outcome = outcome
            self._deliver(wait)

    def _outlives_its_window(self, wait: Wait) -> None:
        self._context.writes.keep(lambda: self._park(wait), of=wait.run_id)

    def _park(self, wait: Wait) -> None:
        if wait.open and self._runs.park(wait.run_id, self._context.clock.now()):
            wait.parked = True
            self._context.db.undo(lambda: self._unpark(wait))
            self._context.db.after_commit(lambda: self._context.signals.run_parked(wait.run_id))

    @staticmethod
    def _unpark(wait: Wait) -> None:
        wait.parked = False

    @staticmethod
    def _reopen(wait: Wait) -> None:
        wait.open, wait.outcome = True, None

    def _deliver(self, wait: Wait) -> None:
        """Return control to the waiting function."""
        self.abandon(wait)
        if wait.outcome is not None and not wait.future.done():
            wait.future.set_result(wait.outcome)

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
