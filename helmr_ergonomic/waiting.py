"""How long to wait for what: deadlines, pauses that grow, and the limits of silence on an event stream."""

from __future__ import annotations

import random
from time import monotonic
from typing import Final

from .durations import Duration, to_seconds

__all__ = ["Deadline", "Pause", "Silence"]

KEEP_ALIVE: Final = 25.0
"""Seconds after which the server writes a keep-alive into a quiet stream of run events."""
MAX_SILENCE: Final = KEEP_ALIVE + 10.0


class Deadline:
    """A moment on the monotonic clock, or never."""

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

    @property
    def passed(self) -> bool:
        """Whether it is over."""
        return self._at is not None and monotonic() >= self._at

    def clip(self, seconds: float) -> float:
        """`seconds`, or what is left if that is less."""
        left = self.left()
        return seconds if left is None else min(seconds, left)


class Pause:
    """Pauses that grow from `first` to `longest` seconds while nothing happens, each with some jitter."""

    __slots__ = ("_next", "first", "longest")

    def __init__(self, first: float, longest: float) -> None:
        self.first: float = first
        self.longest: float = longest
        self._next = first

    def reset(self) -> None:
        """Something happened: start over with short pauses."""
        self._next = self.first

    def next(self) -> float:
        """The length of the next pause in seconds."""
        length = self._next
        self._next = min(self.longest, length * 1.7)
        return length * random.uniform(0.8, 1.0)  # noqa: S311  spreads load, guards nothing


class Silence:
    """How long one read of an event stream may stay silent before the run itself is looked at again.

    A healthy stream says something at least every 25 s, but a broken one, or one behind a proxy that holds it
    back, may say nothing for ever. So the first silences allowed are short and grow; and none ends after the
    caller's deadline. A read that has begun cannot be shortened: when events have used up time, so that the
    read could overrun the deadline, `overruns` says that the stream has to be opened anew, and each such time
    half of what is left is allowed, so that even a busy stream is reopened a few times only.
    """

    __slots__ = ("_busy", "_deadline", "_grown", "_opened", "window")

    def __init__(self, deadline: Deadline, *, first: float = 1.0) -> None:
        self._deadline = deadline
        self._grown = first
        self._busy = False
        self._opened = 0.0
        self.window: float = first

    def open(self) -> float:
        """The seconds that the reads of a stream opened now may take."""
        left = self._deadline.left()
        window = self._grown
        if left is not None:
            window = min(window, left / 2 if self._busy else left)
        self.window = max(window, 0.05)
        self._opened = monotonic()
        return self.window

    def quiet(self) -> None:
        """A read was silent for all of its window: allow more the next time."""
        self._grown = min(MAX_SILENCE, self._grown * 2)
        self._busy = False

    def was_kept(self) -> bool:
        """Whether a read that timed out has really taken its window, so that no pause is needed as well."""
        return monotonic() - self._opened >= 0.9 * self.window

    def overruns(self) -> bool:
        """Whether another silent read would end after the deadline."""
        left = self._deadline.left()
        self._busy = left is not None and self.window > left + 0.05
        return self._busy
