"""The base class of codecs: checks values before they are sent, and reports errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, TypeAlias, TypeVar, cast

from helmr_api.formats import UncertainError, exact_copy

from .._types import JSON, AnyType
from ..errors import DataValidationError, Issue, OutputValidationError, PayloadValidationError
from .problems import Problem, ValueProblem, described

if TYPE_CHECKING:
    from types import UnionType
    from typing import _SpecialForm  # pyright: ignore[reportPrivateUsage]  it has no other name

    MYPY = False
    if MYPY:  # true only for mypy, which infers nothing from TypeForm, and rejects it in older versions
        from builtins import type as TypeForm
    else:
        from typing_extensions import TypeForm

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class SchemaResult(Protocol[T_co]):
    """The result of a `StandardSchema`: `issues` (`None` or empty on success) and, on success, `value`."""

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
    """A `pydantic.TypeAdapter`, for types that type checkers do not accept as a `type[T]`."""

    def validate_python(self, object: JSON, /) -> T_co: ...


Validator: TypeAlias = Callable[[JSON], T] | StandardSchema[T] | TypeAdapter[T]
"""A function that returns the parsed value or raises an exception, a `StandardSchema`, or a
`pydantic.TypeAdapter`."""


DataType: TypeAlias = "type[T] | TypeForm[T] | Validator[T]"
"""The declared type of some data: a class, a form such as `int | None`, or a `Validator`."""

OtherForm: TypeAlias = "UnionType | _SpecialForm"
"""`int | None`, `Literal["a"]`, `Annotated[...]` as mypy sees them: without the type that they describe."""

SpecialForm: TypeAlias = "type[Any] | OtherForm"
"""Such a form, or one that mypy partly takes for a class."""


class Codec(Generic[T]):
    """Converts JSON values to `T` and back. This base class is the codec of `Any`, which accepts any JSON
    value."""

    _exact: AnyType = Any
    """The type, if it is made of built-in classes; otherwise `None`."""

    def decode(
        self,
        raw: object,
        *,
        label: str,
        root: str = "payload",
        error: type[DataValidationError] = OutputValidationError,
    ) -> T:
        """Convert a parsed JSON value to `T`. Raises `error`, with paths that begin at `root`, if it does not
        match."""
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
        """Convert a value to plain JSON values and check it. Raises `error` if it does not match the type."""
        try:
            raw, is_valid = self.dump(value)
        except Exception as exc:
            self._refuse(exc, value, label, root, error)
        if not is_valid:
            self.decode(raw, label=label, root=root, error=error)
        return raw

    def load(self, raw: object) -> T:
        """Convert a parsed JSON value to `T`. May raise any exception."""
        return cast(T, raw)

    @cached_property
    def load_list(self) -> Callable[[bytes], Iterable[T]] | None:
        """Converts the text of a JSON list to values, as `load` does; `None` if that is not possible. It may
        raise any exception."""
        return None

    def dump(self, value: object) -> tuple[JSON, bool]:
        """Convert a value to plain JSON values, and return whether they are known to match the type. May
        raise any exception.

        Most are not, because Structs and dataclasses are not validated when they are created.
        """
        try:
            if self._exact is not None:
                return exact_copy(value, self._exact), True
        except UncertainError:
            pass
        return self._plain(value), False

    @cached_property
    def _plain(self) -> Callable[[object], JSON]:
        from .plain import plain  # imports msgspec; once, because each time would take 2% of a typed start

        return plain

    def problems(self, exc: Exception, raw: object) -> Sequence[Problem] | None:
        """Return the problems behind an exception from `load` or `dump`; `None` for an unknown exception."""
        return None

    def _refuse(
        self, exc: Exception, value: object, label: str, root: str, error: type[DataValidationError]
    ) -> NoReturn:
        found = exc.problems if isinstance(exc, ValueProblem) else self.problems(exc, value)
        issues = [Issue(path, message, root=root) for path, message in found or [described(exc)]]
        raise error(label, issues) from (exc if found is None else None)


AnyCodec: TypeAlias = Codec[Any]
"""A codec whose type is not known statically."""
