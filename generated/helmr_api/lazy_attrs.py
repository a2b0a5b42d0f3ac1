# Copied from scripts/templates/modules/lazy_attrs.py: edit that file, then run `make generate`.
"""Attrs classes that attrs completes when they are first used as such.

Importing attrs and creating the classes of a start took a quarter of the time of `import httpx`. A class made
here has the fields and slots of the attrs class from the beginning. attrs adds the rest (`__attrs_attrs__`,
`__eq__`, `__init__`, …) when one of these is first looked up. Sending a request and reading its response need
none of them.

Methods of these classes must not use `super()` without arguments: like attrs, this replaces the class.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from . import forking
from .annotations import resolve_later

__all__ = ["define", "field", "frozen"]

if TYPE_CHECKING:
    from attrs import define as define
    from attrs import field as field
    from attrs import frozen as frozen
else:

    def define(**options: Any) -> Callable[[type], type]:
        """Make an attrs class, like `attrs.define`."""
        names = sys._getframe(1).f_globals
        return lambda written: _made(written, "define", options, names)

    def frozen(**options: Any) -> Callable[[type], type]:
        """Make an immutable attrs class, like `attrs.frozen`."""
        names = sys._getframe(1).f_globals
        return lambda written: _made(written, "frozen", options, names)

    def field(**options: Any) -> _Field:
        """Describe a field, like `attrs.field`."""
        return _Field(options)


class _Field:
    """The arguments of `field`."""

    __slots__ = ("options",)

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options


_ADDED = (
    *("__attrs_attrs__", "__attrs_own_setattr__", "__attrs_props__", "__getstate__", "__init__"),
    *("__match_args__", "__replace__", "__setstate__"),
    "__signature__",  # no class has it, but `inspect.signature` looks it up before `__init__`
)
_NOT_COPIED = ("__dict__", "__weakref__")


def _made(written: type, decorator: str, options: dict[str, Any], names: dict[str, Any]) -> type:
    """Return the class with slots. Its fields are the annotations of the class as written."""
    types = {name: text for name, text in written.__annotations__.items() if not text.startswith("ClassVar[")}
    left_out = {*types, *_NOT_COPIED}  # a default would be in the way of its slot
    contents = {name: value for name, value in vars(written).items() if name not in left_out}
    contents |= {
        "__qualname__": written.__qualname__,
        "__slots__": (*types, "__weakref__"),
        "_field_types": types,
    }
    added = [*_ADDED]
    if options.get("eq", True):
        added += ["__eq__", "__ne__"]
    if options.get("repr", True):
        added.append("__repr__")
    if decorator == "frozen":
        added += ["__setattr__", "__delattr__"]
    original = _Original(written, decorator, options)
    contents |= {name: _Later(original, name) for name in added if name not in contents}
    original.made = type(written)(written.__name__, written.__bases__, contents)
    resolve_later(original.made, names)
    return original.made


class _Original:
    """A class as written, from which attrs creates what it adds."""

    made: type

    def __init__(self, written: type, decorator: str, options: dict[str, Any]) -> None:
        # Not the class, which would remain in `__subclasses__()` of its base.
        self.contents = {name: value for name, value in vars(written).items() if name not in _NOT_COPIED}
        self.decorator = decorator
        self.options = options

    def complete(self) -> None:
        """Add what attrs adds. Several threads may do so at once: each adds the same."""
        import attrs

        contents = {
            name: attrs.field(**value.options) if isinstance(value, _Field) else value
            for name, value in self.contents.items()
        }
        contents["__qualname__"] = self.made.__qualname__
        # Each thread has its own class, because attrs also changes the class that it gets.
        written = type(self.made)(self.made.__name__, self.made.__bases__, contents)
        complete: type = getattr(attrs, self.decorator)(**self.options)(written)
        own = dict(vars(self.made))
        for name, value in vars(complete).items():
            if isinstance(own.get(name), _Later) or name not in own:
                setattr(self.made, name, value)
        # What this version of attrs does not add must not stay, or `dir` would list it.
        for name, value in own.items():
            if isinstance(value, _Later) and name not in vars(complete):
                with suppress(AttributeError):  # another thread was faster
                    delattr(self.made, name)


class _Later:
    """Stands for an attribute until attrs has added it."""

    __slots__ = ("_name", "_original")

    def __init__(self, original: _Original, name: str) -> None:
        self._original = original
        self._name = name

    def __get__(self, instance: object, owner: type) -> Any:
        self._original.complete()
        found: Any = vars(self._original.made).get(self._name, self)
        if found is self:  # this version of attrs does not add it
            raise AttributeError(f"type object {owner.__name__!r} has no attribute {self._name!r}")
        return found.__get__(instance, owner) if hasattr(found, "__get__") else found


forking.register()  # a fork in another thread must wait for the import of attrs
