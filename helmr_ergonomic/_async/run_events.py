"""A run's events over HTTP, as a list and as they come."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Any, Final

from helmr_api import resources
from helmr_api.paging import AsyncPager
from helmr_api.types import id_of

from .._public import public
from .._runs import TERMINAL, RunRef
from .._validation import cursor_number
from ..errors import HelmrError, HelmrTimeoutError
from ..events import CANCEL_REQUESTED, RunEvent, event_from, event_page
from ..positions import check_advance
from ..reconnect import BadFrames, heed, reconnecting
from ..waiting import NEVER, Looks, Silence
from .timing import sleep
from .watching import AsyncRunWatcher, event_stream

if TYPE_CHECKING:
    from helmr_api.types import Request

MOST: Final = 200
"""The most events that the server gives at once."""


class AsyncEventResource(resources.AsyncRunsEvents):
    """What happened to a run: `runs.events`."""

    def __init__(self, watcher: AsyncRunWatcher) -> None:
        super().__init__(watcher.transport)
        self._transport = watcher.transport
        self._watcher = watcher

    def list(
        self, run: RunRef, *, cursor: str | int | None = None, page_size: int | None = None
    ) -> AsyncPager[RunEvent]:
        """The events so far, oldest first, page by page as they are read.

        `cursor` is the id of the last event already known; `page_size` is how many to request at once.
        Raises `ArgumentError` for an invalid cursor, `NotFoundError`, or any other `HelmrError`.

        >>> [event.kind async for event in runs.events.list(started.run)]
        """
        run_id, at = id_of(run, "run"), cursor_number(cursor)
        return self._from(run_id, at, page_size or MOST)

    async def follow(self, run: RunRef, *, cursor: str | int | None = None) -> AsyncGenerator[RunEvent, None]:
        """The events as they come, each once, until the run has really ended, over all its attempts.

        `cursor` is the id of the last event already known; without it all events come, also those of the
        past. Broken connections are opened again where they broke. Leaving the loop closes the connection
        (as does `aclose()`).
        Raises `NotFoundError`, and whatever else does not pass by itself.

        >>> async for event in runs.events.follow(started.run):
        ...     print(event.kind)
        """
        run_id = id_of(run, "run")
        at = cursor_number(cursor)
        last: str | None = None
        silence = Silence(first=4.0)
        looks = Looks()
        pause = reconnecting()
        bad = BadFrames()
        # A stream opened at or past the last event stays open and silent, so check the run first.
        listen = at == 0
        while True:
            works = False
            if listen:
                try:
                    async with self._transport.frames(event_stream(run_id, at), silence.open()) as frames:
                        async for frame in frames:
                            works, is_news = True, False
                            if frame.data:
                                raw = bad.read(frame, "kind", "at")
                                if raw is None:
                                    works = False
                                    break
                                if is_news := int(raw["id"]) > at:
                                    event = event_from(raw)
                                    at, last = event.sequence, event.kind
                                    yield event
                                    if last == "run.dead_lettered":  # the end, yet the stream stays open
                                        break
                            if looks.are_due(brought_news=is_news) and await self._watcher.has_ended(
                                run_id, pause
                            ):
                                break
                except HelmrTimeoutError:
                    works = silence.quiet() or works
                except HelmrError as error:
                    heed(error, pause, NEVER)
            listen = True
            wire = await self._watcher.look(run_id, pause, NEVER)
            if wire is not None and wire.status in TERMINAL:
                try:
                    async for event in self._from(run_id, at, MOST):
                        at, last = event.sequence, event.kind
                        yield event
                    if (
                        wire.status != "cancelled"
                        or await self._last_kind(run_id, at, last) != CANCEL_REQUESTED
                    ):
                        return
                    # A cancelled run whose worker has not let go: its last event is still to come.
                except HelmrError as error:
                    heed(error, pause, NEVER)
            if works:
                pause.reset()
            if pause.is_asked or not works:
                await sleep(pause.next())

    async def _last_kind(self, run_id: str, at: int, last: str | None) -> str | None:
        """The kind of the event at the cursor, also when an earlier call read it."""
        if last is None and at > 0:
            events, _ = await self._transport.send(_page(run_id, 1, at - 1))
            return events[0].kind if events else None
        return last

    def _from(self, run_id: str, cursor: int, page_size: int) -> AsyncPager[RunEvent]:
        return AsyncPager(
            self._transport,
            lambda at: _page(run_id, page_size, at or 0),
            lambda page: page[0],
            lambda page: page[1],
            cursor,
        )


def _page(run_id: str, limit: int, cursor: int) -> Request[tuple[Sequence[RunEvent], int | None]]:
    """The request for the events after a cursor. Its result is the events, and the cursor after them."""
    from helmr_api.api.runs import list_run_events

    def read(body: Any) -> tuple[Sequence[RunEvent], int | None]:
        events, following = event_page(body)
        if events:
            check_advance(events[0].sequence, cursor, "event")
        return events, following

    return list_run_events.request(run_id, cursor=cursor or None, limit=limit).returning(read)


class AsyncEventsOfRun:
    """What happened to one run: `run.events`."""

    __slots__ = ("_events", "_run")

    def __init__(self, events: AsyncEventResource, run: RunRef) -> None:
        self._events = events
        self._run = run

    def list(self, *, cursor: str | int | None = None, page_size: int = MOST) -> AsyncPager[RunEvent]:
        """The events so far, see `runs.events.list`.

        >>> [event.kind async for event in started.run.events.list()]
        """
        return self._events.list(self._run, cursor=cursor, page_size=page_size)

    def follow(self, *, cursor: str | int | None = None) -> AsyncGenerator[RunEvent, None]:
        """The events as they come, see `runs.events.follow`.

        >>> async for event in started.run.events.follow():
        ...     print(event.kind)
        """
        return self._events.follow(self._run, cursor=cursor)


public(AsyncEventResource, AsyncEventsOfRun)
