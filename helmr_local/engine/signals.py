"""Notifications between modules that do not import each other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, ParamSpec

from ..catalog import TaskRow
from .rows import RunPlace

P = ParamSpec("P")


class Signal(Generic[P]):
    """Calls its listeners in the order in which they were connected."""

    def __init__(self) -> None:
        self._listeners: list[Callable[P, None]] = []

    def connect(self, listener: Callable[P, None]) -> None:
        """Add a listener."""
        self._listeners.append(listener)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        for listener in self._listeners:
            listener(*args, **kwargs)


@dataclass(frozen=True)
class Signals:
    """The signals of one server.

    Args:
        run_queued: A run was queued. Argument: its row, or its place in the queue. Sent after the commit.
        run_cancelled: A run was cancelled. Arguments: its id, the reason, whether it has finished, and
            whether the cancel was forced. Sent after the commit.
        run_parked: A run has given up its lease. Argument: its id. Sent after the commit.
        deployed: The server's own tasks were added to a deployment. Arguments: the ids of the environment and
            the deployment. Sent within the transaction.
        deployment_promoted: A deployment became the current one of its environment. Arguments: the ids of the
            environment and the deployment. Sent within the transaction.
        session_starting: A session is about to start. Arguments: the environment's id and the row of the
            deployed task. A listener raises `ApiError` to reject the start.
        workspace_mounted: A mount is ready. Arguments: the ids of the workspace and the mount. Sent after the
            commit.
        workspace_stopping: The processes in a workspace must end. Arguments: the workspace's id and a list. A
            listener ends its processes, and appends to the list what to await before the files are stored.
        mount_ended: A mount is no longer active. Arguments: its id, its final state (`unmounted` or
            `failed`), and the time. Sent within the transaction.
    """

    run_queued: Signal[[RunPlace]] = field(default_factory=lambda: Signal[[RunPlace]]())
    run_cancelled: Signal[[str, str, bool, bool]] = field(
        default_factory=lambda: Signal[[str, str, bool, bool]]()
    )
    run_parked: Signal[[str]] = field(default_factory=lambda: Signal[[str]]())
    deployed: Signal[[str, str]] = field(default_factory=lambda: Signal[[str, str]]())
    deployment_promoted: Signal[[str, str]] = field(default_factory=lambda: Signal[[str, str]]())
    session_starting: Signal[[str, TaskRow]] = field(default_factory=lambda: Signal[[str, TaskRow]]())
    workspace_mounted: Signal[[str, str]] = field(default_factory=lambda: Signal[[str, str]]())
    workspace_stopping: Signal[[str, list[Awaitable[None]]]] = field(
        default_factory=lambda: Signal[[str, list[Awaitable[None]]]]()
    )
    mount_ended: Signal[[str, str, int]] = field(default_factory=lambda: Signal[[str, str, int]]())
