"""Functions that plant a fault in running code and undo it on exit.

A patch names what it changes: a function, class, property, slot or constant. If that is missing or different
(without the parameter, of another type), it raises `FaultError`, so that no patch can silently stop changing
anything. It changes behaviour, never the text of the code, which may be written differently at any time.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import wraps
from types import FunctionType, MemberDescriptorType, ModuleType
from typing import Any, TypeAlias, cast

from .trouble import guarded

Patch: TypeAlias = Callable[[], AbstractContextManager[None]]
Change: TypeAlias = Callable[[Any], Any]
"""Returns the replacement of an argument, a result or a stored value."""


class FaultError(Exception):
    """The fault cannot be planted, because what it changes is missing or different."""


# Targets ----------------------------------------------------------------------------------------------------


def _find(target: str) -> tuple[Any, str, Any]:
    """Return the owner, attribute name and current value of `package.module:Class.attribute`."""
    module_name, _, path = target.partition(":")
    try:
        owner: Any = importlib.import_module(module_name)
    except ImportError as error:
        raise FaultError(f"{target}: {error}") from None
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part, None)
    known: dict[str, Any] = {} if owner is None else vars(cast(object, owner))
    if name not in known:
        raise FaultError(f"{target} does not exist")
    return owner, name, known[name]


@contextmanager
def _put(target: str, new: Any) -> Generator[None]:
    """Replace the value at `target`, and wherever another Helmr module has imported it."""
    owner, name, old = _find(target)
    places: list[tuple[Any, str]] = [(owner, name)]
    if isinstance(owner, ModuleType) and isinstance(old, (FunctionType, type)):
        for module in [m for n, m in list(sys.modules.items()) if n.startswith("helmr_") and m is not owner]:
            places += [(module, key) for key, value in list(vars(module).items()) if value is old]
    if isinstance(old, FunctionType) and isinstance(new, FunctionType):
        new.__dict__.update(old.__dict__)  # copies the operations that a handler is marked with
    for place, key in places:
        setattr(place, key, new)
    try:
        yield
    finally:
        for place, key in places:
            setattr(place, key, old)


# Patches ----------------------------------------------------------------------------------------------------


def all_of(*patches: Patch) -> Patch:
    """Combine several changes into one fault."""

    @contextmanager
    def plant() -> Generator[None]:
        with ExitStack() as stack:
            for patch in patches:
                stack.enter_context(patch())
            yield

    return plant


def constant(target: str, new: Any) -> Patch:
    """Replace a constant of a module or class."""

    @contextmanager
    def plant() -> Generator[None]:
        owner, name, old = _find(target)
        if type(old) is not type(new) or old == new:
            raise FaultError(f"{target} is {old!r}, which {new!r} does not replace")
        setattr(owner, name, new)
        try:
            yield
        finally:
            setattr(owner, name, old)

    return plant


def replaced(target: str, make: Callable[[Any], Any]) -> Patch:
    """Replace a class, a function, or that of a property or class method; `make` gets the original."""

    @contextmanager
    def plant() -> Generator[None]:
        old = _find(target)[2]
        if isinstance(old, property):
            new: Any = property(make(old.fget))
        elif isinstance(old, (classmethod, staticmethod)):
            wrapped = cast("classmethod[Any, ..., Any]", old)
            new = type(wrapped)(make(wrapped.__func__))
        elif callable(old):
            new = make(old)
        else:
            raise FaultError(f"{target} is not a function")
        with _put(target, new):
            yield

    return plant


def instead(target: str, new: Change) -> Patch:
    """Replace a function of one argument."""
    return replaced(target, lambda _: new)


def returning(target: str, change: Change) -> Patch:
    """Change what a function returns."""

    def make(function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def awaited(*args: Any, **options: Any) -> Any:
                return guarded(change)(await function(*args, **options))

            return awaited

        @wraps(function)
        def called(*args: Any, **options: Any) -> Any:
            return guarded(change)(function(*args, **options))

        return called

    return replaced(target, make)


def with_argument(target: str, name: str, change: Change) -> Patch:
    """Change an argument of a function, also if it has its default value."""

    def make(function: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(function)
        if name not in signature.parameters:
            raise FaultError(f"{target} has no parameter {name}")

        @wraps(function)
        def called(*args: Any, **options: Any) -> Any:
            call = signature.bind(*args, **options)
            call.apply_defaults()
            call.arguments[name] = guarded(change)(call.arguments[name])
            return function(*call.args, **call.kwargs)

        return called

    return replaced(target, make)


def stored(target: str, change: Change) -> Patch:
    """Change each value that is stored in a slot of a class."""

    @contextmanager
    def plant() -> Generator[None]:
        slot = _find(target)[2]
        if not isinstance(slot, MemberDescriptorType):
            raise FaultError(f"{target} is not a slot")

        def store(owner: Any, value: Any) -> None:
            slot.__set__(owner, guarded(change)(value))

        with _put(target, property(slot.__get__, store)):
            yield

    return plant
