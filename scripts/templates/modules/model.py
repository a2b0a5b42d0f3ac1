"""The base class of all models."""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Callable, Iterable, Iterator, KeysView, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, Self, TypeVar

from .errors import UnexpectedResponseError
from .formats import decode_json, format_datetime, is_list, is_object
from .type_checks import check_fields

if TYPE_CHECKING:
    from msgspec import Raw

__all__ = [
    "Late",
    "Model",
    "as_json",
    "empty_models",
    "filling",
    "late",
    "set_class",
    "set_context",
    "setters",
    "with_classes",
]

M = TypeVar("M", bound="Model")


class _PydanticSerializer:
    """Lets pydantic serialise a model in a field that is not declared as one, such as `Any`."""

    def __get__(self, model: object, owner: type[Model]) -> Any:
        return _pydantic_serializer()


@cache
def _pydantic_serializer() -> Any:
    from pydantic_core import SchemaSerializer, core_schema

    return SchemaSerializer(core_schema.any_schema(serialization=_pydantic_serialization()))


def _pydantic_serialization() -> Any:
    from pydantic_core import core_schema

    return core_schema.plain_serializer_function_ser_schema(
        lambda model: model.to_dict(), return_schema=core_schema.dict_schema()
    )


class Model:
    """An object of the API.

    It can be read like a mapping of the JSON object: `dict(model)` is `model.to_dict()`.
    FastAPI can return it, and pydantic models can have it as a field.
    """

    # For subclasses with methods, which need a client or the type of a value. It is not a field: it is not
    # compared, shown or serialised.
    __slots__ = ("_context",)

    _shown: ClassVar[tuple[str, ...]] = ()
    """The fields that the repr shows."""
    _wire_names: ClassVar[Mapping[str, str]] = {}
    """The JSON names of the fields whose Python name differs."""
    _keeps_null: ClassVar[tuple[str, ...]] = ()
    """The fields whose explicit null is kept in `additional_properties`."""
    _field_types: ClassVar[Mapping[str, str]] = {}
    """The fields, in order, and their annotations."""

    __pydantic_serializer__: ClassVar[Any] = _PydanticSerializer()

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Create it from a JSON object. Unknown fields are kept.

        Raises:
            KeyError: A required field is missing.
            WrongTypeError: A field has the wrong type.
            ValueError: A value has the wrong format.
        """
        raise NotImplementedError

    def check_types(self) -> None:
        """Check the type of each field, including those of nested models.

        Raises:
            WrongTypeError: A field has the wrong type.
        """
        check_fields(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without omitted fields."""
        raise NotImplementedError

    def keys(self) -> KeysView[str]:
        """The names of the fields in the JSON object."""
        return self.to_dict().keys()

    def __getitem__(self, name: str) -> Any:
        return self.to_dict()[name]

    def __contains__(self, name: object) -> bool:
        return name in self.to_dict()

    def __iter__(self) -> Iterator[str]:
        return iter(self.to_dict())

    if not TYPE_CHECKING:  # type checkers would accept any attribute

        def __getattr__(self, name: str) -> Any:
            _fill(self)
            return object.__getattribute__(self, name)

    def __hash__(self) -> int:
        values = (getattr(self, name) for name in self._shown)
        return hash(tuple(value for value in values if isinstance(value, (str, int, float))))

    def __repr__(self) -> str:
        values = ((name, getattr(self, name)) for name in self._shown)
        shown = (f"{name}={_short(value)}" for name, value in values if value is not None)
        return f"{type(self).__name__}({', '.join(shown)})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            cls._validated, serialization=_pydantic_serialization()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        return {
            "type": "object",
            "title": cls.__name__,
            "description": (cls.__doc__ or "").partition("\n")[0],
        }

    @classmethod
    def _validated(cls, value: Any) -> Self:
        if isinstance(value, cls):
            return value
        given = value.to_dict() if isinstance(value, Model) else value
        if not is_object(given):
            raise ValueError(f"not an object of the form {cls.__name__}")
        try:
            return cls.from_dict(given)
        except KeyError as error:
            raise ValueError(f"the field {error.args[0]!r} is missing") from None
        except (TypeError, AttributeError):
            raise ValueError(f"not an object of the form {cls.__name__}") from None


