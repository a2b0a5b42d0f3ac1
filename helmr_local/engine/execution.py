"""One attempt of a run."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Any

from ..clock import NEVER
from ..exceptions import RunCancelled
from ..implementation import Implementation
from .queue import Lane
from .rows import Attempt
from .workspaces import LiveWorkspace


@dataclass(eq=False)
class Execution:
    """One attempt of a run, from its lease to its end."""

    run_id: str
    task_id: str
    session_id: str
    lane: Lane
    lease: Attempt
    implementation: Implementation[Any, Any]
    max_duration_seconds: int
    remaining: float
    holds_slot: bool = True
    stop: RunCancelled | None = None
    secrets: frozenset[str] = frozenset()  # values of its task's secrets, to be masked
    over: bool = False
    waiting: bool = False
    observed: int = 0
    lost_chunks: int = 0
    cursors: dict[str, int] = field(default_factory=dict[str, int])
    began_at: int = 0
    started_at: int = 0  # the instant at which it last took a slot
    until: int = NEVER  # its deadline, while it holds its slot
    workspace: LiveWorkspace | None = None
    thread: threading.Thread | None = None
    task: asyncio.Task[None] | None = None

    @property
    def works(self) -> bool:
        """True while its function is running."""
        if self.task is not None:
            return not self.task.done()
        return self.thread is not None and self.thread.is_alive()
