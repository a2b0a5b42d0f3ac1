"""Deadlines, growing pauses, and limits on silence in an event stream."""

from __future__ import annotations

import random
from time import monotonic
from typing import Final

from helmr_api.constants import EVENTS_KEEP_ALIVE_SECONDS

from .durations import Duration, to_seconds

MAX_SILENCE: Final = EVENTS_KEEP_ALIVE_SECONDS + 10.0


class Deadline:
    """A point in time on the monotonic clock, or never."""

    __slots__ = ("_at", "_began", "seconds")

    def __init__(self, timeout: Duration | float | None, *, what: str = "timeout") -> None:
        self.seconds: float | None = None if timeout is None else to_seconds(timeout, what)
        self._began = monotonic()
        self._at = None if self.seconds is None else self._began + self.seconds

    def elapsed(self) -> float:
        """Return the seconds since the deadline was created."""
        return monotonic() - self._began

    def left(self) -> float | None:
        """Return the seconds left, at least 0; `None` if there is no deadline."""
        return None if self._at is None else max(0.0, self._at - monotonic())

    def earlier(self, seconds: float | None) -> Deadline:
        """Return this deadline, or one in `seconds` from now if that is earlier."""
        left = self.left()
        if seconds is None or (left is not None and left <= seconds):
            return self
        return Deadline(seconds)

    def is_before(self, seconds: float) -> bool:
        """True if at most `seconds` are left."""
        left = self.left()
        return left is not None and left <= seconds

    @property
    def passed(self) -> bool:
        """True if the deadline has passed."""
        return self._at is not None and monotonic() >= self._at

    def clip(self, seconds: float) -> float:
        """Return `seconds`, or the time left if that is less."""
        left = self.left()
        return seconds if left is None else min(seconds, left)


NEVER: Final = Deadline(None)


class Pause:
    """Pauses that grow from `first` to `longest` seconds while nothing happens.

    Each pause is a random fraction of that, from `least` to 1.
    """

    __slots__ = ("_asked", "_least", "_next", "first", "longest")

    def __init__(self, first: float, longest: float, *, least: float = 0.8) -> None:
        self._least = least
        self.first: float = first
        self.longest: float = longest
        self._next = first
        self._asked = 0.0

    def reset(self) -> None:
        """Start over with short pauses, because something happened."""
        self._next = self.first

    def ask(self, seconds: float) -> None:
        """Make the next pause at least this many seconds long."""
        self._asked = max(self._asked, seconds)

    @property
    def is_asked(self) -> bool:
        """True if a pause is needed, even if something happened."""
        return self._asked > 0

    def next(self) -> float:
        """Return the length of the next pause in seconds."""
        length = self._next * random.uniform(self._least, 1.0)  # noqa: S311  spreads load, guards nothing
        self._next = min(self.longest, self._next * 1.7)
        asked, self._asked = self._asked, 0.0
        return max(length, asked)


class Silence:
    """How long an event stream may stay silent before the run itself is read again.

    A healthy stream sends something at least every 25 s, but a broken one, or one behind a buffering proxy,
    may stay silent forever. So the limit is short at first, and grows.
    """

    __slots__ = ("_opened", "window")

    def __init__(self, *, first: float = 1.0) -> None:
        self._opened = 0.0
        self.window: float = first
        """The current limit, in seconds."""

    def open(self) -> float:
        """Start the clock for a new stream, and return the limit in seconds."""
        self._opened = monotonic()
        return self.window

    def quiet(self) -> bool:
        """Raise the limit after a read timed out.

        Returns whether the read really took that long, so that no extra pause is needed.
        """
        kept = monotonic() - self._opened >= 0.9 * self.window
        self.window = min(MAX_SILENCE, self.window * 2)
        return kept


class CheckTimer:
    """Decides when to check a run while its event stream is open.

    A stream can be wrong, or stay open after the end of the run. So a keep-alive or a repeated event is a
    reason to check, at most every `first` to `longest` seconds; so is a new event, if the last check was
    longer ago than a keep-alive interval.
    """

    __slots__ = ("_last", "_next", "first", "longest")

    def __init__(self, first: float = 1.0, longest: float = 1.0) -> None:
        self.first: float = first
        self.longest: float = longest
        self._next = first
        self._last: float | None = None

    def is_due(self, *, brought_news: bool) -> bool:
        """True if a check is due now. `brought_news` tells a new event from a keep-alive or repeated one."""
        now = monotonic()
        if brought_news:
            self._next = self.first
            if self._last is None:
                self._last = now
            if now - self._last < EVENTS_KEEP_ALIVE_SECONDS:
                return False
        elif self._last is not None:
            if now - self._last < self._next:
                return False
            self._next = min(self.longest, self._next * 2)
        self._last = now
        return True
