"""Notifications between parts that do not know each other."""

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
        run_queued: A run (its row, or its place) is queued. Sent once that is durable.
        run_cancelled: The run of this id was cancelled for this reason; whether it has finished, and whether
            that was forced. Sent once that is durable.
        run_parked: The run with this id has given up its lease. Sent once that is durable.
        deployed: A deployment now has the server's own tasks: the ids of the environment and the deployment.
            Sent in the same transaction.
        deployment_promoted: A deployment is now the current one of its environment: the ids of both. Sent in
            the same transaction.
        session_starting: A session is about to be started: the environment's id and the row of the deployed
            task. A listener raises `ApiError` to reject the start.
        workspace_mounted: A mount is ready: the ids of the workspace and of the mount. Sent once that is
            durable.
        workspace_stopping: The processes in a workspace must end: its id, and a list. A listener ends its
            processes and appends what to await before the files are stored.
        mount_ended: A mount is no longer active: its id, its last state (`unmounted` or `failed`), and the
            time. Sent in the same transaction.
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
