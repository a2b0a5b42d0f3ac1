"""How a task function's context reaches the engine: directly, or from a thread of its own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from .outcomes import ConcurrentWaitError, RunCancelled
from .store import UNAVAILABLE

if TYPE_CHECKING:
    from .engine.operations import Operations
    from .engine.worker import Execution

T = TypeVar("T")


class LoopClosedError(Exception):
    """The event loop has ended before it did what it was asked for."""


def on_loop(work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T:
    """Run a coroutine on an event loop in another thread; its result.

    Raises:
        LoopClosedError: The loop has ended, or ends before the coroutine does.
    """
    try:
        future = asyncio.run_coroutine_threadsafe(work, loop)
    except RuntimeError:
        work.close()
        raise LoopClosedError from None
    while True:
        # Not for ever: a loop that ends may leave its callers waiting.
        with suppress(TimeoutError, concurrent.futures.CancelledError):
            return future.result(1.0)
        if future.cancelled():
            raise LoopClosedError
        if future.done():
            return future.result()
        if loop.is_closed():
            work.close()
            raise LoopClosedError


class AsyncBridge:
    """For functions on the server's event loop."""

    def __init__(self, operations: Operations, execution: Execution, loop: asyncio.AbstractEventLoop) -> None:
        self._operations = operations
        self._execution = execution
        self._loop = loop
        self._thread = threading.get_ident()

    async def call(self, operation: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
        """Run one operation of the engine.

        Raises:
            RunCancelled: The run is over or to be stopped.
        """
        return await guarded(operation, self._operations, self._execution, *arguments)

    def tell(self, operation: Callable[..., None], *arguments: Any) -> None:
        """As `call`, for what takes no time; also from a thread that the function has begun."""
        if threading.get_ident() != self._thread:
            Bridge(self._operations, self._execution, self._loop).tell(operation, *arguments)
            return
        if self._execution.stop is not None:
            raise self._execution.stop
        operation(self._operations, self._execution, *arguments)

    def stopped(self) -> RunCancelled | None:
        return self._execution.stop


class Bridge:
    """For functions that have a thread of their own."""

    def __init__(self, operations: Operations, execution: Execution, loop: asyncio.AbstractEventLoop) -> None:
        self._operations = operations
        self._execution = execution
        self._loop = loop

    def call(self, operation: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
        """Run one operation of the engine.

        Raises:
            RunCancelled: The run is over or to be stopped.
        """
        if self._execution.stop is not None:
            raise self._execution.stop
        work = guarded(operation, self._operations, self._execution, *arguments)
        try:
            return on_loop(work, self._loop)
        except LoopClosedError:
            raise RunCancelled("the server has stopped") from None

    def tell(self, operation: Callable[..., None], *arguments: Any) -> None:
        """As `call`, for what takes no time."""

        async def told(operations: Operations, execution: Execution) -> None:
            await operations.recorded(execution)
            operation(operations, execution, *arguments)

        self.call(told)

    def stopped(self) -> RunCancelled | None:
        return self._execution.stop


async def guarded(
    operation: Callable[..., Coroutine[Any, Any, T]],
    operations: Operations,
    execution: Execution,
    *arguments: Any,
) -> T:
    """One call at a time, and none once the run is to stop."""
    if execution.stop is not None:
        raise execution.stop
    if execution.waiting:
        raise ConcurrentWaitError
    while True:
        with suppress(*UNAVAILABLE):  # something could not be read: what is written waits by itself
            result = await operation(operations, execution, *arguments)
            break
        await operations.pause()
        if execution.stop is not None:
            raise execution.stop
    if execution.stop is not None:
        raise execution.stop
    return result
