# Derived from helmr_ergonomic/_async/streams.py. Edit that file, then run `make generate`.
"""A session's streams over HTTP: sending, appending, reading, following."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final, Generic

from attrs import define

from helmr_api.api.sessions import get_session
from helmr_api.api.streams import (
    append_input_record,
    append_output_record,
    list_input_records,
    list_output_records,
    read_output_record,
)
from helmr_api.paging import Pager
from helmr_api.types import id_of

from .._public import public
from .._records import AppendedRecord, StreamRecord, append_request, appended_parser, read_page, records_of
from .._runs import TERMINAL, RunRef
from .._sessions import Address
from .._typevars import T
from .._validation import listed
from ..errors import ArgumentError, HelmrError
from ..reconnect import prepare_retry, reconnecting
from ..streams import Stream, check_record, checked_sequence
from ..waiting import NEVER, Pause
from .concurrency import Items, each
from .timing import sleep
from .watching import RunWatcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from helmr_api import models
    from helmr_api.types import Request

    from .transport import Transport

PAGE: Final = 500
"""The maximum number of records in one response."""
POLLS: Final = (0.1, 2.0)
"""Seconds between two reads of an output stream: right after a record, and at most."""


@define(eq=False, repr=False)
class StreamHandle(Generic[T]):
    """A stream of a session: the base class for clients with an API key or a public access token."""

    _appends: ClassVar[Callable[..., Request[models.AppendInputResult | models.AppendOutputResult]]]
    _reads: ClassVar[Callable[..., Request[models.StreamRecordRead]]]
    _lists: ClassVar[Callable[..., Request[models.StreamRecordList]]]
    _transport: Transport
    address: Address
    stream: Stream[T]

    def _append(
        self, data: T, correlation_id: str | None, idempotency_key: str | None, content_type: str | None
    ) -> AppendedRecord[T]:
        body = append_request(self.stream, data, correlation_id, idempotency_key, content_type)
        request = self.address.of(self._appends)(self.stream.name, body=body)
        return self._transport.send(
            request.returning(appended_parser(self.stream)), label=f'stream "{self.stream.name}" data'
        )

    def _read(self, after_sequence: int, correlation_id: str | None) -> StreamRecord[T] | None:
        after = checked_sequence(after_sequence)
        request = self.address.of(self._reads)(
            self.stream.name, after_sequence=after or None, correlation_id=correlation_id
        )
        record = self._transport.send(request).record
        return None if record is None else records_of([record], self.stream, after)[0]

    def _follow(
        self,
        read: Callable[[int], Sequence[StreamRecord[T]]],
        most: int,
        after: int,
        seconds: tuple[float, float],
        is_over: Callable[[], bool] | None = None,
    ) -> Generator[StreamRecord[T], None, None]:
        """Yield the records as they arrive, by polling for up to `most` records after a sequence number."""
        polls, failing, over = Pause(*seconds), reconnecting(), False
        while True:
            try:
                page = read(after)
                for record in page:
                    if record.sequence > after:
                        after = record.sequence
                        yield record
                if page:
                    polls.reset()
                elif over:
                    return
                # Check for the end before the last read of the records, never after it, so that this read
                # returns everything written until then.
                over = over or (is_over is not None and is_over())
                failing.reset()
            except HelmrError as error:
                prepare_retry(error, failing, NEVER)
                sleep(failing.next())
                continue
            if not over and len(page) < most:
                sleep(polls.next())


class _Records(StreamHandle[T]):
    """A stream of a session, for a client with an API key."""

    __slots__ = ()

    def list(
        self, *, after_sequence: int = 0, correlation_id: str | None = None, page_size: int = 100
    ) -> Pager[StreamRecord[T]]:
        """List the records so far, oldest first, with lazy pagination.

        `after_sequence` skips the records up to that one, `correlation_id` selects those with that id;
        `page_size` is the number of records per request. Raises `NotFoundError` when there is no such session
        or stream, or any other `HelmrError`.

        >>> for record in sessions.open(started.session).output(report).list():
        ...     print(record.sequence, record.data.summary)
        """
        after = checked_sequence(after_sequence)
        return Pager(
            self._transport,
            lambda at: self._page(at or 0, correlation_id, page_size),
            lambda records: records,
            # A page that is not full is the last one.
            lambda page: page[-1].sequence if page and len(page) >= min(page_size, PAGE) else None,
            after,
        )

    def _page(
        self, after: int, correlation_id: str | None, limit: int
    ) -> Request[tuple[StreamRecord[T], ...]]:
        request = self.address.of(self._lists)(
            self.stream.name, limit=limit, after_sequence=after or None, correlation_id=correlation_id
        )
        return request.reading(lambda response: read_page(response.content, self.stream, after))

    def _append_all(
        self,
        items: Iterable[T],
        correlation_id: str | None,
        idempotency_keys: Sequence[str] | None,
        content_type: str | None,
    ) -> tuple[AppendedRecord[T], ...]:
        data = listed(items, "items")
        keys: list[str | None] = [None] * len(data)
        if idempotency_keys is not None:
            keys = [*listed(idempotency_keys, "idempotency_keys")]
        if len(keys) != len(data):
            raise ArgumentError(f"{len(data)} records need one idempotency key each, got {len(keys)}")
        for item, key in zip(data, keys, strict=True):  # all are checked before the first is sent
            check_record(self.stream, item, correlation_id, key, content_type)
        pairs = zip(data, keys, strict=True)
        return tuple([self._append(item, correlation_id, key, content_type) for item, key in pairs])


class Input(_Records[T]):
    """An input stream of one session: `sessions.open(session).input(approval)`."""

    __slots__ = ()
    _appends = staticmethod(append_input_record.addressed)
    _lists = staticmethod(list_input_records.addressed)

    def send(
        self,
        data: T,
        *,
        correlation_id: str | None = None,
        idempotency_key: str | None = None,
        content_type: str | None = None,
    ) -> AppendedRecord[T]:
        """Send a record. A waiting run resumes; an idle session starts a new run for it.

        `data` is checked against the stream's type first. `idempotency_key` is sent verbatim. Without one,
        the client generates a key for this request, so that it can retry if the response is lost.
        Raises `PayloadValidationError` (nothing was sent), `ConflictError` when the session is closed or
        the key was used with other data, `GoneError` when it has expired, `NotFoundError`, or any other
        `HelmrError`.

        >>> sessions.open(started.session).input(approval).send({"approved": True})
        """
        return self._append(data, correlation_id, idempotency_key, content_type)

    def send_many(
        self,
        items: Iterable[T],
        *,
        correlation_id: str | None = None,
        idempotency_keys: Sequence[str] | None = None,
        content_type: str | None = None,
    ) -> tuple[AppendedRecord[T], ...]:
        """Send records one after the other, in the order of `items`.

        All are checked before the first is sent. To send to several streams at once see
        `sessions.send_batch`.
        Raises what `send` raises; the records before the one that failed have been sent.

        >>> sessions.open(started.session).input(approval).send_many([{"approved": True}])
        """
        return self._append_all(items, correlation_id, idempotency_keys, content_type)


class Output(_Records[T]):
    """An output stream of one session: `sessions.open(session).output(report)`."""

    __slots__ = ()
    _appends = staticmethod(append_output_record.addressed)
    _reads = staticmethod(read_output_record.addressed)
    _lists = staticmethod(list_output_records.addressed)

    def append(
        self,
        data: T,
        *,
        correlation_id: str | None = None,
        idempotency_key: str | None = None,
        content_type: str | None = None,
    ) -> AppendedRecord[T]:
        """Write a record, as the task would. A session that has ended accepts it too.

        `data` is checked against the stream's type first. `idempotency_key` is sent verbatim. Without one,
        the client generates a key for this request, so that it can retry if the response is lost.
        Raises `PayloadValidationError` (nothing was sent), `ConflictError` when the key was used with other
        data, `NotFoundError`, or any other `HelmrError`.

        >>> sessions.open(started.session).output(report).append(Report("seen by a person"))
        """
        return self._append(data, correlation_id, idempotency_key, content_type)

    def append_many(
        self,
        items: Iterable[T],
        *,
        correlation_id: str | None = None,
        idempotency_keys: Sequence[str] | None = None,
        content_type: str | None = None,
    ) -> tuple[AppendedRecord[T], ...]:
        """Write records one after the other, in the order of `items`. Raises what `append` raises.

        >>> sessions.open(started.session).output(report).append_many([Report("one"), Report("two")])
        """
        return self._append_all(items, correlation_id, idempotency_keys, content_type)

    def pipe(
        self, items: Items[T], *, correlation_id: str | None = None, content_type: str | None = None
    ) -> int:
        """Write a record for each item as it arrives; returns the number of records.

        Each item is checked and sent before the next one is taken, which keeps their order. An exception
        raised by the iterable propagates; the records before it have been written. Raises what `append`
        raises.

        >>> sessions.open(started.session).output(report).pipe(Report(line) for line in ["one", "two"])
        """
        count = 0
        for item in each(items):
            self._append(item, correlation_id, None, content_type)
            count += 1
        return count

    def read(self, *, after_sequence: int = 0, correlation_id: str | None = None) -> StreamRecord[T] | None:
        """Return the first record after `after_sequence` (with that `correlation_id`), or `None` if there is
        none yet.

        Raises `NotFoundError` if the session or stream does not exist, or any other `HelmrError`.

        >>> record = sessions.open(started.session).output(report).read(after_sequence=0)
        """
        return self._read(after_sequence, correlation_id)

    def follow(
        self, *, after_sequence: int = 0, correlation_id: str | None = None, run: RunRef | None = None
    ) -> Generator[StreamRecord[T], None, None]:
        """Yield the records as they arrive, each once, starting after `after_sequence`.

        Ends when the session is no longer open and all its records have been read; with `run`, when that run
        has ended and all its records have been read. The server has no live stream of records, so this polls:
        0.1 s after a record, then less and less often, down to every 2 s. Continues after broken connections.
        Raises `NotFoundError`, or any other `HelmrError` that is not transient.

        >>> for record in sessions.open(started.session).output(report).follow(run=started.run):
        ...     print(record.data.summary)
        """
        run_id = None if run is None else id_of(run, "run")

        def read(after: int) -> Sequence[StreamRecord[T]]:
            return self._transport.send(self._page(after, correlation_id, PAGE))

        return self._follow(
            read, PAGE, checked_sequence(after_sequence), POLLS, partial(self._is_over, run_id)
        )

    def _is_over(self, run_id: str | None) -> bool:
        if run_id is not None:
            return RunWatcher(self._transport).snapshot(run_id).status in TERMINAL
        session = self._transport.send(self.address.of(get_session.addressed)())
        return session.status != "open"


public(Input, Output)
