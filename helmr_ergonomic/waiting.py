"""Deadlines, growing pauses, and limits on silence in an event stream."""

from __future__ import annotations

import random
from time import monotonic
from typing import Final

from .durations import Duration, to_seconds

KEEP_ALIVE: Final = 25.0
"""Seconds after which the server writes a keep-alive into a quiet stream of run events."""
MAX_SILENCE: Final = KEEP_ALIVE + 10.0


class Deadline:
    """A point in time on the monotonic clock, or never."""

    __slots__ = ("_at", "_began", "seconds")

    def __init__(self, timeout: Duration | float | None, *, what: str = "timeout") -> None:
        self.seconds: float | None = None if timeout is None else to_seconds(timeout, what)
        self._began = monotonic()
        self._at = None if self.seconds is None else self._began + self.seconds

    def elapsed(self) -> float:
        """Seconds since this was made."""
        return monotonic() - self._began

    def left(self) -> float | None:
        """Seconds until then, not below 0; `None` when there is no end."""
        return None if self._at is None else max(0.0, self._at - monotonic())

    def earlier(self, seconds: float | None) -> Deadline:
        """This deadline, or one in so many seconds, whichever comes first."""
        left = self.left()
        if seconds is None or (left is not None and left <= seconds):
            return self
        return Deadline(seconds)

    def is_before(self, seconds: float) -> bool:
        """Whether it passes within so many seconds."""
        left = self.left()
        return left is not None and left <= seconds

    @property
    def passed(self) -> bool:
        """Whether it is over."""
        return self._at is not None and monotonic() >= self._at

    def clip(self, seconds: float) -> float:
        """`seconds`, or what is left if that is less."""
        left = self.left()
        return seconds if left is None else min(seconds, left)


NEVER: Final = Deadline(None)


class Pause:
    """Pauses that grow from `first` to `longest` seconds while nothing happens.

    Each is a random part of that, from the fraction `least` to all of it.
    """

    __slots__ = ("_asked", "_least", "_next", "first", "longest")

    def __init__(self, first: float, longest: float, *, least: float = 0.8) -> None:
        self._least = least
        self.first: float = first
        self.longest: float = longest
        self._next = first
        self._asked = 0.0

    def reset(self) -> None:
        """Something happened: start over with short pauses."""
        self._next = self.first

    def ask(self, seconds: float) -> None:
        """Make the next pause at least this many seconds long."""
        self._asked = max(self._asked, seconds)

    @property
    def is_asked(self) -> bool:
        """Whether a pause is needed, even if something happened."""
        return self._asked > 0

    def next(self) -> float:
        """The length of the next pause in seconds."""
        length = self._next * random.uniform(self._least, 1.0)  # noqa: S311  spreads load, guards nothing
        self._next = min(self.longest, self._next * 1.7)
        asked, self._asked = self._asked, 0.0
        return max(length, asked)


class Silence:
    """How long a read of an event stream may bring nothing before the run itself is looked at again.

    A healthy stream sends something at least every 25 s, but a broken one, or one behind a buffering proxy,
    may stay silent forever. So the first silences allowed are short and grow.
    """

    __slots__ = ("_opened", "window")

    def __init__(self, *, first: float = 1.0) -> None:
        self._opened = 0.0
        self.window: float = first
        """Seconds that a read may bring nothing."""

    def open(self) -> float:
        """The seconds that a stream opened now may stay silent."""
        self._opened = monotonic()
        return self.window

    def quiet(self) -> bool:
        """A read timed out: allow more the next time.

        Returns whether the read really took that long, so that no extra pause is needed.
        """
        kept = monotonic() - self._opened >= 0.9 * self.window
        self.window = min(MAX_SILENCE, self.window * 2)
        return kept


class Looks:
    """When to check a run while its event stream is open.

    Whatever the stream sends, it may be wrong or continue past the end. Receiving nothing new (a keep-alive,
    an event seen before) is a reason to check, at most every `first` to `longest` seconds; so is something
    new, if the last check is longer ago than a keep-alive interval.
    """

    __slots__ = ("_last", "_next", "first", "longest")

    def __init__(self, first: float = 1.0, longest: float = 1.0) -> None:
        self.first: float = first
        self.longest: float = longest
        self._next = first
        self._last: float | None = None

    def are_due(self, *, brought_news: bool) -> bool:
        """Whether to check now, after receiving something new or nothing new."""
        now = monotonic()
        if brought_news:
            self._next = self.first
            if self._last is None:
                self._last = now
            if now - self._last < KEEP_ALIVE:
                return False
        elif self._last is not None:
            if now - self._last < self._next:
                return False
            self._next = min(self.longest, self._next * 2)
        self._last = now
        return True
