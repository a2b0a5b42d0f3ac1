"""A run's events over HTTP, listed or followed live."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from helmr_api import models, resources
from helmr_api.model import with_classes
from helmr_api.paging import AsyncPager
from helmr_api.reading import reader
from helmr_api.types import id_of

from .._public import public
from .._runs import TERMINAL, RunRef
from .._validation import cursor_number
from ..events import CLASSES, RunEvent
from ..positions import check_advance
from ..raw import are_numbers, check_numbers, digits, parsed_object
from ..reconnect import RawEvent
from ..waiting import NEVER, Deadline, Pause
from .event_follower import AsyncEventFollower
from .watching import CANCEL_REQUESTED, AsyncRunWatcher, event_stream

if TYPE_CHECKING:
    from helmr_api.types import EventStream, Request

    from .transport import AsyncTransport

MOST: Final = 200
"""The maximum number of events in one response."""

_Page: TypeAlias = "tuple[Sequence[RunEvent], int | str | None]"
"""Events, and the cursor of the next page, which is opaque."""


class AsyncEventResource(resources.AsyncRunsEvents, AsyncEventFollower[RunEvent, "models.Run"]):
    """The events of a run: `runs.events`."""

    _subject = "run"
    _checked = frozenset({"run.dead_lettered"})

    def __init__(self, watcher: AsyncRunWatcher) -> None:
        super().__init__(watcher.transport)
        self._transport = watcher.transport
        self._watcher = watcher

    def list(
        self, run: RunRef, *, cursor: str | int | None = None, page_size: int | None = None
    ) -> AsyncPager[RunEvent]:
        """List the events so far, oldest first, with lazy pagination.

        `cursor` is the id of the last event you have seen; `page_size` is the number of events per request.
        Raises `ArgumentError` for an invalid cursor, `NotFoundError`, or any other `HelmrError`.

        >>> [event.kind async for event in runs.events.list(started.run)]
        """
        return self._from(id_of(run, "run"), cursor_number(cursor), page_size or MOST)

    def follow(self, run: RunRef, *, cursor: str | int | None = None) -> AsyncGenerator[RunEvent, None]:
        """Yield the events as they arrive, each once, across all attempts, until the run and its cleanup have
        ended.

        `cursor` is the id of the last event you have seen; by default all events are returned, including past
        ones. If the connection breaks, it resumes where it left off. Leaving the loop or calling `aclose()`
        closes the connection. Raises `NotFoundError`, or any other `HelmrError` that is not transient.

        >>> async for event in runs.events.follow(started.run):
        ...     print(event.kind)
        """
        return self._follow(run, cursor)

    def _stream(self, subject_id: str, cursor: int) -> EventStream[models.RunEvent]:
        return event_stream(subject_id, cursor)

    def _read_all(self, strings: Sequence[bytes]) -> Iterable[tuple[int, RunEvent]] | None:
        events = reader(models.RunEvent).read_all(strings, _classes, "id", "kind") or ()
        ids = [event.id for event in events]
        return zip(map(int, ids), events, strict=True) if are_numbers(ids) else None

    def _read(self, raw: RawEvent) -> RunEvent:
        return _typed([parsed_object(models.RunEvent.from_dict, raw)])[0]

    def _since(self, subject_id: str, cursor: int) -> AsyncPager[RunEvent]:
        return self._from(subject_id, cursor, MOST)

    async def _ended(self, subject_id: str, pause: Pause) -> models.Run | None:
        run = await self._watcher.try_snapshot(subject_id, pause, NEVER)
        return run if run is not None and run.status in TERMINAL else None

    async def _is_whole(self, ended: models.Run, at: int, last: str | None) -> bool:
        return has_all_events(ended, await self._last_kind(ended, at, last))

    async def _last_kind(self, run: models.Run, at: int, last: str | None) -> str | None:
        """Return the kind of the last event. It is read again if only its cursor is known and the run is
        cancelled."""
        if last is None and at > 0 and run.status == "cancelled":
            events, _ = await self._transport.send(_page(run.id, 1, at - 1))
            return events[0].kind if events else None
        return last

    def _from(self, run_id: str, cursor: int | str | None, page_size: int) -> AsyncPager[RunEvent]:
        return AsyncPager(
            self._transport,
            lambda at: _page(run_id, page_size, at or 0),
            lambda page: page[0],
            lambda page: page[1],
            cursor,
        )


def has_all_events(run: models.Run, last: str | None) -> bool:
    """True if a run has ended and no event can follow, given the kind of its last event.

    A cancelled run gets one more event when its worker has stopped.
    """
    return run.status in TERMINAL and (run.status, last) != ("cancelled", CANCEL_REQUESTED)


def _typed(events: Sequence[models.RunEvent]) -> Sequence[RunEvent]:
    """Convert events to the classes of their kinds. Raises `UnexpectedResponseError` when an id is not a
    number."""
    check_numbers([event.id for event in events])
    return with_classes(events, _classes(events))


def _classes(events: Iterable[models.RunEvent]) -> Iterable[type[RunEvent]]:
    return [CLASSES.get(event.kind, RunEvent) for event in events]  # a function takes twice as long


async def events_since(
    transport: AsyncTransport, run_id: str, cursor: int, deadline: Deadline
) -> AsyncGenerator[RunEvent, None]:
    """Yield all events after a cursor, reading them page by page."""
    at: int | str | None = cursor
    while at is not None:
        events, at = await transport.send(_page(run_id, MOST, at), deadline=deadline)
        for event in events:
            yield event


def _page(run_id: str, limit: int, cursor: int | str) -> Request[_Page]:
    """Create the request for a page of events after a cursor."""
    from helmr_api.api.runs import list_run_events

    def read(page: models.RunEventPage) -> _Page:
        events = _typed(page.events)
        if events and (known := digits(cursor)) is not None:
            check_advance(events[0].sequence, known, "event")
        return events, page.next_cursor

    return list_run_events.request(run_id, cursor=cursor or None, limit=limit).mapped(read)


class AsyncEventsOfRun:
    """The events of one run: `run.events`."""

    __slots__ = ("_events", "_run")

    def __init__(self, events: AsyncEventResource, run: RunRef) -> None:
        self._events = events
        self._run = run

    def list(self, *, cursor: str | int | None = None, page_size: int = MOST) -> AsyncPager[RunEvent]:
        """List the events so far, see `runs.events.list`.

        >>> [event.kind async for event in started.run.events.list()]
        """
        return self._events.list(self._run, cursor=cursor, page_size=page_size)

    def follow(self, *, cursor: str | int | None = None) -> AsyncGenerator[RunEvent, None]:
        """Follow the events, see `runs.events.follow`.

        >>> async for event in started.run.events.follow():
        ...     print(event.kind)
        """
        return self._events.follow(self._run, cursor=cursor)


public(AsyncEventResource, AsyncEventsOfRun)
