"""The types that a type is composed of. Imports nothing that a module of task definitions has not imported
already."""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from .._types import AnyType


class TypeTree:
    """All types that occur in a type: in its arguments and in the fields of its classes, at any depth.

    For pydantic models, only if `in_models` is true; otherwise pydantic handles their contents.
    Raises `NameError` while a name in an annotation is undefined, `TypeError` for an object that is not a
    type.
    """

    def __init__(self, root: AnyType, *, in_models: bool = False) -> None:
        self._in_models = in_models
        self.classes: dict[type, None] = {}
        """The classes, in order of occurrence."""
        self.metadata: list[AnyType] = []
        """The metadata of `Annotated` types."""
        self.keys: list[AnyType] = []
        """The key types of dicts."""
        self.has_choices: bool = False
        """True if the type contains a union or a `Literal`."""
        self._add(root)

    @property
    def is_built_in(self) -> bool:
        """True if it is made of built-in classes only, and always works."""
        others = self.has_choices or self.metadata or not all(map(is_key, self.keys))
        return not others and all(map(is_built_in, self.classes))

    def _add(self, form: Any) -> None:
        origin, arguments = get_origin(form), get_args(form)
        if form is Any or isinstance(form, TypeVar):
            return
        if isinstance(form, str):
            raise TypeError(f"{form!r} is a string: pass the type itself")
        if origin is Annotated:
            self.metadata += form.__metadata__
            self._add(arguments[0])
        elif origin is Literal:
            self.has_choices = True
        elif origin in (Union, UnionType):
            self.has_choices = True
            self._add_all(arguments)
        elif hasattr(form, "__supertype__"):  # NewType
            self._add(form.__supertype__)
        elif hasattr(form, "__value__"):  # type X = ...
            self._add(form.__value__)
        elif isinstance(origin, type):
            self._add_class(origin)
            self._add_all(arguments)
            if issubclass(origin, Mapping) and arguments:
                self.keys.append(arguments[0])
        elif arguments:  # Required, NotRequired, ReadOnly, Final
            self._add_all(arguments)
        elif isinstance(form, type):
            self._add_class(form)
        elif form is None:
            self._add_class(type(None))
        else:
            raise TypeError(f"{form!r} is not a type")

    def _add_all(self, forms: tuple[AnyType, ...]) -> None:
        for form in forms:
            if form is not ... and not isinstance(form, list):  # tuple[int, ...], Callable[[int], str]
                self._add(form)

    def _add_class(self, kind: type) -> None:
        if kind not in self.classes:
            self.classes[kind] = None
            for hint in _field_types(kind, in_models=self._in_models):
                self._add(hint)


def _field_types(kind: type, *, in_models: bool) -> list[AnyType]:
    """Return the types of the fields that msgspec or pydantic reads; none for a class of another kind."""
    known: AnyType = kind
    if hasattr(kind, "__pydantic_serializer__"):
        fields = getattr(kind, "__pydantic_fields__", None) or getattr(kind, "model_fields", {})
        return [field.annotation for field in fields.values()] if in_models else []
    if hasattr(kind, "__struct_fields__"):
        names = known.__struct_fields__
    elif hasattr(kind, "__dataclass_fields__"):
        import dataclasses

        names = [field.name for field in dataclasses.fields(kind)]
    elif hasattr(kind, "__attrs_attrs__"):
        names = [attribute.name for attribute in known.__attrs_attrs__]
    elif hasattr(kind, "__required_keys__"):  # a TypedDict, of typing or typing_extensions
        names = kind.__annotations__
    elif hasattr(kind, "_field_defaults"):  # a named tuple
        names = known._fields
    else:
        return []
    hints = get_type_hints(kind, include_extras=True)
    return [hints[name] for name in names if name in hints]


# By name, because most of their modules may not have been imported.
_SCALARS: Final = {
    *("builtins.bool", "builtins.bytes", "builtins.float", "builtins.int", "builtins.str"),
    *("datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta"),
    *("decimal.Decimal", "uuid.UUID"),
}
_CONTAINERS: Final = {
    *("builtins.dict", "collections.abc.Mapping", "collections.abc.MutableMapping"),
    *("builtins.list", "builtins.tuple", "collections.abc.Collection", "collections.abc.Sequence"),
    *("collections.abc.MutableSequence", "builtins.set", "builtins.frozenset"),
    *("collections.abc.Set", "collections.abc.MutableSet"),
}
_OTHERS: Final = {"builtins.NoneType", "builtins.object", "builtins.bytearray", "builtins.memoryview"}
_MARKS: Final = (
    "__struct_fields__",  # msgspec
    "__dataclass_fields__",
    "__attrs_attrs__",
    "__required_keys__",  # TypedDict
    "_field_defaults",  # named tuple
    "__members__",  # Enum
)


def is_built_in(kind: type) -> bool:
    """True for a standard-library class that can be converted to JSON."""
    name = f"{kind.__module__}.{kind.__qualname__}"
    return name in _SCALARS or name in _CONTAINERS or name in _OTHERS


def is_data(kind: type) -> bool:
    """True if msgspec encodes instances of the class as objects with fields."""
    is_unset = f"{kind.__module__}.{kind.__qualname__}" == "msgspec.UnsetType"
    return is_built_in(kind) or is_unset or any(hasattr(kind, mark) for mark in _MARKS)


def is_key(form: Any) -> bool:
    """True if values of a type can be restored from their string form as a key."""
    origin, arguments = get_origin(form), get_args(form)
    if form is Any or form is object or isinstance(form, TypeVar):
        return True
    if origin is Annotated:
        return is_key(arguments[0])
    if hasattr(form, "__supertype__"):  # NewType
        return is_key(form.__supertype__)
    if origin is Literal:
        return all(type(value) in (str, int) for value in arguments)
    if origin in (Union, UnionType):
        return str not in arguments and all(map(is_key, arguments))
    if not isinstance(form, type) or form is bool:
        return False
    return f"{form.__module__}.{form.__qualname__}" in _SCALARS or hasattr(form, "__members__")
