"""What one part tells others without knowing them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, ParamSpec

from ..catalog import TaskRow
from .rows import RunPlace

P = ParamSpec("P")


class Signal(Generic[P]):
    """Calls its listeners, in the order in which they were connected."""

    def __init__(self) -> None:
        self._listeners: list[Callable[P, None]] = []

    def connect(self, listener: Callable[P, None]) -> None:
        """Call this one too from now on."""
        self._listeners.append(listener)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        for listener in self._listeners:
            listener(*args, **kwargs)


@dataclass(frozen=True)
class Signals:
    """The signals of one server.

    Args:
        run_queued: A run (its row, or its place) is queued. Once that is durable.
        run_cancelled: The run of this id was cancelled for this reason; whether it has finished, and whether
            it was forced. Once that is durable.
        run_parked: The run of this id has given up its lease. Once that is durable.
        deployed: A deployment has the server's own tasks now: the ids of the environment and the deployment.
            In the same transaction.
        deployment_promoted: A deployment is the current one of its environment now: the ids of both. In the
            same transaction.
        session_starting: A session is about to be started: the environment's id and the row of the deployed
            task. Whoever listens raises `ApiError` if that must not be.
        workspace_mounted: A mount is ready: the ids of the workspace and of the mount. Once that is durable.
        workspace_stopping: The processes in a workspace are to end: its id, and a list. Whoever listens ends
            its processes, and appends what is to be waited for before the files are stored.
        mount_ended: A mount is not active any more: its id, its last state (`unmounted` or `failed`), and
            the time. In the same transaction.
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
