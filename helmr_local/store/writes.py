"""The queue of database changes: several per transaction, retried until the database accepts them."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..clock import MICROSECOND, NEVER, Clock, Timer
from .database import Database
from .errors import BUSY, UNAVAILABLE

logger = logging.getLogger("helmr_local")

T = TypeVar("T")
Work = Callable[[], Any]
Otherwise = Callable[[Exception], Work]

FIRST_DELAY, LONGEST_DELAY = 0.01, 0.5
"""The first and the longest delay between two attempts, in seconds."""


class HalfDoneError(Exception):
    """One of several changes failed after changing something, so all must be undone."""


@dataclass(eq=False, slots=True)
class Write:
    """One change, which may be tried several times until it is committed.

    Args:
        of: The run that it belongs to: changes of one run stay in order.
        future: Receives the result; None if no caller waits and the change is kept until it is recorded.
        until: The instant at which the waiting caller gives up.
        otherwise: Alternatives to record, in turn, if the change itself fails.
    """

    work: Work
    of: str | None
    future: asyncio.Future[Any] | None = None
    until: int = NEVER
    otherwise: tuple[Otherwise, ...] = ()

    @property
    def left(self) -> bool:
        """True if its caller no longer waits."""
        return self.future is not None and self.future.done()


class Writes:
    """The queue of changes.

    Changes that arrive within one turn of the event loop share a transaction: starting and committing one
    costs about as much as a small change, and in a file several times as much. Each change behaves as if it
    were alone: one that fails without having changed anything is left out; if one fails halfway, everything
    is rolled back and each change is repeated in a separate transaction. If the database is unavailable
    (another process is writing, the disk is full), the changes are retried after a delay. The event loop is
    never blocked.

    Args:
        clock: The clock for the delays between two attempts.
    """

    def __init__(self, db: Database, clock: Clock, patience: float) -> None:
        self._db = db
        self._clock = clock
        self._patience = patience
        self._fresh: list[Write] = []
        self._turn: asyncio.Handle | None = None
        self._kept: list[Write] = []  # already tried; the database was unavailable
        self._retry: Timer | None = None
        self._delay = FIRST_DELAY
        self._closed: Exception | None = None

    # --- submitting ----------------------------------------------------------------------------------

    async def run(self, work: Callable[[], T], *, of: str | None = None, seconds: float | None = None) -> T:
        """Do the work in a transaction. Return its result once that is durable, or raise its exception.

        Args:
            seconds: The maximum time to wait for an unavailable database; None means the default for
                requests, and infinity means no limit.

        Raises:
            UNAVAILABLE: The database has not accepted it in this time.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        patience = self._patience if seconds is None else seconds
        until = NEVER if patience == math.inf else self._clock.now() + round(patience * MICROSECOND)
        self._add(Write(work, of, future, until))
        return await future

    def keep(self, work: Work, *, of: str | None = None, otherwise: tuple[Otherwise, ...] = ()) -> None:
        """Record a change in this turn of the event loop or, if the database does not accept it, later."""
        self._add(Write(work, of, otherwise=otherwise))

    def now(self, work: Work, *, of: str) -> None:
        """Like `keep`, but try to record the change before returning."""
        self.keep(work, of=of)
        self._do_fresh()

    @property
    def pending(self) -> bool:
        """True while a change is neither recorded nor rejected."""
        return bool(self._fresh or self._kept)

    @property
    def backlog(self) -> int:
        """The number of changes that the database has not accepted yet."""
        return len(self._kept)

    def _add(self, write: Write) -> None:
        if self._closed is not None:
            if write.future is not None:
                write.future.set_exception(self._closed)
            return
        self._fresh.append(write)
        if self._turn is None:
            self._turn = asyncio.get_running_loop().call_soon(self._do_fresh)

    # --- executing -----------------------------------------------------------------------------------

    def _do_fresh(self) -> None:
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        fresh, self._fresh = self._fresh, []
        if self._kept:
            held = {write.of for write in self._kept} - {None}
            self._kept += [write for write in fresh if write.of in held]
            fresh = [write for write in fresh if write.of not in held]
        self._do(fresh)

    def _do_kept(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        kept, self._kept = self._kept, []
        self._delay = min(self._delay * 2, LONGEST_DELAY)
        self._do(kept)
        if not self._kept:
            self._delay = FIRST_DELAY

    def _do(self, writes: list[Write]) -> None:
        """Execute the changes. Those that the database does not accept are retried later, unless their
        callers no longer wait.
        """
        writes = [write for write in writes if not write.left]
        if not writes:
            return
        try:
            self._together(writes)
        except Exception as error:
            failed, why = self._one_by_one(writes, error)
            self._kept += self._patient(failed, why)
        if self._kept and self._retry is None:
            first = min(write.until for write in self._kept)
            then = min(self._clock.now() + round(self._delay * MICROSECOND), first)
            self._retry = self._clock.call_at(then, self._do_kept)

    def _together(self, writes: list[Write]) -> None:
        outcomes: list[Any] = []
        with self._db.transaction():
            # Registered first, so that the caller continues before anything that the work has triggered.
            self._db.after_commit(lambda: _deliver(writes, outcomes))
            for write in writes:
                before = self._db.changes
                try:
                    outcomes.append(write.work())
                except UNAVAILABLE:  # the transaction has already ended
                    raise
                except Exception as error:
                    # The alternative needs a transaction without the failed change.
                    if self._db.changes != before or write.otherwise:
                        raise HalfDoneError from error
                    outcomes.append(error)

    def _one_by_one(self, writes: list[Write], error: Exception) -> tuple[list[Write], Exception]:
        """Execute each change in its own transaction; return those that the database does not accept, and the
        error.
        """
        kept: list[Write] = []
        held: set[str | None] = set()
        if isinstance(error, BUSY) or (isinstance(error, UNAVAILABLE) and len(writes) == 1):
            return writes, error
        for position, write in enumerate(writes):
            if write.of is not None and write.of in held:
                kept.append(write)
                continue
            try:
                self._alone(write)
            except BUSY as busy:
                return [*kept, *writes[position:]], busy
            except UNAVAILABLE as unavailable:
                kept.append(write)
                held.add(write.of)
                error = unavailable
        return kept, error

    def _alone(self, write: Write) -> None:
        try:
            self._together([write])
        except UNAVAILABLE:
            raise
        except Exception as error:
            cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
            if write.otherwise:
                write.work, write.otherwise = write.otherwise[0](cause), write.otherwise[1:]
                self._alone(write)
            else:
                _deliver([write], [cause])

    def _patient(self, kept: list[Write], why: Exception) -> list[Write]:
        """Return those to be retried; the callers of the others get the error."""
        now, patient = self._clock.now(), list[Write]()
        for write in kept:
            if write.until > now:
                patient.append(write)
            elif write.future is not None and not write.future.done():
                write.future.set_exception(why)
        return patient

    # --- closing -------------------------------------------------------------------------------------

    def flush(self) -> bool:
        """Execute the waiting changes now; return whether all were accepted."""
        self._do_kept()
        self._do_fresh()
        return not self._kept

    def close(self, why: Exception) -> None:
        """Accept no more changes. Callers that still wait get `why`; changes to be kept are lost."""
        self._closed = why
        if self._turn is not None:
            self._turn.cancel()
        if self._retry is not None:
            self._retry.cancel()
        left, self._kept, self._fresh = [*self._kept, *self._fresh], [], []
        lost = sum(1 for write in left if write.future is None)
        if lost:
            logger.warning("the database accepted no writes until the server stopped; lost changes: %d", lost)
        for write in left:
            if write.future is not None and not write.future.done():
                write.future.set_exception(why)


def _deliver(writes: list[Write], outcomes: list[Any]) -> None:
    for write, outcome in zip(writes, outcomes, strict=True):
        if write.future is None:
            if isinstance(outcome, Exception):
                logger.error("a change could not be recorded", exc_info=outcome)
        elif write.future.done():  # the caller no longer waits
            continue
        elif isinstance(outcome, Exception):
            write.future.set_exception(outcome)
        else:
            write.future.set_result(outcome)