set_class: Final[Callable[[object, type], None]] = vars(object)["__class__"].__set__
"""Changes the class of a model that was just read. The slots must be the same."""
set_context: Final[Callable[[object, Any], None]] = vars(Model)["_context"].__set__
"""Sets the context of a model, which may be immutable."""
_get_context: Final[Callable[[object], Any]] = vars(Model)["_context"].__get__


def with_classes(
    models: Sequence[Model], kinds: Iterable[type[M]], contexts: Iterable[object] = ()
) -> Sequence[M]:
    """Change the classes of models that were just read, and set their contexts. The slots must be the same.

    Nothing is copied. There is no loop in Python, which takes a sixth of the time to read a page.
    """
    deque(map(set_class, models, kinds), 0)
    deque(map(set_context, models, contexts), 0)
    changed: Sequence[Any] = models
    return changed


filling: Final[dict[type, Callable[[Any], Iterable[tuple[Callable[[Any, Any], None], Any]]]]] = {}
"""By the class of the context of an empty model: a function that returns setters and values of its fields."""


def empty_models(kinds: Iterable[type[Any]], contexts: Iterable[object]) -> list[Any]:
    """Create models whose fields are set when one of them is first used, from the context, see `filling`."""
    made: list[Any] = list(map(object.__new__, kinds))
    deque(map(set_context, made, contexts), 0)
    return made


def _fill(model: Model) -> None:
    """Set the fields of an empty model. Several threads may do so at once, with equal values."""
    try:
        context: object = _get_context(model)
    except AttributeError:
        return
    values = filling.get(type(context))
    if values is not None:
        for set_, value in values(context):
            set_(model, value)
        set_context(model, None)


class Late(NamedTuple):
    """Items of a list, in which a field is JSON that `Reader.read_late` leaves unparsed until it is used.

    `additional_properties` stay empty as well.
    """

    model: type[Model]
    """The model of the items."""
    kind: type[Model]
    """A subclass of it, with the same slots, which the items become."""
    field: str
    """The field with the JSON."""


def late(slot: Any, doc: str, make: Callable[[], Any] | None = None) -> Any:
    """Return a property for the slot of a field that may be empty, and is then filled on first use.

    By default, the value is parsed from the JSON text that `Reader.read_late` returns, as the second part of
    the model's context. Most values are never used, so they need not be made for each of many models.
    """

    def get(model: Any) -> Any:
        try:
            return slot.__get__(model)
        except AttributeError:
            value = _parsed(model, slot.__name__) if make is None else make()
        slot.__set__(model, value)
        return value

    return property(get, slot.__set__, doc=doc)


def _parsed(model: Any, field: str) -> Any:
    content: Raw = model._context[1]
    try:
        return decode_json(bytes(content))
    except (ValueError, RecursionError) as error:  # msgspec skips integers with too many digits for Python
        name = f"{type(model).__name__}.{field}"
        raise UnexpectedResponseError(f"{name} cannot be converted to Python values: {error}") from None


def setters(model: type[Model]) -> tuple[Callable[[Any, Any], None], ...]:
    """Return functions that set the fields of a frozen model, in order, for `from_dict`.

    The constructor of a frozen class looks up each field by name, which is a third of the time to read a
    model.
    """
    names: Iterable[str] = vars(model)["_field_types"]
    return tuple([vars(model)[name].__set__ for name in names])


def as_json(value: Any) -> Any:
    """Convert a value that may contain models and date-times to JSON values."""
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, datetime.datetime):
        return format_datetime(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if is_list(value):
        return [as_json(item) for item in value]
    return value


def _short(value: Any) -> str:
    """Return a short repr of the value."""
    if is_list(value):
        return f"[{len(value)} items]"
    text = repr(value)
    return text if len(text) <= 200 or isinstance(value, Model) else f"{text[:100]}…"
