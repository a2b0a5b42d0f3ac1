"""Functions that plant a fault in running code and undo it on exit.

The code that a fault changes must still exist unchanged; otherwise each function raises `FaultError`. So no
patch can silently stop changing anything.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import dis
import importlib
import inspect
import sys
import textwrap
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import CodeType, FunctionType, ModuleType
from typing import Any, cast

Patch = Callable[[], AbstractContextManager[None]]


class FaultError(Exception):
    """The fault cannot be planted, because the code that it changes is missing or different."""


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
    """Replace a function; `make` gets the original."""

    @contextmanager
    def plant() -> Generator[None]:
        old = _find(target)[2]
        if not callable(old):
            raise FaultError(f"{target} is not a function")
        with _put(target, make(old)):
            yield

    return plant


def rewritten(target: str, *changes: tuple[str, str]) -> Patch:
    """Replace pieces of a function's source; each must occur exactly once."""

    @contextmanager
    def plant() -> Generator[None]:
        old = _find(target)[2]
        with _put(target, _recompiled(target, old, changes)):
            yield

    return plant


def _recompiled(target: str, old: Any, changes: Sequence[tuple[str, str]]) -> Any:
    inner: Any = old
    if isinstance(old, property):
        inner = old.fget
    elif isinstance(old, (staticmethod, classmethod)):
        inner = cast(Any, old).__func__
    function = cast(FunctionType, inspect.unwrap(inner))
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError) as error:
        raise FaultError(f"{target} has no source: {error}") from None
    for piece, other in changes:
        if source.count(piece) != 1:
            raise FaultError(f"{target}: {piece!r} occurs {source.count(piece)} times")
        source = source.replace(piece, other)
    if function.__closure__:
        raise FaultError(f"{target} is a closure")
    tree = ast.parse(source)
    definition = cast("ast.FunctionDef | ast.AsyncFunctionDef", tree.body[0])
    # `_put` copies the attributes that these decorators set.
    definition.decorator_list = [
        decorator for decorator in definition.decorator_list if "handles(" not in ast.unparse(decorator)
    ]
    code = compile(tree, f"<mutant of {target}>", "exec", __future__.annotations.compiler_flag, True)
    if missing := sorted(set(_names(code)) - function.__globals__.keys() - vars(builtins).keys()):
        raise FaultError(f"{target}: the changed source names {', '.join(missing)}, which does not exist")
    made: dict[str, Any] = {}
    exec(code, function.__globals__, made)  # noqa: S102  # the catalogue's own source
    return made[function.__name__]


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names that the code looks up in its module when it runs."""
    yield from (str(step.argval) for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL")
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)
