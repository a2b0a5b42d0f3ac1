"""Runs chores at fixed intervals."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ..clock import MICROSECOND, Clock, Timer
from ..store import UNAVAILABLE

logger = logging.getLogger("helmr_local")


class Repeating:
    """A chore that is repeated at a fixed interval of the engine's clock."""

    def __init__(self, clock: Clock, interval: float, chore: Callable[[], None]) -> None:
        self._clock = clock
        self._interval = round(interval * MICROSECOND)
        self._chore = chore
        self._timer: Timer | None = None

    def start(self) -> None:
        self._timer = self._clock.call_at(self._clock.now() + self._interval, self._fire)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self.start()
        attempt(self._chore)


def attempt(chore: Callable[[], None]) -> None:
    """Run a chore and log a failure; it will run again."""
    try:
        chore()
    except UNAVAILABLE:
        pass  # the database has already logged this
    except Exception:
        logger.exception("%s failed; it will be retried", getattr(chore, "__qualname__", "a chore"))
