"""Several callers' changes in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from ..store import Database

T = TypeVar("T")
Asked = tuple[Callable[[], Any], asyncio.Future[Any]]


class HalfDoneError(Exception):
    """One of several has failed after it had changed something, so that all must be undone."""


class Batch:
    """Does what comes within one turn of the event loop in one transaction: to begin and to commit one costs
    about as much as a small change itself, and in a file several times as much.

    Each is done as if it were alone. What fails without having changed anything is left out; when something
    fails halfway, nothing of the batch stands and each is done again in a transaction of its own.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: list[Asked] = []

    async def run(self, work: Callable[[], T]) -> T:
        """The result of the work, once it is durable, or its exception. It may be called twice."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._run_waiting)
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.append((work, future))
        return await future

    def _run_waiting(self) -> None:
        waiting = [(work, future) for work, future in self._waiting if not future.done()]
        self._waiting.clear()
        try:
            self._together(waiting)
        except Exception:
            for work, future in waiting:
                self._alone(work, future)

    def _together(self, waiting: list[Asked]) -> None:
        outcomes: list[Any] = []
        with self._db.transaction():
            # The first of what follows the commit: who asked goes on before what the work has set going.
            self._db.after_commit(lambda: _deliver(waiting, outcomes))
            for work, _ in waiting:
                before = self._db.changes
                try:
                    outcomes.append(work())
                except Exception as error:
                    if self._db.changes != before:
                        raise HalfDoneError from error
                    outcomes.append(error)

    def _alone(self, work: Callable[[], Any], future: asyncio.Future[Any]) -> None:
        try:
            self._together([(work, future)])
        except Exception as error:
            future.set_exception(error.__cause__ or error)


def _deliver(waiting: list[Asked], outcomes: list[Any]) -> None:
    for (_, future), outcome in zip(waiting, outcomes, strict=True):
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
