"""What the engine needs of the rest of the control plane."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from ..store import Row
from .execution import Execution, Lease

Function = Callable[[], Any]


class Runs(Protocol):
    """The state of runs, and its changes; the caller's transaction is used if one is open."""

    def get(self, run_id: str) -> Row | None: ...
    def require(self, run_id: str) -> Row: ...
    def state(self, run_id: str) -> Row: ...
    def to_execute(self, run_id: str) -> Row | None: ...
    def queued(self) -> list[Row]: ...
    def lease(self, run: Row, now: int) -> Lease | None: ...
    def park(self, run_id: str, now: int) -> bool: ...
    def take_back(self, run: Row, lease: Lease, now: int) -> Row: ...
    def unpark(self, run_id: str, now: int) -> bool: ...
    def complete(self, lease: Lease, output: str | None, now: int) -> bool: ...
    def fail(
        self,
        run: Row,
        attributes: dict[str, Any],
        now: int,
        *,
        message: str,
        retry_reason: str | None = None,
        exit_code: int | None = None,
        leased: bool = True,
    ) -> None: ...
    def release_cancelled(self, run: Row, reason: str, now: int, *, requested: bool) -> None: ...
    def lose_lease(self, run: Row, now: int) -> None: ...
    def dead_letter(self, run: Row, now: int) -> None: ...
    def give_up(self, run: Row, now: int) -> None: ...


class Contexts(Protocol):
    """Makes what task functions are called with."""

    def __call__(self, execution: Execution, run: Row, loop: asyncio.AbstractEventLoop) -> Function:
        """What makes the context of one execution; called where the function runs, on its thread.

        Args:
            execution: The attempt.
            run: The row of its run, as `Runs.to_execute` returns it.
            loop: The engine's event loop.
        """
        ...
