"""Checks values against the annotations of this package, which Python itself does not enforce.

A caller may pass, and a server may send, a number instead of a string.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType
from typing import Any, Final, NamedTuple

from .errors import ArgumentError
from .formats import is_list

__all__ = ["WrongTypeError", "alternatives", "check_arguments", "check_fields"]


class WrongTypeError(ValueError):
    """A value does not have the type in the document: `id must be a string, not int`."""


class _Type(NamedTuple):
    """The types that the annotation of a field allows."""

    types: tuple[type, ...]
    """The types of JSON values and date-times."""
    models: frozenset[str]
    """The names of models, and of enumerations."""
    item: _Type | None
    """The type of a list's items."""
    known: frozenset[type]
    """The types whose values need no further check: all except lists with an item type."""

    def allows(self, value: object) -> bool:
        """True if the value has one of the types."""
        if isinstance(value, bool):
            return bool in self.types
        return isinstance(value, self.types) or any(
            kind.__name__ in self.models for kind in type(value).__mro__
        )

    def __str__(self) -> str:
        names = {_NAMES[kind] for kind in self.types if kind is not NoneType}
        # in a union with a string, the name refers to an enumeration
        if self.models and str not in self.types:
            names.add("an object")
        return " or ".join(sorted(names))


_NAMES: Final[Mapping[type, str]] = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "True or False",
    list: "a list",
    dict: "an object",
    datetime.datetime: "a datetime",
    datetime.date: "a date",
}
_TYPES: Final[Mapping[str, type]] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "None": NoneType,
    "datetime.datetime": datetime.datetime,
    "datetime.date": datetime.date,
}


def check_fields(model: object, path: str = "") -> None:
    """Check the type of each field of a model, including those of nested models.

    Raises:
        WrongTypeError: A field has the wrong type.
    """
    kind: Any = type(model)
    for name, type_ in _field_types(kind):
        value = getattr(model, name)
        # Nearly every value has such a type. Without this shortcut, checking the body took a seventh of a
        # typed start.
        if type(value) not in type_.known:
            _check(value, type_, f"{path}{name.rstrip('_')}")


def check_arguments(function: Callable[..., Any], **arguments: object) -> None:
    """Check the arguments of a function of this package.

    Messages name the fields of `body` without that prefix.

    Raises:
        ArgumentError: An argument has the wrong type.
    """
    types = _parameter_types(function)
    try:
        for name, value in arguments.items():
            type_ = types[name]
            if name == "body" and _is_model(value):
                check_fields(value)
            elif type_ is not None and type(value) not in type_.known:
                _check(value, type_, name)
    except WrongTypeError as error:
        raise ArgumentError(str(error)) from None


@cache
def _field_types(kind: Any) -> list[tuple[str, _Type]]:
    """Return the fields whose types can be checked, with their types."""
    types: Mapping[str, str] = kind._field_types
    found = [(name, _type(text)) for name, text in types.items() if name != "additional_properties"]
    return [(name, type_) for name, type_ in found if type_ is not None]


@cache
def _parameter_types(function: Callable[..., Any]) -> dict[str, _Type | None]:
    annotations = function.__annotations__.items()
    return {name: _type(str(annotation)) for name, annotation in annotations if name != "return"}


def alternatives(annotation: str) -> list[str]:
    """Split the annotation of a field at each `|` outside brackets."""
    return re.split(r" \| (?![^\[]*\])", annotation)


def _type(annotation: str) -> _Type | None:
    """Return the type that an annotation of this package allows; `None` for any type."""
    types: list[type] = []
    models: list[str] = []
    item: _Type | None = None
    for part in alternatives(annotation):
        if part in {"Any", "File"}:
            return None
        if part.startswith("list["):
            types.append(list)
            item = _type(part[5:-1])
        elif part.startswith("dict["):
            types.append(dict)
        elif part.startswith("Literal["):
            types.append(str)
        elif part in _TYPES:
            types += [int, float] if part == "float" else [_TYPES[part]]
        else:
            models.append(part)
    if len(models) > 1:
        return None  # an alternative that a newer server adds is kept unchanged
    known = frozenset(kind for kind in types if kind is not list or item is None)
    return _Type(tuple(types), frozenset(models), item, known)


def _check(value: object, type_: _Type, path: str) -> None:
    if not type_.allows(value):
        raise WrongTypeError(f"{path} must be {type_}, not {type(value).__name__}")
    if _is_model(value):
        check_fields(value, f"{path}.")
    elif type_.item is not None and is_list(value):
        for index, item in enumerate(value):
            _check(item, type_.item, f"{path}[{index}]")


def _is_model(value: object) -> bool:
    return hasattr(type(value), "_field_types")
