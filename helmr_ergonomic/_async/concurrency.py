"""Doing several things at once, but not too many."""

# derive-sync: by hand, because tasks of an event loop and threads have no common form.

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import anyio

T = TypeVar("T")


async def gather(work: Callable[[T], Awaitable[None]], items: Iterable[T], limit: int) -> None:
    """Do `work` for each item, at most `limit` at once. The first failure is raised and stops the others."""
    slots = anyio.Semaphore(limit)
    failures: list[Exception] = []

    async def one(item: T) -> None:
        async with slots:
            if failures:
                return
            try:
                await work(item)
            except Exception as error:
                failures.append(error)

    async with anyio.create_task_group() as group:
        for item in items:
            group.start_soon(one, item)
    if failures:
        raise failures[0]
