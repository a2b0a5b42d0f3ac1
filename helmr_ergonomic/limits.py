"""Time limits: for a whole call, for one attempt, and for each step of an attempt."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

import httpx

from ._tasks import Missing
from .errors import ArgumentError
from .timing import LEEWAY, LONGEST, least

Timeout: TypeAlias = "float | httpx.Timeout | None"
"""Seconds for a whole call, an `httpx.Timeout` for the steps of each attempt, or `None` for no limit."""

SHORTEST: Final = 0.001
"""The shortest limit of a step, in seconds: for a socket, 0 would mean non-blocking."""


class TimeLimits(NamedTuple):
    """The limits that a `Timeout` sets."""

    steps: httpx.Timeout
    """Seconds for each step: waiting for a free connection, connecting, each read and each write."""
    call: float | None
    """Seconds for a call with all its attempts and the pauses between them."""
    attempt: float | None
    """Seconds for each attempt."""

    @classmethod
    def of(cls, timeout: Timeout) -> TimeLimits:
        """Return the limits that a caller requests.

        A number bounds the whole call. An `httpx.Timeout` bounds the steps of each attempt, and limits an
        attempt to the sum of its steps, so that a server cannot prolong it by sending one byte at a time.

        Raises `ArgumentError` unless each number is positive.
        """
        if timeout is None:
            return cls(httpx.Timeout(None), None, None)
        if isinstance(timeout, httpx.Timeout):
            parts = {name: _seconds(value, name) for name, value in timeout.as_dict().items()}
            known = [seconds for seconds in parts.values() if seconds is not None]
            return cls(httpx.Timeout(**parts), None, sum(known) if len(known) == len(parts) else None)
        seconds = _seconds(timeout)
        return cls(httpx.Timeout(seconds), seconds, None)

    @classmethod
    def of_client(cls, http_client: httpx.Client | httpx.AsyncClient) -> TimeLimits:
        """Return the limits of the caller's client.

        These are its own timeouts. If it has httpx's default of 5 s, too short for a large payload, our
        limits per step apply.
        """
        if http_client.timeout == _HTTPX_DEFAULT:
            return cls(DEFAULT_LIMITS.steps, None, None)
        return cls.of(http_client.timeout)

    def clipped(self, seconds: float | None) -> TimeLimits:
        """Return these limits with every step shortened to about `seconds`."""
        if seconds is None:
            return self
        seconds = max(seconds, SHORTEST)
        parts = self.steps.as_dict()
        if all(part is not None and part <= seconds + LEEWAY / 2 for part in parts.values()):
            return self
        clipped = {name: least(part, seconds) for name, part in parts.items()}
        return self._replace(steps=httpx.Timeout(**clipped))


DEFAULT_LIMITS: Final = TimeLimits(httpx.Timeout(60.0, connect=10.0), 60.0, None)
"""The limits of clients without a `timeout` and an `http_client`."""

_HTTPX_DEFAULT: Final = httpx.Timeout(5.0)


def time_limits(timeout: Timeout | Missing) -> TimeLimits | None:
    """Return the limits that a caller requests, or `None`. Raises what `TimeLimits.of` raises."""
    return None if isinstance(timeout, Missing) else TimeLimits.of(timeout)


def _seconds(value: float | None, part: str | None = None) -> float | None:
    """Return a number of seconds; infinity, and more than a system can wait for, mean no limit."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        named = "timeout" if part is None else f"the {part} part of timeout"
        raise ArgumentError(
            f"{named} must be a positive number of seconds, an httpx.Timeout or None, got {value!r}"
        )
    return value if value <= LONGEST else None
