"""Notices that a server has stopped, so that a run does not wait hours for each further request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_MOST_REQUESTS: Final = 10
_FEWEST_REQUESTS: Final = 3
_MOST_SECONDS: Final = 120.0


@dataclass(slots=True)
class Unanswered:
    """The latest requests in a row that got no response."""

    requests: int = 0
    seconds: float = 0.0
    """How long they took together."""

    def add(self, seconds: float) -> None:
        """Count a request that got no response in that time."""
        self.requests += 1
        self.seconds += seconds

    def end(self) -> None:
        """Begin to count again, after a response."""
        self.requests, self.seconds = 0, 0.0

    @property
    def is_long(self) -> bool:
        """True if the server has probably stopped."""
        lasted = self.requests >= _FEWEST_REQUESTS and self.seconds >= _MOST_SECONDS
        return lasted or self.requests >= _MOST_REQUESTS

    @property
    def reason(self) -> str:
        """Why the tests end."""
        return f"the last {self.requests} requests got no response"
