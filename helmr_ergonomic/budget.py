"""Limits on the load that a client adds to a struggling server."""

from __future__ import annotations

import threading

from ._public import public
from .errors import ArgumentError


class RetryBudget:
    """How many retries a client may make: a bucket of tokens that successes refill.

    Each retry takes a token, and a request that succeeds after a retry returns one; any other success adds
    `refill`. When no token is left, an error is raised without a retry. Occasional failures are thus retried
    up to `max_retries` times, but a server that is down does not receive several requests for each call. AWS
    SDKs in standard mode and gRPC retry throttling work the same way.

    Clients may share a budget; it is safe to use from several threads and event loops.

    Args:
        capacity: The maximum number of tokens; at least 1.
        initial: The initial number of tokens; from 0 to `capacity`. The default is low, because in an outage
            most of the load comes from many clients that each send little. A busy client earns more through
            its successes.
        refill: The amount that a success without a retry adds; from 0 to 1.
        reconnects: How many event streams are reopened per second after several of a client's streams broke;
            at least 1. No stream waits for more than 30 seconds.

    Raises:
        ArgumentError: An argument is out of its range.

    >>> client = HelmrClient(retry_budget=RetryBudget(capacity=20, refill=0.1))
    """

    __slots__ = ("_lock", "_tokens", "capacity", "initial", "reconnects", "refill")

    def __init__(
        self, capacity: int = 100, *, initial: int = 10, refill: float = 0.2, reconnects: int = 4
    ) -> None:
        numbers = ("capacity", capacity, 1), ("initial", initial, 0), ("reconnects", reconnects, 1)
        for name, value, least in numbers:
            if not _is_number(value) or value < least:
                raise ArgumentError(f"{name} must be {least} or more, got {value!r}")
        if not _is_number(refill) or not 0 <= refill <= 1:
            raise ArgumentError(f"refill must be from 0 to 1, got {refill!r}")
        self.capacity: int = capacity
        self.initial: int = initial
        self.refill: float = refill
        self.reconnects: int = reconnects
        self._tokens = float(min(initial, capacity))
        self._lock = threading.Lock()

    @property
    def tokens(self) -> float:
        """The current number of tokens, possibly with a fraction."""
        return self._tokens

    def take(self) -> bool:
        """Take a token for a retry. Returns whether there was one.

        >>> RetryBudget(1).take()
        True
        """
        with self._lock:
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True

    def succeeded(self, *, retried: bool) -> None:
        """Record that a request succeeded, after a retry or without one.

        >>> RetryBudget().succeeded(retried=False)
        """
        if self._tokens < self.capacity:  # the bucket is almost always full: skip the lock
            with self._lock:
                self._tokens = min(self.capacity, self._tokens + (1 if retried else self.refill))

    def __repr__(self) -> str:
        rest = f"initial={self.initial}, refill={self.refill}, reconnects={self.reconnects}"
        return f"RetryBudget({self.capacity}, {rest})"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


public(RetryBudget)
