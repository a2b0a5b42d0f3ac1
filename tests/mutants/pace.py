"""How much of the machine a process gets: the measure of "it hangs" on a machine that others keep busy."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType


def share(
    burst: float,
    clock: Callable[[], float] = time.perf_counter,
    used: Callable[[], float] = time.thread_time,
) -> float:
    """The part of one core that this thread gets while it works for `burst` seconds of processor time."""
    began, until = clock(), used() + burst
    while used() < until:
        pass
    return min(1.0, burst / max(clock() - began, burst))


class Pace:
    """Counts the seconds that an idle machine would have needed for what this one gave meanwhile.

    Every `interval` seconds a short burst of work shows which share of a core a process gets; an interval
    counts with its share. With four busy processes on two cores a second counts as about half a second.
    """

    BURST = 0.02  # longer than a scheduler's slice, so that a thread that just woke has no advantage

    def __init__(
        self,
        interval: float = 0.5,
        clock: Callable[[], float] = time.perf_counter,
        measure: Callable[[], float] = lambda: share(Pace.BURST),
    ) -> None:
        self._interval = interval
        self._clock = clock
        self._measure = measure
        self._lock = threading.Lock()
        self._given = 0.0
        self._share = 1.0
        self._since = clock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pace", daemon=True)

    def __enter__(self) -> Pace:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def given(self) -> float:
        """Seconds so far; they never run faster than a clock."""
        with self._lock:
            return self._given + (self._clock() - self._since) * self._share

    def update(self) -> None:
        """Count what has passed since the last time with the share that the machine gives now."""
        measured = self._measure()
        with self._lock:
            now = self._clock()
            # The lower of both shares: a hang must not be diagnosed because the machine has just become idle.
            self._given += (now - self._since) * min(self._share, measured)
            self._share, self._since = measured, now

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            self.update()
