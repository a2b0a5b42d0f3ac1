"""Whether values have the types that generated code declares for them.

Annotations bind nobody: a caller may pass a number where a string is due, and a server may send one. What the
document says of a request and of a response is in the generated signatures and models, so that this one check
does for every argument and every field.
"""

from __future__ import annotations

import datetime
import inspect
import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, Literal, NamedTuple, Union, cast, get_args, get_origin, get_type_hints

import attrs

__all__ = ["Mismatch", "check_arguments", "check_model", "is_model"]


class Mismatch(TypeError):
    """A value has another type than it is declared to have. `path` says where, `expected` what is due."""

    def __init__(self, path: str, expected: str, value: object) -> None:
        super().__init__(f"{path} must be {expected}, not {type(value).__name__}")
        self.path: str = path
        self.expected: str = expected


class _Shape(NamedTuple):
    """What a type hint allows."""

    types: tuple[type, ...] | None
    """The types; `None` for any."""
    item: _Shape | None = None
    """What a list holds."""

    def allows(self, value: object) -> bool:
        allowed = self.types
        if allowed is None:
            return True
        return isinstance(value, allowed) and not (isinstance(value, bool) and bool not in allowed)

    @property
    def simple(self) -> frozenset[type] | None:
        """The types whose values hold nothing that would have to be checked; `None` for any."""
        if self.types is None:
            return None
        return frozenset(kind for kind in self.types if kind is not list and not _has_fields(kind))

    def __str__(self) -> str:
        named = {_NAMES.get(kind.__name__, "an object") for kind in self.types or ()} - {""}
        return " or ".join(sorted(named))


_NAMES: Final = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "True or False",
    "list": "a list",
    "datetime": "a datetime",
    "NoneType": "",
    "Unset": "",
}


def check_model(model: object) -> None:
    """Check the fields of a generated model, and of those in it. Raises `Mismatch` for a wrong one."""
    _check_fields(model, "")


def check_arguments(function: Callable[..., Any], args: tuple[Any, ...], named: Mapping[str, Any]) -> None:
    """Check the arguments of a generated function. Raises `Mismatch` for a wrong one."""
    shapes = _signature(function)
    for name, value in (*zip(shapes, args, strict=False), *named.items()):
        if is_model(value):
            _check_fields(value, "" if name == "body" else f"{name}.")
        elif name in shapes:
            _check(value, shapes[name], name)


def _check(value: object, shape: _Shape, path: str) -> None:
    if not shape.allows(value):
        raise Mismatch(path, str(shape), value)
    if isinstance(value, list):
        if shape.item is not None:
            for index, item in enumerate(cast(Any, value)):
                _check(item, shape.item, f"{path}[{index}]")
    elif is_model(value):
        _check_fields(value, f"{path}.")


def is_model(value: object) -> bool:
    """Whether this is a generated model."""
    return attrs.has(cast("type[Any]", type(value)))


def _check_fields(model: object, path: str) -> None:
    kind: Any = type(model)
    fields = _fields(kind)
    for value, right, name, shape in zip(
        fields.of(model), fields.right, fields.names, fields.shapes, strict=True
    ):
        if right is not None and type(value) not in right:
            _check(value, shape, path + name)


def _has_fields(kind: type) -> bool:
    return attrs.has(kind) and [field.name for field in attrs.fields(kind)] != ["additional_properties"]


class _Fields(NamedTuple):
    """The fields of a model, as far as they have a type."""

    of: Callable[[Any], tuple[Any, ...]]
    """Their values in a model."""
    right: list[frozenset[type] | None]
    """For each the types of which nothing more needs to be checked; `None` for any."""
    names: list[str]
    shapes: list[_Shape]


@cache
def _fields(kind: Any) -> _Fields:
    hints = get_type_hints(kind, localns=cast("dict[str, Any]", _Models()))
    names = [field.name for field in attrs.fields(kind)]
    shapes = [_shape(hints[name]) for name in names]

    def values(model: Any) -> tuple[Any, ...]:
        return tuple([getattr(model, name) for name in names])

    return _Fields(values, [shape.simple for shape in shapes], [name.rstrip("_") for name in names], shapes)


@cache
def _signature(function: Callable[..., Any]) -> dict[str, _Shape]:
    hints = get_type_hints(function, localns=cast("dict[str, Any]", _Models()))
    return {name: _shape(hints[name]) for name in inspect.signature(function).parameters}


class _Models(dict[str, Any]):
    """The generated models by name, and `datetime`: annotations name them without importing them."""

    def __missing__(self, name: str) -> Any:
        from helmr_api import models

        if name == "datetime":
            return datetime
        if hasattr(models, name):
            return getattr(models, name)
        raise KeyError(name)


def _shape(hint: Any) -> _Shape:
    if hint is Any:
        return _Shape(None)
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _union([_shape(part) for part in get_args(hint)])
    if origin is Literal:
        values: tuple[Any, ...] = get_args(hint)
        return _Shape(tuple({value.__class__ for value in values}))
    if origin is list:
        return _Shape((list,), _shape(get_args(hint)[0]))
    if hint is float:
        return _Shape((float, int))
    return _Shape((origin or hint,))


def _union(shapes: list[_Shape]) -> _Shape:
    if any(shape.types is None for shape in shapes):
        return _Shape(None)
    allowed = [kind for shape in shapes for kind in shape.types or ()]
    if sum(attrs.has(kind) for kind in allowed) > 1:
        allowed.append(dict)  # one that a newer server adds stays as it came
    if any(kind.__name__ == "Unset" for kind in allowed):
        allowed.append(types.NoneType)  # a server may write null for what it could leave out
    item = next((shape.item for shape in shapes if shape.item is not None), None)
    return _Shape(tuple(dict.fromkeys(allowed)), item)
