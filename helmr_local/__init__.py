"""A local Helmr control plane that speaks the contract; tasks are Python functions.

from helmr_local import LocalHelmr, TaskContext, implement

@implement(review_pull_request, outputs=[report])
def review(ctx: TaskContext[ReviewRequest]) -> Report: ...

with LocalHelmr(tasks=[review]) as helmr:
    ...  # helmr.environ(), helmr.client()
"""

from __future__ import annotations

from ._async_context import AsyncTaskContext
from ._sync_context import TaskContext
from .catalog import DeploymentError
from .implement import Implementation, implement
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
