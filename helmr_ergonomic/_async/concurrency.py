"""Bounded concurrency."""

# derive-sync: by hand, because asyncio tasks and threads have too little in common.

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable
from functools import partial
from typing import ParamSpec, TypeAlias, TypeVar

import anyio.to_thread

from .._validation import checked_items

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")


Items: TypeAlias = Iterable[T] | AsyncIterable[T]
"""An iterable, async or not."""


async def each(items: Items[T]) -> AsyncGenerator[T, None]:
    """Yield the items as they arrive. Raises `ArgumentError` for a string or an object that is not
    iterable."""
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in checked_items(items):
            yield item


async def outcomes(
    work: Callable[[T], Awaitable[R]], items: Items[T], limit: int
) -> AsyncGenerator[tuple[int, T, R], None]:
    """Call `work` for each item, at most `limit` at once, and yield each index, item and result.

    Results arrive in order of completion. The next item is taken when a slot is free. Leaving
    the loop, or a failure of `work`, cancels the work in progress.
    """
    source, place, more = each(items), 0, True
    running: dict[asyncio.Future[R], tuple[int, T]] = {}
    try:
        while True:
            while more and len(running) < limit:
                try:
                    item = await anext(source)
                except StopAsyncIteration:
                    more = False
                    break
                running[asyncio.ensure_future(work(item))] = place, item
                place += 1
            if not running:
                return
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for future in done:
                yield *running.pop(future), future.result()
    finally:
        for future in running:
            future.cancel()
        if running:
            await asyncio.gather(*running, return_exceptions=True)
        await source.aclose()


async def in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a blocking function in a thread."""
    return await anyio.to_thread.run_sync(partial(function, *args, **kwargs))
