"""What all codecs share: how errors are reported, and what is checked before a value is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, TypeAlias, TypeVar, cast

from .._types import JSON
from ..errors import DataValidationError, Issue, OutputValidationError, PayloadValidationError
from .problems import Problem, ValueProblem, described

if TYPE_CHECKING:
    from types import UnionType
    from typing import _SpecialForm  # pyright: ignore[reportPrivateUsage]  it has no other name

    MYPY = False
    if MYPY:  # true for mypy only, whose older versions refuse TypeForm, and which infers nothing from it
        from builtins import type as TypeForm
    else:
        from typing_extensions import TypeForm

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class SchemaResult(Protocol[T_co]):
    """What a `StandardSchema` returns: `issues` (none or empty on success) and, on success, `value`."""

    @property
    def issues(self) -> Sequence[object] | None: ...

    @property
    def value(self) -> T_co: ...


class StandardSchema(Protocol[T_co]):
    """An object that validates values, following the Standard Schema interface.

    Its issues have a `message` and a `path` (a sequence of names and indexes).
    """

    def validate(self, value: JSON, /) -> SchemaResult[T_co]: ...


class TypeAdapter(Protocol[T_co]):
    """A `pydantic.TypeAdapter`: a way to name a type that type checkers do not accept as a `type[T]`."""

    def validate_python(self, object: JSON, /) -> T_co: ...


Validator: TypeAlias = Callable[[JSON], T] | StandardSchema[T] | TypeAdapter[T]
"""A function that returns the parsed value or raises an exception, a `StandardSchema`, or a
`pydantic.TypeAdapter`."""


DataType: TypeAlias = "type[T] | TypeForm[T] | Validator[T]"
"""What says of which type data are: a class, a form such as `int | None`, or a `Validator`."""

OtherForm: TypeAlias = "UnionType | _SpecialForm"
"""`int | None`, `Literal["a"]`, `Annotated[...]` as mypy sees them: without the type that they stand for."""

SpecialForm: TypeAlias = "type[Any] | OtherForm"
"""Such a form, also one of which mypy sees a part as a class."""


class Codec(Generic[T]):
    """Turns JSON values into `T` and back. This base is the codec of `Any`, which takes any JSON value."""

    def decode(
        self,
        raw: object,
        *,
        label: str,
        root: str = "payload",
        error: type[DataValidationError] = OutputValidationError,
    ) -> T:
        """A parsed JSON value as `T`. Raises `error`, with paths from `root` on, when it does not fit."""
        try:
            return self.load(raw)
        except Exception as exc:
            self._refuse(exc, raw, label, root, error)

    def encode(
        self,
        value: object,
        *,
        label: str,
        root: str = "payload",
        error: type[DataValidationError] = PayloadValidationError,
    ) -> JSON:
        """A value as plain JSON values, checked. Raises `error` when it does not fit."""
        try:
            raw, is_valid = self.dump(value)
        except Exception as exc:
            self._refuse(exc, value, label, root, error)
        if not is_valid:
            self.decode(raw, label=label, root=root, error=error)
        return raw

    def load(self, raw: object) -> T:
        """A parsed JSON value as `T`, or any exception."""
        return cast(T, raw)

    def dump(self, value: object) -> tuple[JSON, bool]:
        """A value as plain JSON values, or any exception; and whether they are known to fit the type.

        Structs and dataclasses check nothing when they are made, so that by default they are not.
        """
        from .plain import plain

        return plain(value), False

    def problems(self, exc: Exception, raw: object) -> Sequence[Problem] | None:
        """The problem behind an exception from `load` or `dump`; `None` for one that the codec does not
        know."""
        return None

    def _refuse(
        self, exc: Exception, value: object, label: str, root: str, error: type[DataValidationError]
    ) -> NoReturn:
        found = exc.problems if isinstance(exc, ValueProblem) else self.problems(exc, value)
        known = found is not None
        issues = [Issue(path, message, root=root) for path, message in found or [described(exc)]]
        raise error(label, issues) from (None if known else exc)


AnyCodec: TypeAlias = Codec[Any]
"""The codec of a type that is not known."""
