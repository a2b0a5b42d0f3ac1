"""Typed definitions of session streams, and the records that go through them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar, overload

from ._public import public
from ._tasks import MISSING
from ._validation import checked_number, checked_string
from .codecs import Codec, DataType, SpecialForm, codec_for, early_codec_for
from .errors import (
    ArgumentError,
    DefinitionError,
    OutputValidationError,
    PayloadValidationError,
    UnexpectedResponseError,
)
from .idempotency import new_key
from .positions import LARGEST, check_advance, number
from .raw import field, moment, optional, parsed_object

if TYPE_CHECKING:
    from helmr_api import models

__all__ = ["AppendedRecord", "InputStream", "OutputStream", "StreamRecord", "stream_name"]

T = TypeVar("T")

STREAM_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$"


def stream_name(name: str) -> str:
    """The trimmed name of a stream. Raises `DefinitionError` when it breaks the contract's pattern."""
    import re

    trimmed = name.strip() if isinstance(name, str) else ""  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
    if re.fullmatch(STREAM_NAME[1:-1], trimmed) is None:
        raise DefinitionError(f"stream name must match {STREAM_NAME}, got {name!r}")
    return trimmed


class _Stream(Generic[T]):
    __slots__ = ("_codec", "_label", "name", "type")

    @property
    def direction(self) -> Literal["input", "output"]:
        """Which way the records go."""
        raise NotImplementedError

    def __init__(self, name: str, type: Any = None) -> None:
        self.name: Final = stream_name(name)
        self.type: Final = type
        self._label: Final = f'{self.direction} stream "{self.name}" data'
        # A type that refers to a class which is defined further down gets its codec when it is first used.
        self._codec: Codec[T] | None = early_codec_for(type, self._label)

    @property
    def codec(self) -> Codec[T]:
        """What turns records' data into `T` and back."""
        if self._codec is None:
            self._codec = codec_for(self.type, self._label)
        return self._codec

    def decode(self, raw: Any) -> T:
        """A record's JSON data as `T`. Raises `OutputValidationError` with paths when it does not fit."""
        return self.codec.decode(raw, label=self._label, root="data", error=OutputValidationError)

    def encode(self, value: T) -> Any:
        """A value as a record's JSON data. Raises `PayloadValidationError` with paths if it does not fit."""
        return self.codec.encode(value, label=self._label, root="data", error=PayloadValidationError)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.name, self.type)  # its codec is made anew

    def __repr__(self) -> str:
        kind = "" if self.type is None else f", {getattr(self.type, '__name__', self.type)}"
        return f"{type(self).__name__}({self.name!r}{kind})"


class InputStream(_Stream[T]):
    """A stream that callers send to and a task reads: `InputStream("approval", dict[str, bool])`.

    `name` is trimmed and must match `^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$`. `type` is the type of each record's
    data (as a task's payload type), or left out for any JSON.

    Raises `DefinitionError` for a name or type that cannot be.

    >>> approval = InputStream("approval", dict[str, bool])
    >>> approval.decode({"approved": True})
    {'approved': True}
    """

    __slots__ = ()

    @property
    def direction(self) -> Literal["input"]:
        """Which way the records go."""
        return "input"

    if TYPE_CHECKING:

        @overload
        def __init__(self, name: str, type: DataType[T]) -> None: ...
        @overload
        def __init__(self: InputStream[Any], name: str, type: SpecialForm | None = None) -> None: ...
        def __init__(self, name: str, type: Any = None) -> None: ...


class OutputStream(_Stream[T]):
    """A stream that a task writes and callers read: `OutputStream("agent.report", Report)`.

    `name` is trimmed and must match `^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$`. `type` is the type of each record's
    data (as a task's payload type), or left out for any JSON.

    Raises `DefinitionError` for a name or type that cannot be.

    >>> OutputStream("agent.report", list[str])
    OutputStream('agent.report', list)
    """

    __slots__ = ()

    @property
    def direction(self) -> Literal["output"]:
        """Which way the records go."""
        return "output"

    if TYPE_CHECKING:

        @overload
        def __init__(self, name: str, type: DataType[T]) -> None: ...
        @overload
        def __init__(self: OutputStream[Any], name: str, type: SpecialForm | None = None) -> None: ...
        def __init__(self, name: str, type: Any = None) -> None: ...


