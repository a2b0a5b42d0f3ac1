"""Makes the context that a task function is called with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from ._async_context import AsyncTaskContext
from ._sync_context import TaskContext
from .capture import printing_to
from .engine.execution import Execution
from .engine.rows import RunToExecute
from .task_api import TaskApi
from .task_calls import AsyncTaskCalls, TaskCalls
from .task_output import TaskOutput

AnyContext = AsyncTaskContext[Any] | TaskContext[Any]


class TaskContexts:
    """The contexts of async functions, which run on the event loop, and of sync ones, in their threads."""

    def __init__(self, api: TaskApi) -> None:
        self._api = api

    def __call__(
        self, execution: Execution, run: RunToExecute, loop: asyncio.AbstractEventLoop
    ) -> Callable[[], AbstractContextManager[AnyContext]]:
        """What makes the context; entered where the function runs, since it decodes the payload."""
        implementation = execution.implementation
        about = self._api.about(execution, run)
        output = TaskOutput(self._api, execution, loop)

        @contextmanager
        def context() -> Generator[AnyContext]:
            with printing_to(output):
                if implementation.is_async:
                    yield AsyncTaskContext(AsyncTaskCalls(self._api, execution, loop), implementation, *about)
                else:
                    yield TaskContext(TaskCalls(self._api, execution, loop), implementation, *about)

        return context
