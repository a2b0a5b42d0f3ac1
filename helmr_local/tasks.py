"""Binds functions to task definitions, and finds such functions in modules."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterable
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast, overload

from helmr_ergonomic import InputStream, OutputStream, Task

from .implementation import DEFAULT_SANDBOX, Implementation, Sandbox, Schedule

if TYPE_CHECKING:
    from ._async_context import AsyncTaskContext
    from ._sync_context import TaskContext

PayloadT = TypeVar("PayloadT")
OutputT = TypeVar("OutputT")


class Decorator(Protocol[PayloadT, OutputT]):
    """The decorator that `implement` returns, for a sync or an async function of the task's types."""

    @overload
    def __call__(
        self, function: Callable[[AsyncTaskContext[PayloadT]], Awaitable[OutputT]], /
    ) -> Implementation[PayloadT, OutputT]: ...
    @overload
    def __call__(
        self, function: Callable[[TaskContext[PayloadT]], OutputT], /
    ) -> Implementation[PayloadT, OutputT]: ...


def implement(
    task: Task[PayloadT, OutputT],
    *,
    inputs: Iterable[InputStream[Any]] = (),
    outputs: Iterable[OutputStream[Any]] = (),
    sandbox: Sandbox = DEFAULT_SANDBOX,
    schedules: Iterable[Schedule] = (),
) -> Decorator[PayloadT, OutputT]:
    """Make a function the implementation of a task.

    A sync function runs on its own thread. An async function runs on the server's event loop, so blocking
    code in it stalls the whole server.

    Args:
        task: The definition that clients start.
        inputs: The input streams of sessions on this server.
        outputs: The output streams of those sessions.
        sandbox: The sandbox in which the task runs; it is deployed with the task.
        schedules: The schedules that start sessions of the task.

    Raises:
        TypeError: The decorated object is not a function, or it takes no context.

    Example:
        >>> from helmr import task
        >>> greet = task("greet", payload=str, output=str)
        >>> @implement(greet)
        ... def run(ctx):
        ...     return f"hello {ctx.payload}"
        >>> run.task.id
        'greet'
    """

    def decorate(function: Callable[..., Any]) -> Implementation[PayloadT, OutputT]:
        if not inspect.isfunction(function):
            raise TypeError(f"implement({task.id!r}) decorates a function, not {function!r}")
        if len(inspect.signature(function).parameters) != 1:
            raise TypeError(f"{function.__qualname__} must take one argument, the task's context")
        return Implementation(
            task,
            function,
            tuple(inputs),
            tuple(outputs),
            inspect.iscoroutinefunction(function),
            sandbox,
            tuple(schedules),
        )

    return cast("Decorator[PayloadT, OutputT]", decorate)


TaskSources = (
    str | ModuleType | Implementation[Any, Any] | Iterable["str | ModuleType | Implementation[Any, Any]"]
)
"""Sources of tasks: implementations, modules that contain implementations, and names of such modules."""


class TasksImportError(ImportError):
    """A tasks module cannot be imported. The message says which one, why, and where in the author's code.

    The exception that it raised is the `__cause__`.
    """


def collect(tasks: TaskSources) -> list[Implementation[Any, Any]]:
    """Return all implementations, each once.

    Raises:
        TypeError: An item is not an implementation, or a module contains none.
        TasksImportError: A module cannot be imported.
    """
    found: dict[int, Implementation[Any, Any]] = {}
    # A string is iterable too; anything that is not iterable is refused as an item.
    is_one = isinstance(tasks, str) or not isinstance(tasks, Iterable)
    sources = cast("Iterable[Any]", [tasks] if is_one else tasks)
    for source in sources:
        if isinstance(source, Implementation):
            found[id(cast(object, source))] = source  # pyright: ignore[reportUnknownArgumentType]  # any types
            continue
        if not isinstance(source, (str, ModuleType)):
            raise TypeError(
                f"tasks are functions decorated with @implement, modules or their names, not {source!r}"
            )
        module = _module(source) if isinstance(source, str) else source
        inside: list[Implementation[Any, Any]] = [
            value for value in vars(module).values() if isinstance(value, Implementation)
        ]
        if not inside:
            raise TypeError(f"the module {module.__name__} has no function decorated with @implement")
        for implementation in inside:
            found[id(implementation)] = implementation
    return list(found.values())


def secrets_of_this_process(implementations: Iterable[Implementation[Any, Any]]) -> dict[str, str]:
    """Return the secrets that the tasks declare, from environment variables of the same names; empty where
    not set.
    """
    declared = {name for implementation in implementations for name in implementation.task.secrets}
    return {str(name): os.environ.get(str(name), "") for name in declared}


def _module(name: str) -> ModuleType:
    """Import a module by name, including from the directory in which the command is run."""
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise TasksImportError(_path_given(name, error) or _complaint(name, error), name=name) from error


def _path_given(name: str, error: BaseException) -> str:
    """Return the error message for a path, which names the module instead; empty if it is not a path."""
    path = name.replace("\\", "/")
    module = path.removesuffix(".py")
    is_absent = isinstance(error, ModuleNotFoundError) and error.name in (name, name.removesuffix(".py"))
    if ("/" not in path and module == path) or not (is_absent or name.startswith(".")):
        return ""
    parts = [part for part in module.split("/") if part not in ("", ".", "..")]
    if not parts:
        return ""
    is_elsewhere = path.startswith(("/", "../"))
    meant = parts[-1] if is_elsewhere else ".".join(parts)
    place = ", and start the command in its folder" if is_elsewhere else ""
    return f"cannot import the tasks module {name!r}: give its name, {meant}, instead of a path{place}"


def _complaint(name: str, error: BaseException) -> str:
    """Describe the failure: the module, the exception, and the author's lines of code that led to it."""
    what = traceback.format_exception_only(error)
    # A syntax error has no frame, but the first lines of its message contain its location.
    place = [what.pop(0) for _ in what[:-1]] if isinstance(error, SyntaxError) else []
    frames = [
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).partition(".")[0] not in _NOT_THEIRS
    ]
    where = "".join([*traceback.StackSummary.extract(frames).format(), *place])
    return f"cannot import the tasks module {name!r}: {''.join(what)}{where}".rstrip("\n")


# Packages whose frames are not shown: the import machinery, and this project.
_NOT_THEIRS = frozenset({"importlib", "helmr", "helmr_api", "helmr_cli", "helmr_ergonomic", "helmr_local"})
