"""The interfaces through which the engine uses the rest of the control plane."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from .execution import Execution
from .rows import Attempt, RunPlace, RunRow, RunState, RunToExecute

Function = Callable[[], AbstractContextManager[Any]]
WriteTrace = Callable[[Execution, str], None]
"""Appends a traceback to the log of an execution's run."""


class RunStore(Protocol):
    """Reads and changes the state of runs, in the caller's transaction if one is open."""

    def get(self, run_id: str) -> RunRow | None: ...
    def require(self, run_id: str) -> RunRow: ...
    def state(self, run_id: str) -> RunState: ...
    def to_execute(self, run_id: str) -> RunToExecute | None: ...
    def queued(self) -> list[RunPlace]: ...
    def lease(self, run: RunToExecute, now: int) -> Attempt | None: ...
    def park(self, run_id: str, now: int) -> bool: ...
    def take_back(self, run: RunState, lease: Attempt, now: int) -> RunState: ...
    def unpark(self, run_id: str, now: int) -> bool: ...
    def complete(self, lease: Attempt, output: str | None, now: int) -> bool: ...
    def fail(
        self,
        run: RunState,
        attributes: dict[str, Any],
        now: int,
        *,
        message: str,
        retry_reason: str | None = None,
        exit_code: int | None = None,
        leased: bool = True,
    ) -> None: ...
    def release_cancelled(self, run: RunState, reason: str, now: int, *, requested: bool) -> None: ...
    def lose_lease(self, run: RunState, now: int) -> None: ...
    def dead_letter(self, run: RunRow, now: int) -> None: ...
    def give_up(self, run: RunState, now: int) -> None: ...


class Contexts(Protocol):
    """Creates the contexts that task functions are called with."""

    def __call__(self, execution: Execution, run: RunToExecute, loop: asyncio.AbstractEventLoop) -> Function:
        """Return a context manager that creates the context of one execution. Enter it on the thread that
        runs the function.

        Args:
            execution: The attempt.
            run: The row of its run, as `RunStore.to_execute` returns it.
            loop: The engine's event loop.
        """
        ...
