"""Typed definitions of session streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Literal, TypeAlias, TypeVar, overload

from helmr_api.constants import STREAM_NAME_PATTERN

from ._public import public
from ._types import JSON, AnyType
from ._validation import checked_number, checked_string
from .codecs import Codec, DataType, SpecialForm, codec_for, early_codec_for
from .errors import ArgumentError, DefinitionError, OutputValidationError, PayloadValidationError
from .positions import LARGEST

T = TypeVar("T")
StreamT = TypeVar("StreamT", bound="AnyStream")


def stream_name(name: str) -> str:
    """Trim the name of a stream. Raises `DefinitionError` if it does not match the contract's pattern."""
    import re

    trimmed = name.strip() if isinstance(name, str) else ""  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
    if re.fullmatch(STREAM_NAME_PATTERN[1:-1], trimmed) is None:
        raise DefinitionError(f"stream name must match {STREAM_NAME_PATTERN}, got {name!r}")
    return trimmed


class Stream(Generic[T]):
    """The base class of input and output streams: a name, and the type of the records' data."""

    __slots__ = ("_codec", "_label", "name", "type")

    direction: ClassVar[Literal["input", "output"]]

    def __init__(self, name: str, type: AnyType = None) -> None:
        self.name: Final = stream_name(name)
        self.type: Final = type
        self._label: Final = f'{self.direction} stream "{self.name}" data'
        # The codec of a type that refers to a class defined later is created on first use.
        self._codec: Codec[T] | None = early_codec_for(type, self._label)

    @property
    def codec(self) -> Codec[T]:
        """Converts the data of records to `T` and back."""
        if self._codec is None:
            self._codec = codec_for(self.type, self._label)
        return self._codec

    def decode(self, raw: JSON) -> T:
        """Convert a record's JSON data to `T`. Raises `OutputValidationError`, with paths, if it does not
        match."""
        return self.codec.decode(raw, label=self._label, root="data", error=OutputValidationError)

    def encode(self, value: T) -> JSON:
        """Convert a value to a record's JSON data. Raises `PayloadValidationError`, with paths, if it does
        not match."""
        return self.codec.encode(value, label=self._label, root="data", error=PayloadValidationError)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.name, self.type)  # the codec is not pickled

    def __repr__(self) -> str:
        kind = "" if self.type is None else f", {getattr(self.type, '__name__', self.type)}"
        return f"{type(self).__name__}({self.name!r}{kind})"


class InputStream(Stream[T]):
    """A stream that callers send to and a task reads: `InputStream("approval", dict[str, bool])`.

    `name` is trimmed and must match `^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$`. `type` is the type of each record's
    data (as a task's payload type), or left out for any JSON.

    Raises `DefinitionError` for an invalid name or type.

    >>> approval = InputStream("approval", dict[str, bool])
    >>> approval.decode({"approved": True})
    {'approved': True}
    """

    __slots__ = ()

    direction: ClassVar[Literal["input", "output"]] = "input"

    if TYPE_CHECKING:

        @overload
        def __init__(self, name: str, type: DataType[T]) -> None: ...
        @overload
        def __init__(self: AnyInputStream, name: str, type: SpecialForm | None = None) -> None: ...
        def __init__(self, name: str, type: AnyType = None) -> None: ...


class OutputStream(Stream[T]):
    """A stream that a task writes and callers read: `OutputStream("agent.report", Report)`.

    `name` is trimmed and must match `^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$`. `type` is the type of each record's
    data (as a task's payload type), or left out for any JSON.

    Raises `DefinitionError` for an invalid name or type.

    >>> OutputStream("agent.report", list[str])
    OutputStream('agent.report', list)
    """

    __slots__ = ()

    direction: ClassVar[Literal["input", "output"]] = "output"

    if TYPE_CHECKING:

        @overload
        def __init__(self, name: str, type: DataType[T]) -> None: ...
        @overload
        def __init__(self: AnyOutputStream, name: str, type: SpecialForm | None = None) -> None: ...
        def __init__(self, name: str, type: AnyType = None) -> None: ...


AnyInputStream: TypeAlias = InputStream[Any]
"""An input stream with any type of data."""

AnyOutputStream: TypeAlias = OutputStream[Any]
"""An output stream with any type of data."""

AnyStream: TypeAlias = Stream[Any]
"""A stream with any type of data."""


def check_record(
    stream: Stream[JSON],
    data: JSON,
    correlation_id: str | None,
    idempotency_key: str | None,
    content_type: str | None = None,
) -> None:
    """Check a record that will be sent later. Raises `PayloadValidationError` or `ArgumentError`."""
    stream.encode(data)
    for value, what in (
        (correlation_id, "correlation_id"),
        (idempotency_key, "idempotency_key"),
        (content_type, "content_type"),
    ):
        if value is not None:
            checked_string(value, what)


def input_stream(stream: AnyInputStream | str) -> AnyInputStream:
    """Return the input stream with a name, or the stream itself. Raises `ArgumentError` for an output
    stream."""
    return _of_kind(InputStream, stream)


def output_stream(stream: AnyOutputStream | str) -> AnyOutputStream:
    """Return the output stream with a name, or the stream itself. Raises `ArgumentError` for an input
    stream."""
    return _of_kind(OutputStream, stream)


def _of_kind(kind: type[StreamT], stream: StreamT | str) -> StreamT:
    made = kind(stream) if isinstance(stream, str) else stream
    if not isinstance(made, kind):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ArgumentError(f"expected an {kind.direction} stream or its name, not {stream!r}")
    return made


def checked_sequence(value: int) -> int:
    """Return an `after_sequence`. Raises `ArgumentError` unless it is a whole number from 0."""
    return checked_number(value, 0, LARGEST, "after_sequence")


public(InputStream, OutputStream)
