"""Makes the context that a task function is called with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ._async_context import AsyncTaskContext
from ._sync_context import TaskContext
from .engine.execution import Execution
from .engine.rows import RunToExecute
from .task_api import TaskApi
from .task_calls import AsyncTaskCalls, TaskCalls


class TaskContexts:
    """The contexts of async functions, which run on the event loop, and of sync ones, in their threads."""

    def __init__(self, api: TaskApi) -> None:
        self._api = api

    def __call__(
        self, execution: Execution, run: RunToExecute, loop: asyncio.AbstractEventLoop
    ) -> Callable[[], AsyncTaskContext[Any] | TaskContext[Any]]:
        """What makes the context; called where the function runs, since it decodes the payload."""
        implementation = execution.implementation
        about = self._api.about(execution, run)
        if implementation.is_async:
            async_calls = AsyncTaskCalls(self._api, execution, loop)
            return lambda: AsyncTaskContext(async_calls, implementation, *about)
        calls = TaskCalls(self._api, execution, loop)
        return lambda: TaskContext(calls, implementation, *about)
