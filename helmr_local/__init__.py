"""A local Helmr control plane that speaks the contract; tasks are Python functions.

    from helmr_local import LocalHelmr, TaskContext, implement

    @implement(review_pull_request, outputs=[report])
    def review(ctx: TaskContext[ReviewRequest]) -> Report: ...

    with LocalHelmr(tasks=[review]) as helmr:
        ...  # helmr.environ(), helmr.client()

The names are loaded on first use: the pytest plugin of this package is loaded in every test run, also where
nothing else of it is used or its dependencies are not installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._async_context import AsyncTaskContext
    from ._sync_context import TaskContext
    from .catalog import DeploymentError
    from .implementing import Implementation, implement
    from .local import LocalHelmr
    from .outcomes import ConcurrentWaitError, RunCancelled, TaskExit
    from .server import ListenError
    from .settings import LocalSettings
    from .store import DatabaseError
    from .values import RunInfo, TaskRecord, Trigger, WaitResult

__all__ = [
    "AsyncTaskContext",
    "ConcurrentWaitError",
    "DatabaseError",
    "DeploymentError",
    "Implementation",
    "ListenError",
    "LocalHelmr",
    "LocalSettings",
    "RunCancelled",
    "RunInfo",
    "TaskContext",
    "TaskExit",
    "TaskRecord",
    "Trigger",
    "WaitResult",
    "implement",
]

_HOMES = {
    "AsyncTaskContext": "_async_context",
    "ConcurrentWaitError": "outcomes",
    "DatabaseError": "store",
    "DeploymentError": "catalog",
    "Implementation": "implementing",
    "ListenError": "server",
    "LocalHelmr": "local",
    "LocalSettings": "settings",
    "RunCancelled": "outcomes",
    "RunInfo": "values",
    "TaskContext": "_sync_context",
    "TaskExit": "outcomes",
    "TaskRecord": "values",
    "Trigger": "values",
    "WaitResult": "values",
    "implement": "implementing",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
