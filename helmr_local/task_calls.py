"""Calls from a task function's context to the engine, directly or from another thread."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from . import capture
from .engine.execution import Execution
from .exceptions import ConcurrentWaitError, RunCancelled
from .store import UNAVAILABLE
from .task_api import TaskApi

T = TypeVar("T")


class LoopClosedError(Exception):
    """The event loop ended before it completed the call."""


def on_loop(work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T:
    """Run a coroutine on an event loop in another thread, and return its result.

    Raises:
        LoopClosedError: The loop has ended, or ends before the coroutine does.
    """
    try:
        future = asyncio.run_coroutine_threadsafe(work, loop)
    except RuntimeError:
        work.close()
        raise LoopClosedError from None
    while True:
        # With a timeout, because a closing loop may never complete the call.
        with suppress(TimeoutError, concurrent.futures.CancelledError):
            return future.result(1.0)
        if future.cancelled():
            raise LoopClosedError
        if future.done():
            return future.result()
        if loop.is_closed():
            work.close()
            raise LoopClosedError


class AsyncTaskCalls:
    """Calls from functions on the server's event loop."""

    def __init__(self, api: TaskApi, execution: Execution, loop: asyncio.AbstractEventLoop) -> None:
        self._api = api
        self._execution = execution
        self._loop = loop
        self._thread = threading.get_ident()

    async def call(self, function: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
        """Run one function of the task API.

        Raises:
            RunCancelled: The run is over or has to stop.
        """
        return await guarded(function, self._api, self._execution, *arguments)

    def tell(self, function: Callable[..., None], *arguments: Any) -> None:
        """Like `call`, for functions that return at once. It can be called from threads that the task
        function started.
        """
        if threading.get_ident() != self._thread:
            TaskCalls(self._api, self._execution, self._loop).tell(function, *arguments)
            return
        if self._execution.stop is not None:
            raise self._execution.stop
        function(self._api, self._execution, *arguments)

    def stopped(self) -> RunCancelled | None:
        return self._execution.stop


class TaskCalls:
    """Calls from functions that have their own thread."""

    def __init__(self, api: TaskApi, execution: Execution, loop: asyncio.AbstractEventLoop) -> None:
        self._api = api
        self._execution = execution
        self._loop = loop

    def call(self, function: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
        """Run one function of the task API.

        Raises:
            RunCancelled: The run is over or has to stop.
        """
        if self._execution.stop is not None:
            raise self._execution.stop
        work = guarded(function, self._api, self._execution, *arguments)
        try:
            return on_loop(work, self._loop)
        except LoopClosedError:
            raise RunCancelled("the server has stopped") from None

    def tell(self, function: Callable[..., None], *arguments: Any) -> None:
        """Like `call`, for functions that return at once."""

        async def record_and_call(api: TaskApi, execution: Execution) -> None:
            await api.recorded(execution)
            function(api, execution, *arguments)

        self.call(record_and_call)

    def stopped(self) -> RunCancelled | None:
        return self._execution.stop


async def guarded(
    function: Callable[..., Coroutine[Any, Any, T]],
    api: TaskApi,
    execution: Execution,
    *arguments: Any,
) -> T:
    """Make one call. Raise an error if another one is pending, or if the run has to stop."""
    if execution.stop is not None:
        raise execution.stop
    if execution.waiting:
        raise ConcurrentWaitError
    capture.renew()
    while True:
        with suppress(*UNAVAILABLE):  # a read failed; writes have their own retries
            result = await function(api, execution, *arguments)
            break
        await api.pause()
        if execution.stop is not None:
            raise execution.stop
    if execution.stop is not None:
        raise execution.stop
    return result
