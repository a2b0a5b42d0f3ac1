"""Reading stream records, with their data in the stream's type, and building the body of an append."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any, Final, Generic, TypeVar

from helmr_api import models
from helmr_api.model import Late, late, with_classes
from helmr_api.reading import Reader

from ._models import Bound, Composite, bound, inside
from ._public import public
from ._types import JSON
from .idempotency import new_key
from .positions import check_advance
from .streams import Stream

T = TypeVar("T")


class StreamRecord(Bound, models.StreamRecord, Generic[T]):
    """A record of a stream. `data` has the stream's type; `data_json` is the raw JSON."""

    __slots__ = ()
    data_json: Any = late(models.StreamRecord.data_json, "The data as JSON values.")
    additional_properties: Any = late(models.StreamRecord.additional_properties, "Unknown fields.", dict)

    @property
    def data(self) -> T:
        """The data, in the stream's type.

        Raises:
            OutputValidationError: The data do not match the type.
        """
        # Decoded data, and their JSON unless the record has it, replace the context, in a plain tuple, which
        # takes a tenth of the time of a named one.
        context: Stream[T] | tuple[T, ...] | None = getattr(self, "_context", None)
        if not isinstance(context, tuple):
            context = (self.data_json if context is None else context.decode(self.data_json),)
            object.__setattr__(self, "_context", context)
        return context[0]


class AppendedRecord(Composite, models.AppendInputResult, Generic[T]):
    """The result of sending a record: the stored record, and its effect.

    `idempotency_status` is `duplicate` if the key had been used before; this is then the earlier record.
    `continuation_status` is the further effect of a record on an input stream; it is always `None` for output
    streams.
    """

    __slots__ = ()
    _parts = (("record", StreamRecord),)
    record: StreamRecord[T]

    id: str = inside("record.id")
    """The record's id."""

    stream_id: str = inside("record.stream_id")
    """The id of its stream."""

    sequence: int = inside("record.sequence")
    """Its number in the stream, from 1 without gaps."""

    data: T = inside("record.data")
    """The data that was sent, in the stream's type."""

    correlation_id: str | None = inside("record.correlation_id")
    """The sender's correlation id."""

    content_type: str = inside("record.content_type")
    """The kind of data, `application/json` unless the sender set another one."""

    created_at: datetime = inside("record.created_at")
    """When it was stored."""


def append_request(
    stream: Stream[Any],
    data: JSON,
    correlation_id: str | None,
    idempotency_key: str | None,
    content_type: str | None,
) -> models.AppendRecordRequest:
    """Build and check the body of an append. Raises `PayloadValidationError`; nothing is sent."""
    return models.AppendRecordRequest(
        data=stream.encode(data),
        idempotency_key=new_key() if idempotency_key is None else idempotency_key,
        correlation_id=correlation_id,
        content_type=content_type,
    )


_pages: Final = Reader(models.StreamRecordList, Late(models.StreamRecord, StreamRecord, "data_json"))


def read_page(content: bytes, stream: Stream[T], at: int) -> tuple[StreamRecord[T], ...]:
    """Read and type the records after a position.

    If possible, data are converted directly from the text, and their JSON is parsed only when it is used.
    """
    page, contexts = _pages.read_late(content, stream.codec.load_list)
    return records_of(page.records, stream, at, contexts)


def records_of(
    raw: Sequence[models.StreamRecord], stream: Stream[T], at: int, contexts: Iterable[object] | None = None
) -> tuple[StreamRecord[T], ...]:
    """Type the records after a position. Those that have contexts have the class already."""
    if raw:
        check_advance(raw[0].sequence, at, "record")
    kinds: Iterable[type[StreamRecord[T]]] = repeat(StreamRecord) if contexts is None else ()
    return tuple(with_classes(raw, kinds, repeat(stream) if contexts is None else contexts))


def appended_parser(stream: Stream[T]) -> Callable[[Any], AppendedRecord[T]]:
    """Return a function that parses the response to an append."""

    def parse(body: JSON) -> AppendedRecord[T]:
        kind: type[AppendedRecord[T]] = AppendedRecord
        return bound(models.AppendInputResult.from_dict(body), kind, stream)

    return parse


public(AppendedRecord, StreamRecord)
