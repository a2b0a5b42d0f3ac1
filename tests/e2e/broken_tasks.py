"""A task that fails, of the test of what `helmr-local serve` tells of it."""

from __future__ import annotations

from helmr_ergonomic import task
from helmr_local import TaskContext, implement


@implement(task("break"))
def broken(ctx: TaskContext[None]) -> None:
    event: dict[str, str] = {}
    event["actor"]
