"""Annotations of classes that are resolved when they are read.

To be fast, a module of this package imports the types of fields for type checkers only, and the `__module__`
of a class is the public one. So `typing.get_type_hints` and `attrs.resolve_types` would not find the types.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, ForwardRef

__all__ = ["find_with", "resolve_later"]


def resolve_later(value: Any, names: Mapping[str, Any] | None = None) -> None:
    """Let the annotations of a class resolve to types when they are read.

    Args:
        value: A class whose annotations are strings. Any other object is left as it is.
        names: The names of the module that defines it, by default `__module__`. Other names are those of the
            models.
    """
    written = value.__dict__.get("__annotations__")  # noqa: RUF063 - importing inspect takes longer
    if written and not isinstance(written, _Annotations):
        value.__annotations__ = _Annotations(written, names or vars(sys.modules[value.__module__]))


class _Annotations(dict[str, Any]):
    """Annotations, whose values are types where all their names are known, and strings otherwise."""

    __slots__ = ("_names",)

    def __init__(self, written: Mapping[str, Any], names: Mapping[str, Any]) -> None:
        super().__init__(written)
        self._names = names

    def resolve(self) -> None:
        own: list[tuple[str, Any]] = list(super().items())
        for name, written in own:
            text = written.__forward_arg__ if isinstance(written, ForwardRef) else written  # in a named tuple
            if isinstance(text, str):
                with suppress(NameError):  # a name that is imported for type checkers only
                    self[name] = eval(text, {}, _Names(self._names))  # noqa: S307 - source code of this package

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, ({**self},)  # without the names of the module, which cannot be pickled


def _resolving(name: str) -> Callable[..., Any]:
    """Return the method of `dict`, which resolves the annotations first."""
    usual: Callable[..., Any] = getattr(dict, name)

    def method(self: _Annotations, *arguments: Any) -> Any:
        self.resolve()
        return usual(self, *arguments)

    return method


for _name in (
    *("__eq__", "__getitem__", "__iter__", "__ne__", "__or__", "__repr__", "__reversed__", "__ror__"),
    *("copy", "get", "items", "keys", "pop", "popitem", "setdefault", "values"),
):
    setattr(_Annotations, _name, _resolving(_name))


class _Names(dict[str, Any]):
    """The names of a module, and those that `find_with` finds."""

    def __missing__(self, name: str) -> Any:
        for find in _FINDERS:
            with suppress(AttributeError):
                return find(name)
        raise KeyError(name)


_FINDERS: Final[list[Callable[[str], Any]]] = []


def find_with(find: Callable[[str], Any]) -> None:
    """Look up names that a module does not have with this function, which raises `AttributeError`."""
    _FINDERS.append(find)
