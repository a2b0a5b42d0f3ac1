"""Shares a schema run between processes. Each of them runs Schemathesis with the whole document, and asks
before it tests an operation in a phase: only the first to ask does so. So no process waits for another one,
however long an operation takes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol
from unittest import mock

from schemathesis.core.result import Ok
from schemathesis.engine.context import EngineContext
from schemathesis.engine.run import unit

Claim = Callable[[str, str], bool]
"""Takes a phase and an operation; returns whether this process tests them."""

SEEDS_APART = 10_000
"""The distance between the seeds of two processes, because each seed starts several scenarios."""


class Ledger:
    """What the processes of a run have claimed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._claimed: set[tuple[str, str]] = set()

    def claim(self, phase: str, operation: str) -> bool:
        """Claim an operation in a phase; return whether nobody else has."""
        with self._lock:
            before = len(self._claimed)
            self._claimed.add((phase, operation))
            return len(self._claimed) > before


class _Scheduler(Protocol):
    """Hands out the operations of a phase."""

    def next_operation(self) -> Any: ...

    def release(self) -> None: ...


class _Claiming:
    """Hands out only the operations that this process may claim."""

    def __init__(self, operations: _Scheduler, claim: Claim, phase: str, *, errors: bool) -> None:
        self._operations = operations
        self._claim = claim
        self._phase = phase
        self._errors = errors
        self.release = operations.release

    def next_operation(self) -> Any:
        while (found := self._operations.next_operation()) is not None:
            is_operation = isinstance(found, Ok)  # a variable, so that pyright leaves `found` as it is
            if self._takes(found.ok()) if is_operation else self._errors:
                return found
        return None

    def _takes(self, operation: Any) -> bool:
        if self._phase.startswith("examples") and _finds_resources(operation):
            return True
        return self._claim(self._phase, operation.label)


def _finds_resources(operation: Any) -> bool:
    """Return whether an operation lists or creates resources. Schemathesis uses these in the cases of other
    operations, so every process sends the few examples of these operations.
    """
    return "{" not in operation.path or "201" in operation.definition.raw.get("responses", {})


@contextmanager
def shared(claim: Claim, number: int) -> Generator[None]:
    """Within the block, test only claimed operations, and the scenarios of this process.

    Args:
        claim: Decides about each operation.
        number: The number of this process, counted from 0.
    """
    # These have no public names. If Schemathesis renames them, this fails.
    create: Any = getattr(unit, "_create_scheduler")  # noqa: B009
    seed = EngineContext.next_stateful_seed

    def creating(engine: Any, phase: Any, *, only: Any = None) -> tuple[Any, int]:
        operations, total = create(engine, phase, only=only)
        if only is not None:  # the operations about which this process has learned something
            return operations, total
        turn = f"{phase.name.value} {engine.cycle_index}"  # with a time budget, phases are repeated
        return _Claiming(operations, claim, turn, errors=number == 0), total

    def own_seed(engine: Any) -> int | None:
        given = seed(engine)
        return None if given is None else given + number * SEEDS_APART

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(unit, "_create_scheduler", creating))
        stack.enter_context(mock.patch.object(EngineContext, "next_stateful_seed", own_seed))
        yield
