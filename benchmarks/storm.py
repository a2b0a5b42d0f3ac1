"""Simulates how a fleet of clients worsens an outage: `python -m benchmarks.storm`.

10,000 clients make calls, and 50 of them follow 200 runs each. The control plane is up, then down (it refuses
connections), then slow (a third of its capacity), then up again. Time is simulated, and the network is a
queue. Delays and budgets are the client's own (`retry_delay`, `RetryBudget`, the pauses of follows). The
table shows, with and without the budget, the load added by retries and reconnects, the time until calls
succeed as before, and the spread of delays during the recovery.
"""

from __future__ import annotations

import heapq
import random
import statistics
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from unittest import mock

from helmr_ergonomic import RetryBudget, reconnect
from helmr_ergonomic.reconnect import Reconnects, reconnecting
from helmr_ergonomic.retries import DEFAULT_MAX_RETRIES, retry_delay
from helmr_ergonomic.waiting import Pause

from .measure import percentile

CLIENTS = 10_000
FOLLOWERS = 50
FOLLOWS = 200
CALLS_PER_SECOND = 2_000.0
CAPACITY = 3_000.0
"""Requests that the control plane serves per second."""
QUEUE = 5 * CAPACITY
"""Maximum number of queued requests; further requests get a 503."""
TIMEOUT = 10.0
"""Seconds after which a client abandons an attempt, which the control plane still processes."""
DOWN, SLOW, BACK, END = 20.0, 50.0, 80.0, 150.0
USUAL = 1.0
"""Maximum duration in seconds of a call in normal operation."""


@dataclass
class Plane:
    """The control plane, modelled as one queue."""

    free_at: float = 0.0
    attempts: Counter[int] = field(default_factory=Counter[int])

    def receive(self, now: float) -> float | None:
        """Return the time at which a request that arrives now is served; `None` if it is rejected."""
        self.attempts[int(now)] += 1
        if DOWN <= now < SLOW:
            return None
        rate = CAPACITY / 3 if SLOW <= now < BACK else CAPACITY
        waiting = max(0.0, self.free_at - now)
        if waiting * rate >= QUEUE:
            return None
        self.free_at = now + waiting + 1 / rate
        return self.free_at


class Storm:
    """One run of the simulation."""

    def __init__(self, *, budget: bool) -> None:
        self.plane = Plane()
        self.now = 0.0
        self.calls: Counter[int] = Counter()
        self.ends: list[tuple[float, float | None]] = []
        """Start and duration of each call; the duration is `None` if it failed."""
        self.reopened: list[float] = []
        self._number = 0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._budgets = [RetryBudget() if budget else None for _ in range(CLIENTS)]
        self._clients = random.Random(1)  # noqa: S311  the same calls in each run

    def run(self) -> None:
        random.seed(2)
        self.at(self._clients.expovariate(CALLS_PER_SECOND), self._call)
        for number in range(FOLLOWERS):
            self.at(DOWN, lambda number=number: self._break(number))  # type: ignore[misc]
        while self._events:
            self.now, _, event = heapq.heappop(self._events)
            event()

    def at(self, delay: float, event: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._events, (self.now + delay, self._number, event))

    # --- calls ---------------------------------------------------------------------------------------------

    def _call(self) -> None:
        if self.now >= END:
            return
        self.at(self._clients.expovariate(CALLS_PER_SECOND), self._call)
        self.calls[int(self.now)] += 1
        self._attempt(self._clients.randrange(CLIENTS), self.now, 1)

    def _attempt(self, client: int, began: float, attempt: int) -> None:
        done = self.plane.receive(self.now)
        if done is None:
            self._failed(client, began, attempt)
        elif done - self.now > TIMEOUT:
            self.at(TIMEOUT, lambda: self._failed(client, began, attempt))
        else:
            self.at(done - self.now, lambda: self._succeeded(client, began, attempt))

    def _failed(self, client: int, began: float, attempt: int) -> None:
        budget = self._budgets[client]
        if attempt > DEFAULT_MAX_RETRIES or (budget is not None and not budget.take()):
            self.ends.append((began, None))
        else:
            self.at(retry_delay(attempt, None), lambda: self._attempt(client, began, attempt + 1))

    def _succeeded(self, client: int, began: float, attempt: int) -> None:
        self.ends.append((began, self.now - began))
        budget = self._budgets[client]
        if budget is not None:
            budget.succeeded(retried=attempt > 1)

    # --- follows -------------------------------------------------------------------------------------------

    def _break(self, number: int) -> None:
        budget = self._budgets[number]
        reconnects = Reconnects(None if budget is None else budget.reconnects)
        for follow in range(FOLLOWS):
            reconnects.broke(str(follow))
            pause = reconnecting()
            self.at(pause.next(), Follow(self, reconnects, pause, str(follow)).open)


