"""Creates the context that is passed to a task function."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
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
    """Creates the contexts of async functions, which run on the event loop, and of sync functions, which run
    on threads.
    """

    def __init__(self, api: TaskApi) -> None:
        self._api = api

    def __call__(
        self, execution: Execution, run: RunToExecute, loop: asyncio.AbstractEventLoop
    ) -> Callable[[], AbstractContextManager[AnyContext]]:
        """Return a context manager that creates the context. Enter it on the thread that runs the function,
        because entering it decodes the payload.
        """
        implementation = execution.implementation
        about = self._api.about(execution, run)
        output = TaskOutput(self._api, execution, loop)

        def make() -> AnyContext:
            if implementation.is_async:
                return AsyncTaskContext(AsyncTaskCalls(self._api, execution, loop), implementation, *about)
            return TaskContext(TaskCalls(self._api, execution, loop), implementation, *about)

        return partial(_Entered, output, make)


class _Entered:
    """Creates the context of one execution. Within the block, printed output goes to the log of its run."""

    __slots__ = ("_make", "_printing")

    def __init__(self, output: TaskOutput, make: Callable[[], AnyContext]) -> None:
        self._printing = printing_to(output)
        self._make = make

    def __enter__(self) -> AnyContext:
        self._printing.__enter__()
        try:
            return self._make()  # which decodes the payload
        except BaseException:
            self._printing.__exit__()
            raise

    def __exit__(self, *error: object) -> None:
        self._printing.__exit__()
