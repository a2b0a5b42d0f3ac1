"""A task with the function that implements it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from helmr_ergonomic import InputStream, OutputStream, Task

PayloadT = TypeVar("PayloadT")
OutputT = TypeVar("OutputT")


@dataclass(frozen=True)
class Sandbox:
    """The declared environment in which a task and its workspaces run.

    Nothing is enforced here: task functions run in the server's process, and there are no images.

    Args:
        id: Its name.
        image: The image that the real control plane would run.
        internet: True if it may reach the internet.
        allow: Additional destinations that it may reach.
        deny: Destinations that it may not reach.
        milli_cpu: The minimum CPU, in thousandths of a core.
        memory_mib: The minimum memory in MiB.
        disk_mib: The minimum disk space in MiB.
        mount_path: The path at which its workspace is mounted.

    Example:
        >>> from helmr import task
        >>> from helmr_local import Sandbox, implement
        >>> python = Sandbox("python", image="python:3.12", memory_mib=2048)
        >>> @implement(task("check", payload=str), sandbox=python)
        ... def check(ctx):
        ...     pass
    """

    id: str
    image: str = ""
    internet: bool = True
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    milli_cpu: int = 1000
    memory_mib: int = 1024
    disk_mib: int = 4096
    mount_path: str = "/workspace"


DEFAULT_SANDBOX = Sandbox("default")
"""The sandbox of tasks that declare none. Every deployment has it."""


@dataclass(frozen=True)
class Schedule:
    """A schedule that starts sessions of a task, as declared by the task.

    Args:
        cron: Five fields: minute, hour, day of the month, month, day of the week.
        timezone: The IANA time zone of `cron`.
        key: Its name among the schedules of the task.

    Example:
        >>> from helmr import task
        >>> from helmr_local import Schedule, implement
        >>> @implement(task("report"), schedules=[Schedule("0 3 * * *", timezone="Europe/Berlin")])
        ... def report(ctx):
        ...     pass
    """

    cron: str
    timezone: str = "UTC"
    key: str = "primary"


@dataclass(frozen=True)
class Implementation(Generic[PayloadT, OutputT]):
    """A task and the function that implements it; calling it calls that function."""

    task: Task[PayloadT, OutputT]
    function: Callable[..., Any]
    inputs: tuple[InputStream[Any], ...]
    outputs: tuple[OutputStream[Any], ...]
    is_async: bool
    sandbox: Sandbox = DEFAULT_SANDBOX
    schedules: tuple[Schedule, ...] = ()

    def __call__(self, ctx: Any) -> Any:
        return self.function(ctx)
