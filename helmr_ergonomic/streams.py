"""Typed definitions of session streams, and the records that go through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar, overload

from .errors import DefinitionError, OutputValidationError, PayloadValidationError

if TYPE_CHECKING:
    from .codecs import Codec, Validator

__all__ = ["InputStream", "OutputStream", "stream_name"]

T = TypeVar("T")

STREAM_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$"


def stream_name(name: str) -> str:
    """The trimmed name of a stream. Raises `DefinitionError` when it breaks the contract's pattern."""
    import re

    trimmed = name.strip()
    if re.fullmatch(STREAM_NAME[1:-1], trimmed) is None:
        raise DefinitionError(f"stream name must match {STREAM_NAME}, got {name!r}")
    return trimmed


class _Stream(Generic[T]):
    __slots__ = ("_codec", "name", "type")

    @property
    def direction(self) -> Literal["input", "output"]:
        """Which way the records go."""
        raise NotImplementedError

    def __init__(self, name: str, type: Any = None) -> None:
        self.name: Final = stream_name(name)
        self.type: Final = type
        self._codec: Codec[T] | None = None

    @property
    def codec(self) -> Codec[T]:
        """What turns records' data into `T` and back."""
        if self._codec is None:
            from .codecs import codec_for

            self._codec = codec_for(self.type)
        return self._codec

    def decode(self, raw: Any) -> T:
        """A record's JSON data as `T`. Raises `OutputValidationError` with paths when it does not fit."""
        label = f'{self.direction} stream "{self.name}" data'
        return self.codec.decode(raw, label=label, root="data", error=OutputValidationError)

    def encode(self, value: T) -> Any:
        """A value as a record's JSON data. Raises `PayloadValidationError` with paths when it does not fit."""
        label = f'{self.direction} stream "{self.name}" data'
        return self.codec.encode(value, label=label, root="data", error=PayloadValidationError)

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
        def __init__(self: InputStream[Any], name: str) -> None: ...
        @overload
        def __init__(self, name: str, type: type[T]) -> None: ...
        @overload
        def __init__(self, name: str, type: Validator[T]) -> None: ...
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
        def __init__(self: OutputStream[Any], name: str) -> None: ...
        @overload
        def __init__(self, name: str, type: type[T]) -> None: ...
        @overload
        def __init__(self, name: str, type: Validator[T]) -> None: ...
        def __init__(self, name: str, type: Any = None) -> None: ...
