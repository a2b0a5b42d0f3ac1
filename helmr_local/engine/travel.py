"""Moves a manual clock, and does everything that falls due on the way.

Between two steps, all work that takes no time is completed: runs are dispatched, task code runs until it
waits for something, and its writes are recorded. So the order of events depends only on their instants.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from ..clock import MICROSECOND, NEVER, SteppedClock
from ..store import UNAVAILABLE
from .context import Context
from .scheduler import attempt
from .worker import Worker

logger = logging.getLogger("helmr_local")

_QUIET_TURNS = 3
"""The number of idle turns of the event loop after which nothing more is expected to happen."""
_QUICK_TURNS = 50
"""The number of turns without a pause; most work that takes no time is done in fewer."""
_PAUSE = 0.001
_WATCH = 0.005
"""Seconds of the machine's time between two checks of what is due."""
_SWEEPS = 100
"""The maximum number of sweeps at one instant; anything still due is retried later, as in real time."""


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """Work that is due at certain instants, in addition to timers.

    Args:
        next_due: Returns the next instant at which there is work.
        next_start: Returns the next instant at which a run starts without an outside event; sleeping runs are
            not included.
        chores: Functions that do the work that is due.
    """

    next_due: Callable[[], int]
    next_start: Callable[[], int]
    chores: Sequence[Callable[[], None]]


@dataclass(slots=True)
class _Journey:
    """One move of the clock.

    Args:
        patience: The seconds of the machine's time that task code may take between two steps.
        left: The runs that have taken longer; the clock no longer waits for them.
    """

    patience: float
    left: set[str] = field(default_factory=set[str])


class Travel:
    """Moves a server's clock: on request, and automatically if it is a clock that skips."""

    def __init__(
        self, context: Context, clock: SteppedClock, worker: Worker, housekeeping: Housekeeping
    ) -> None:
        self._context = context
        self._clock = clock
        self._worker = worker
        self._housekeeping = housekeeping
        self._moving = asyncio.Lock()
        self._sweeps = (NEVER, 0)  # an instant, and the number of its sweeps
        self._watcher: asyncio.Task[None] | None = None
        self._read_at: tuple[int, int] | None = None
        self._read = (NEVER, NEVER)

    def start(self) -> None:
        """Start doing work that is due while the clock stands still."""
        self._watcher = asyncio.get_running_loop().create_task(self._watch(), name="helmr-local clock")

    async def stop(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._watcher

    async def advance(self, microseconds: int, patience: float) -> None:
        """Advance the clock by a duration.

        Args:
            patience: The seconds of the machine's time that task code may take between two steps. The clock
                does not wait for a run that takes longer.
        """
        async with self._moving:
            journey = _Journey(patience)
            await self._settle(journey)
            await self._to(self._clock.now() + microseconds, journey)

    async def advance_to_next(self, patience: float) -> bool:
        """Advance to the next instant at which anything is due; return False if nothing is."""
        async with self._moving:
            journey = _Journey(patience)
            await self._settle(journey)
            ends = (at for at, _ in self._worker.deadlines())
            at = min(*self._instants(), *ends)
            if at == NEVER:
                return False
            await self._to(at, journey)
            return True

    async def _to(self, end: int, journey: _Journey) -> None:
        while (at := min(self._clock.next_at(), self._next_sweep())) <= end:
            self._step(at)
            await self._settle(journey)
        self._clock.move_to(end)

    def _step(self, at: int) -> None:
        if self._clock.next_at() <= at:
            self._clock.fire_next()
            return
        self._clock.move_to(at)
        self._sweep()

    def _sweep(self) -> None:
        instant, times = self._sweeps
        now = self._clock.now()
        self._sweeps = (now, times + 1 if instant == now else 1)
        for chore in self._housekeeping.chores:
            attempt(chore)

    def _instants(self) -> tuple[int, int]:
        """Return the results of `next_due` and `next_start`, cached until the database or the time
        changes.
        """
        state = self._context.db.changes[0], self._clock.now()
        if self._read_at != state:
            self._read = self._housekeeping.next_due(), self._housekeeping.next_start()
            self._read_at = state
        return self._read

    def _next_sweep(self) -> int:
        due, now = self._instants()[0], self._clock.now()
        if due > now:
            return due
        if self._sweeps[0] == now and self._sweeps[1] >= _SWEEPS:
            return now + round(self._context.settings.sweep_interval * MICROSECOND)
        return now

    async def _settle(self, journey: _Journey) -> bool:
        """Complete all work that takes no time; return False if some is unfinished when the patience runs
        out.
        """
        loop = asyncio.get_running_loop()
        until, turn, quiet = loop.time() + journey.patience, 0, 0
        while quiet < _QUIET_TURNS:
            await asyncio.sleep(0 if turn < _QUICK_TURNS else _PAUSE)
            turn += 1
            quiet = 0 if self._worker.busy(journey.left) or self._context.writes.pending else quiet + 1
            if quiet == 0 and turn >= _QUICK_TURNS and loop.time() >= until:
                self._leave(journey)
                return False
        return True

    def _leave(self, journey: _Journey) -> None:
        for execution in self._worker.working():
            if execution.run_id not in journey.left and journey.patience > 0:
                logger.warning(
                    "advancing the clock although run %s of %s is still working: its code has "
                    "neither returned nor waited on its context within %g s",
                    execution.run_id,
                    execution.task_id,
                    journey.patience,
                )
            journey.left.add(execution.run_id)

    # --- while it stands still ---------------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCH)
            if self._moving.locked() or self._worker.busy() or self._context.writes.pending:
                continue
            try:
                async with self._moving:
                    while self._go_on():
                        if not await self._settle(_Journey(patience=0)):
                            break
            except UNAVAILABLE:
                pass  # the database has already logged this, and it will be retried
            except Exception:
                logger.exception("the clock could not be moved; this will be retried")

    def _go_on(self) -> bool:
        """Do the work that is due now or, if the clock skips, advance by one step; return False if there is
        nothing to do.
        """
        step = min(self._clock.next_at(), self._next_sweep())
        if step > self._clock.now():
            target = self._skip_to() if self._clock.skips else NEVER
            if target == NEVER:
                return False
            step = min(step, target)
        self._step(step)
        return True

    def _skip_to(self) -> int:
        """Return the instant to skip to, or `NEVER` if something other than time may let a run continue
        before then. The clock never skips past the deadline of a wait for an input or a token, which may be
        about to arrive.
        """
        target, barrier = self._instants()[1], NEVER
        for at, sleeps in self._worker.deadlines():
            if sleeps:
                target = min(target, at)
            else:
                barrier = min(barrier, at)
        return target if self._clock.now() < target < barrier else NEVER
