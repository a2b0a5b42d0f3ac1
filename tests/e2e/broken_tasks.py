"""A task that fails, for the test of how `helmr-local serve` reports it."""

from __future__ import annotations

from helmr_ergonomic import task
from helmr_local import TaskContext, implement


@implement(task("break"))
def broken(ctx: TaskContext[None]) -> None:
    event: dict[str, str] = {}
    event["actor"]