@dataclass
class Follow:
    """A follow whose stream was interrupted."""

    storm: Storm
    reconnects: Reconnects
    pause: Pause
    path: str

    def open(self) -> None:
        self.storm.at(self.reconnects.delay(self.path), self._try)

    def _try(self) -> None:
        done = self.storm.plane.receive(self.storm.now)
        if done is not None and done - self.storm.now <= TIMEOUT:
            self.storm.at(done - self.storm.now, self._opened)
        else:
            self.reconnects.broke(self.path)
            self.storm.at((0.0 if done is None else TIMEOUT) + self.pause.next(), self.open)

    def _opened(self) -> None:
        self.reconnects.opened(self.path)
        self.storm.reopened.append(self.storm.now)


@dataclass(frozen=True)
class Outcome:
    """The results of a simulation."""

    down: float
    slow: float
    recovery: float
    reopened: float
    failed: float
    median: float
    slowest: float


def simulate(*, budget: bool) -> Outcome:
    storm = Storm(budget=budget)
    with mock.patch.object(reconnect, "monotonic", side_effect=lambda: storm.now):
        storm.run()

    def load(begin: float, end: float) -> float:
        seconds = range(int(begin), int(end))
        return sum(storm.plane.attempts[s] for s in seconds) / sum(storm.calls[s] for s in seconds)

    troubled = {int(began) for began, took in storm.ends if began >= BACK and (took is None or took > USUAL)}
    after = [took for began, took in storm.ends if BACK <= began < BACK + 30 and took is not None]
    during = [took for began, took in storm.ends if DOWN <= began < BACK + 30]
    return Outcome(
        load(DOWN, SLOW),
        load(SLOW, BACK),
        max(troubled) + 1 - BACK if troubled else 0.0,
        max(storm.reopened) - BACK,
        sum(took is None for took in during) / len(during),
        statistics.median(after),
        percentile(after, 99),
    )


def main() -> None:
    without, within = simulate(budget=False), simulate(budget=True)
    rows: list[tuple[str, Callable[[Outcome], str]]] = [
        ("requests per call while it is down", lambda o: f"{o.down:.2f}"),
        ("requests per call while it is slow", lambda o: f"{o.slow:.2f}"),
        ("seconds until calls succeed as before", lambda o: f"{o.recovery:.0f}"),
        ("seconds until the last follow is open again", lambda o: f"{max(0.0, o.reopened):.0f}"),
        ("calls that failed, from the outage to 30 s after it", lambda o: f"{o.failed:.0%}"),
        ("delay of calls in the 30 s after it: median", lambda o: f"{o.median:.2f} s"),
        ("the same, the slowest of a hundred", lambda o: f"{o.slowest:.2f} s"),
    ]
    print(f"| {'':51} | without | with the budget |")
    print(f"|{'-' * 53}|{'-' * 9}|{'-' * 17}|")
    for name, cell in rows:
        print(f"| {name:51} | {cell(without):7} | {cell(within):15} |")


if __name__ == "__main__":
    main()
