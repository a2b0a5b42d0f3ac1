"""A local Helmr control plane that implements the contract; tasks are Python functions.
TaskContext[ReviewRequest]) -> Report: ...

    with LocalHelmr(tasks=[review]) as helmr:
        ...  # helmr.environ(), helmr.client()

Names are imported on first use, because pytest loads this package's plugin in every test run, even where the
package is otherwise unused or its dependencies are not installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helmr_ergonomic import WaitResult

    from ._async_context import AsyncTaskContext
    from ._sync_context import TaskContext
    from .catalog import DeploymentError
    from .exceptions import ConcurrentWaitError, RunCancelled, TaskExit
    from .implementation import Implementation, Sandbox, Schedule
    from .local import LocalEnvironment, LocalHelmr
    from .server import ListenError
    from .settings import LocalSettings
    from .store import DatabaseError
    from .task_types import InputWaitResult, RunInfo, TaskRecord, Trigger
    from .tasks import implement

__all__ = [
    "AsyncTaskContext",
    "ConcurrentWaitError",
    "DatabaseError",
    "DeploymentError",
    "Implementation",
    "InputWaitResult",
    "ListenError",
    "LocalEnvironment",
    "LocalHelmr",
    "LocalSettings",
    "RunCancelled",
    "RunInfo",
    "Sandbox",
    "Schedule",
    "TaskContext",
    "TaskExit",
    "TaskRecord",
    "Trigger",
    "WaitResult",
    "implement",
]

_HOMES = {
    "AsyncTaskContext": "_async_context",
    "ConcurrentWaitError": "exceptions",
    "DatabaseError": "store",
    "DeploymentError": "catalog",
    "Implementation": "implementation",
    "InputWaitResult": "task_types",
    "ListenError": "server",
    "LocalEnvironment": "local",
    "LocalHelmr": "local",
    "LocalSettings": "settings",
    "RunCancelled": "exceptions",
    "RunInfo": "task_types",
    "Sandbox": "implementation",
    "Schedule": "implementation",
    "TaskContext": "_sync_context",
    "TaskExit": "exceptions",
    "TaskRecord": "task_types",
    "Trigger": "task_types",
    "WaitResult": "task_types",
    "implement": "tasks",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{home}")
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if not missing or missing.startswith("helmr"):
            raise
        raise ModuleNotFoundError(
            f"helmr_local needs the package {missing}, which is not installed: pip install 'helmr[local]'",
            name=error.name,
        ) from error
    value = getattr(module, name)
    globals()[name] = value
    return value
