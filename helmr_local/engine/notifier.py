"""Wakes subscribers by topic."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager


class Notifier:
    """In-process notifications, sent after the commit. They carry no data: subscribers read the database when
    woken.
    """

    def __init__(self) -> None:
        self._followers: dict[str, set[asyncio.Event]] = {}
        self.closing = False

    @contextmanager
    def following(self, topic: str) -> Generator[asyncio.Event]:
        """Yield an event that is set whenever the topic has news, and permanently once the server closes."""
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
        """Wake the topic's subscribers."""
        for event in self._followers.get(topic, ()):
            event.set()

    def close(self) -> None:
        """Set `closing`, and wake all subscribers permanently."""
        self.closing = True
        for followers in self._followers.values():
            for event in followers:
                event.set()


def run_topic(run_id: str) -> str:
    """Return the topic of a run's state and events."""
    return "run:" + run_id


def logs_topic(run_id: str) -> str:
    """Return the topic of a run's logs."""
    return "logs:" + run_id


def deployment_topic(deployment_id: str) -> str:
    """Return the topic of a deployment's events."""
    return "deployment:" + deployment_id
