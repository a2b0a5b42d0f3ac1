"""Following the events of a run or deployment: each once, in order, across broken connections."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final, Generic, TypeVar

from helmr_api.types import HasId, id_of

from .._validation import cursor_number
from ..errors import HelmrError, HelmrTimeoutError
from ..reconnect import BadFrames, RawEvent, prepare_retry, reconnecting
from ..waiting import NEVER, CheckTimer, Pause, Silence
from .timing import sleep

if TYPE_CHECKING:
    from helmr_api import models
    from helmr_api.paging import AsyncPager
    from helmr_api.types import EventStream

    from .transport import AsyncTransport

FIRST_SILENCE: Final = 4.0
"""If the first stream is silent for this many seconds, the run or deployment itself is read."""


EventT = TypeVar("EventT", bound="models.RunEvent | models.DeploymentEvent")
SubjectT = TypeVar("SubjectT")


class AsyncEventFollower(Generic[EventT, SubjectT]):
    """The base class for the events of runs and deployments: subclasses define the methods below
    `_follow`."""

    __slots__ = ()  # the facades become instances of these classes, whose layout must not differ
    _transport: AsyncTransport
    _subject: ClassVar[str]
    """"run" or "deployment", for error messages."""
    _last: ClassVar[frozenset[str]] = frozenset()
    """Kinds of events that are always the last one."""
    _checked: ClassVar[frozenset[str]] = frozenset()
    """Kinds after which the subject has ended, although its stream may stay open."""

    async def _follow(self, subject: str | HasId, cursor: str | int | None) -> AsyncGenerator[EventT, None]:
        subject_id, at = id_of(subject, self._subject), cursor_number(cursor)
        last: str | None = None
        silence, checks, pause, bad = Silence(first=FIRST_SILENCE), CheckTimer(), reconnecting(), BadFrames()
        # A stream opened at or past the last event stays open and silent, so check the subject first.
        listen, ending = at == 0, self._last | self._checked
        while True:
            works = False
            if listen:
                try:
                    stream = self._stream(subject_id, at)
                    async with self._transport.frames(stream, silence.open(), read=self._read_all) as frames:
                        async for frame in frames:
                            works, is_news = True, False
                            events: Iterable[tuple[int, EventT]] | None = frame.events
                            if events:
                                bad.forget()
                            elif frame.data:
                                raw = bad.read(frame, "kind", "at")
                                if raw is None:
                                    works = False
                                    break
                                number = int(raw["id"])
                                events = [(number, self._read(raw))] if number > at else []
                            for number, event in events or ():
                                if number > at:
                                    is_news, at, last = True, number, event.kind
                                    yield event
                                    if last in ending:
                                        break
                            if is_news and last in ending:
                                if last in self._last:
                                    return
                                break
                            if checks.is_due(brought_news=is_news) and await self._ended(subject_id, pause):
                                break
                except HelmrTimeoutError:
                    works = silence.quiet() or works
                except HelmrError as error:
                    prepare_retry(error, pause, NEVER)
            listen = True
            ended = await self._ended(subject_id, pause)
            if ended is not None:
                try:
                    # pyright cannot infer the type of `at`, an int, through these nested loops.
                    async for event in self._since(subject_id, at):  # pyright: ignore[reportUnknownArgumentType]
                        at, last = cursor_number(event.id), event.kind
                        yield event
                    if await self._is_whole(ended, at, last):  # pyright: ignore[reportUnknownArgumentType]
                        return
                except HelmrError as error:
                    prepare_retry(error, pause, NEVER)
            if works:
                pause.reset()
            if pause.is_asked or not works:
                await sleep(pause.next())

    def _stream(self, subject_id: str, cursor: int) -> EventStream[object]:
        """Create the request for the event stream after a cursor."""
        raise NotImplementedError

    def _read_all(self, strings: Sequence[bytes]) -> Iterable[tuple[int, EventT]] | None:
        """Convert the data of frames to events with their numbers; `None` if each must be read alone."""
        return None

    def _read(self, raw: RawEvent) -> EventT:
        """Convert the JSON object of a frame to an event."""
        raise NotImplementedError

    def _since(self, subject_id: str, cursor: int) -> AsyncPager[EventT]:
        """List the stored events after a cursor."""
        raise NotImplementedError

    async def _ended(self, subject_id: str, pause: Pause) -> SubjectT | None:
        """Return the run or deployment if it has ended. If it cannot be read right now, `pause` takes the
        error into account."""
        raise NotImplementedError

    async def _is_whole(self, ended: SubjectT, at: int, last: str | None) -> bool:
        """True if the subject has ended and no event can follow the last one."""
        raise NotImplementedError
