"""Measures the processor share of this process, to detect hangs on a busy machine."""

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
    """Return the share of one core that this thread gets while it uses `burst` seconds of processor time."""
    began, until = clock(), used() + burst
    while used() < until:
        pass
    return min(1.0, burst / max(clock() - began, burst))


class Pace:
    """Counts elapsed time, weighted by the share of a core that is available.

    Every `interval` seconds a short burst of work measures the share of a core, which weights the interval.
    With four busy processes on two cores, one second counts as about half a second.
    """

    BURST = 0.02  # longer than a scheduler slice, so that a thread that just woke up has no advantage

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
        """The weighted seconds so far, never more than the elapsed time."""
        with self._lock:
            return self._given + (self._clock() - self._since) * self._share

    def update(self) -> None:
        """Measure the share and count the time since the last update."""
        measured = self._measure()
        with self._lock:
            now = self._clock()
            # Use the lower share: a machine that has just become idle must not make a test look hung.
            self._given += (now - self._since) * min(self._share, measured)
            self._share, self._since = measured, now

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            self.update()
