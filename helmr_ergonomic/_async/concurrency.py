"""Doing several things at once, but not too many."""

# derive-sync: by hand, because tasks of an event loop and threads have no common form.

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")


async def gather(work: Callable[[T], Awaitable[None]], groups: Iterable[Sequence[T]], limit: int) -> None:
    """Do `work` for each item: those of a group in order, at most `limit` groups at once.

    The first failure is raised and stops the others, after the work in hand. A cancellation stops all of it.
    """
    slots = anyio.Semaphore(limit)
    failures: list[Exception] = []

    async def in_order(group: Sequence[T]) -> None:
        async with slots:
            for item in group:
                if failures:
                    return
                try:
                    await work(item)
                except Exception as error:
                    failures.append(error)

    async with anyio.create_task_group() as tasks:
        for group in groups:
            tasks.start_soon(in_order, group)
    if failures:
        raise failures[0]


async def in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function that blocks, beside the event loop."""
    return await anyio.to_thread.run_sync(partial(function, *args, **kwargs))
