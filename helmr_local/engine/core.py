"""What every part of the engine shares."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..catalog import Catalog
from ..clock import MICROSECOND, Clock, Timer
from ..settings import LocalSettings
from ..store import UNAVAILABLE, Database
from .writes import Writes

logger = logging.getLogger("helmr_local")

API_VERSION = "2026-06-06"


class Notifier:
    """Wakes who follows a run: by topic, in process, after the commit."""

    def __init__(self) -> None:
        self._followers: dict[str, set[asyncio.Event]] = {}
        self.closing = False

    @contextmanager
    def following(self, topic: str) -> Generator[asyncio.Event]:
        """An event that is set whenever the topic has news, and for good once the server closes."""
        event = asyncio.Event()
        if self.closing:
            event.set()
        self._followers.setdefault(topic, set()).add(event)
        try:
            yield event
        finally:
            followers = self._followers[topic]
            followers.discard(event)
            if not followers:
                del self._followers[topic]

    def notify(self, topic: str) -> None:
        for event in self._followers.get(topic, ()):
            event.set()

    def close(self) -> None:
        """End every wait; followers see `closing`."""
        self.closing = True
        for followers in self._followers.values():
            for event in followers:
                event.set()


class Repeating:
    """A chore done at a fixed pace on the engine's clock."""

    def __init__(self, clock: Clock, interval: float, chore: Callable[[], None]) -> None:
        self._clock = clock
        self._interval = round(interval * MICROSECOND)
        self._chore = chore
        self._timer: Timer | None = None

    def start(self) -> None:
        self._timer = self._clock.call_at(self._clock.now() + self._interval, self._fire)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self.start()
        try:
            self._chore()
        except UNAVAILABLE:
            pass  # the database has said so, and it will be tried again
        except Exception:
            logger.exception(
                "%s failed; it will be tried again", getattr(self._chore, "__qualname__", "a chore")
            )


@dataclass
class Core:
    """The engine's shared state."""

    db: Database
    clock: Clock
    settings: LocalSettings
    catalog: Catalog
    secret: bytes
    public_url: str
    secrets: dict[str, str]
    notifier: Notifier = field(default_factory=Notifier)
    writes: Writes = field(init=False)

    def __post_init__(self) -> None:
        self.writes = Writes(self.db, self.clock, self.settings.write_patience)

    def later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        return self.clock.call_at(self.clock.now() + round(seconds * MICROSECOND), callback)