class StreamRecord(Generic[T]):
    """A record of a stream. `data` is in the type the stream declares, `raw` the JSON object as it came."""

    __slots__ = ("_data", "_stream", "raw", "sequence")

    def __init__(self, raw: Mapping[str, Any], stream: _Stream[T]) -> None:
        if "data" not in raw:
            raise UnexpectedResponseError("the server gives a record without data")
        self.raw: Mapping[str, Any] = raw
        self.sequence: int = number(raw["sequence"], "sequence")
        """Its number in the stream, from 1 without gaps; what `after_sequence` takes."""
        self._stream = stream
        self._data: Any = MISSING

    @property
    def data(self) -> T:
        """What was sent. Raises `OutputValidationError` when it does not fit the stream's type."""
        if self._data is MISSING:
            self._data = self._stream.decode(self.raw["data"])
        data: T = self._data
        return data

    @property
    def id(self) -> str:
        """The record's id."""
        return field(self.raw, "id", str)

    @property
    def stream_id(self) -> str:
        """The id of its stream."""
        return field(self.raw, "stream_id", str)

    @property
    def correlation_id(self) -> str | None:
        """What the sender relates it to."""
        return optional(self.raw, "correlation_id", str)

    @property
    def content_type(self) -> str:
        """The kind of data, `application/json` unless the sender said otherwise."""
        return field(self.raw, "content_type", str)

    @property
    def created_at(self) -> datetime:
        """When it was stored."""
        return moment(self.raw, "created_at")

    @property
    def wire(self) -> models.StreamRecord:
        """The generated model, made anew each time."""
        from helmr_api import models

        return parsed_object(models.StreamRecord.from_dict, self.raw)

    def __repr__(self) -> str:
        return f"StreamRecord(sequence={self.sequence}, correlation_id={self.correlation_id!r})"


class AppendedRecord(StreamRecord[T]):
    """A record that was just sent, and what became of it."""

    __slots__ = ("_status", "answer")

    def __init__(self, answer: Mapping[str, Any], stream: _Stream[T]) -> None:
        super().__init__(answer["record"], stream)
        self.answer: Mapping[str, Any] = answer
        self._status: str = field(answer, "idempotency_status", str)

    @property
    def idempotency_status(self) -> Literal["created", "duplicate"] | str:
        """`created`, or `duplicate` when the key had been used: then this is the record of that time."""
        return self._status

    @property
    def continuation_status(self) -> Literal["accepted_run_pending", "created", "duplicate"] | str | None:
        """What an input does beyond being stored: `None` when a waiting run got it, `created` when it began a
        run, `accepted_run_pending` when one is owed; always `None` for outputs."""
        return optional(self.answer, "continuation_status", str)


def check_record(
    stream: _Stream[Any],
    data: Any,
    correlation_id: str | None,
    idempotency_key: str | None,
    content_type: str | None = None,
) -> None:
    """Check a record that is to be sent later. Raises `PayloadValidationError` or `ArgumentError`."""
    stream.encode(data)
    for value, what in (
        (correlation_id, "correlation_id"),
        (idempotency_key, "idempotency_key"),
        (content_type, "content_type"),
    ):
        if value is not None:
            checked_string(value, what)


def append_request(
    stream: _Stream[Any],
    data: Any,
    correlation_id: str | None,
    idempotency_key: str | None,
    content_type: str | None,
) -> models.AppendRecordRequest:
    """The body of an append, checked. Raises `PayloadValidationError`; nothing is sent."""
    from helmr_api import models

    body = models.AppendRecordRequest(
        data=stream.encode(data), idempotency_key=new_key() if idempotency_key is None else idempotency_key
    )
    if correlation_id is not None:
        body.correlation_id = correlation_id
    if content_type is not None:
        body.content_type = content_type
    return body


def input_stream(stream: InputStream[Any] | str) -> InputStream[Any]:
    """The stream of a name, or the stream itself. Raises `ArgumentError` for an output stream."""
    if isinstance(stream, str):
        return InputStream(stream)
    if not isinstance(stream, InputStream):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ArgumentError(f"an input stream or its name is needed, not {stream!r}")
    return stream


def output_stream(stream: OutputStream[Any] | str) -> OutputStream[Any]:
    """The stream of a name, or the stream itself. Raises `ArgumentError` for an input stream."""
    if isinstance(stream, str):
        return OutputStream(stream)
    if not isinstance(stream, OutputStream):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ArgumentError(f"an output stream or its name is needed, not {stream!r}")
    return stream


def checked_sequence(value: int) -> int:
    """An `after_sequence`. Raises `ArgumentError` when it is no whole number from 0."""
    return checked_number(value, 0, LARGEST, "after_sequence")


def records_parser(stream: _Stream[T], after: int) -> Callable[[Any], tuple[StreamRecord[T], ...]]:
    """Reads a page of the records after one straight from its JSON: there may be very many."""

    def parse(body: Any) -> tuple[StreamRecord[T], ...]:
        records = tuple(StreamRecord(raw, stream) for raw in body["records"])
        if records:
            check_advance(records[0].sequence, after, "record")
        return records

    return parse


def record_parser(stream: _Stream[T], after: int) -> Callable[[Any], StreamRecord[T] | None]:
    """Reads the one record after another; `None` when there is none yet."""

    def parse(body: Any) -> StreamRecord[T] | None:
        raw = body["record"]
        if raw is None:
            return None
        record = StreamRecord(raw, stream)
        check_advance(record.sequence, after, "record")
        return record

    return parse


def appended_parser(stream: _Stream[T]) -> Callable[[Any], AppendedRecord[T]]:
    """Reads the response to an append."""

    def parse(body: Any) -> AppendedRecord[T]:
        return AppendedRecord(body, stream)

    return parse


public(AppendedRecord, InputStream, OutputStream, StreamRecord)
