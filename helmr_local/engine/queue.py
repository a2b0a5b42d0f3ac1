"""The in-memory queue of runs: which run is next, and which lanes are full."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, defaultdict
from typing import NamedTuple, cast

from ..clock import MICROSECOND
from .rows import RunPlace, RunToExecute

Lane = tuple[str, str, str]
"""Environment, queue and concurrency key."""


class Ticket(NamedTuple):
    """A run's place in the queue. The first four fields define a total order."""

    rank: int  # when the run was queued, minus its priority in seconds
    queued_at: int
    run_no: int
    number: int
    run_id: str
    lane: Lane
    deployment_id: str
    run: RunToExecute | None  # the row, if it was just read and the run can start soon


class Queue:
    """Tickets in order, the free slots, and the tickets held back in full lanes."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._ready: list[Ticket] = []
        self._held: dict[Lane, list[Ticket]] = defaultdict(list)
        self._busy: Counter[Lane] = Counter()
        self._of_run: dict[str, Ticket] = {}
        self._numbers = itertools.count()

    def ticket(self, run: RunPlace) -> Ticket:
        """Create a ticket for the run, replacing any earlier one."""
        spare = len(self._ready) >= self.slots  # the run has to wait, so its row is not kept in memory
        ticket = Ticket(
            run["queued_at"] - run["priority"] * MICROSECOND,
            run["queued_at"],
            run["no"],
            next(self._numbers),
            run["id"],
            (run["environment_id"], run["queue_name"], run["concurrency_key"]),
            run["deployment_id"],
            None if spare or "payload" not in run else cast("RunToExecute", run),
        )
        self._of_run[ticket.run_id] = ticket
        return ticket

    def push(self, ticket: Ticket) -> None:
        """Put a ticket in the queue, unless the run has a newer ticket or no longer needs one."""
        if self._of_run.get(ticket.run_id) is ticket:
            heapq.heappush(self._ready, ticket)

    def next(self) -> Ticket | None:
        """Return the first ticket that can be served; None if there is none, or no free slot."""
        while self._ready and self.slots > 0:
            ticket = self._ready[0]
            if self._of_run.get(ticket.run_id) is ticket:
                return ticket
            heapq.heappop(self._ready)
        return None

    def pop(self) -> None:
        """Remove the ticket that `next` returned."""
        heapq.heappop(self._ready)

    def hold(self, ticket: Ticket) -> None:
        """Hold the ticket back because its lane is full."""
        held = self._of_run[ticket.run_id] = ticket._replace(run=None)
        heapq.heappush(self._held[ticket.lane], held)

    def offer(self, lane: Lane) -> None:
        """Return the first ticket held back in the lane to the queue, because the lane has a free slot."""
        held = self._held.get(lane, [])
        while held:
            ticket = heapq.heappop(held)
            if self._of_run.get(ticket.run_id) is ticket:
                heapq.heappush(self._ready, ticket)
                break
        if not held:
            self._held.pop(lane, None)

    def done(self, ticket: Ticket) -> None:
        """Drop the run's ticket."""
        if self._of_run.get(ticket.run_id) is ticket:
            del self._of_run[ticket.run_id]

    # --- slots -------------------------------------------------------------------------------------

    def busy(self, lane: Lane) -> int:
        """Return the number of runs in the lane that have a slot."""
        return self._busy[lane]

    def take(self, lane: Lane) -> None:
        """Take a slot."""
        self.slots -= 1
        self._busy[lane] += 1

    def free(self, lane: Lane) -> None:
        """Release a slot."""
        self.slots += 1
        self._busy[lane] -= 1
        if not self._busy[lane]:
            del self._busy[lane]
