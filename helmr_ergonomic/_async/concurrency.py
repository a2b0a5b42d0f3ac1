"""Doing several things at once, up to a limit."""

# derive-sync: by hand, because tasks of an event loop and threads have no common form.

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
"""What can be iterated, in one way or the other."""


async def each(items: Items[T]) -> AsyncGenerator[T, None]:
    """The items as they arrive. Raises `ArgumentError` for what cannot be iterated, and for a string."""
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in checked_items(items):
            yield item


async def outcomes(
    work: Callable[[T], Awaitable[R]], items: Items[T], limit: int
) -> AsyncGenerator[tuple[int, T, R], None]:
    """Do `work` for each item, at most `limit` at once: the index of each item, the item and the result.

    Results arrive in order of completion. The next item is taken when there is room for it. Leaving
    the loop, or a failure of `work`, cancels the work in progress.
    """
    source, place, more = each(items), 0, True
    begun: dict[asyncio.Future[R], tuple[int, T]] = {}
    try:
        while True:
            while more and len(begun) < limit:
                try:
                    item = await anext(source)
                except StopAsyncIteration:
                    more = False
                    break
                begun[asyncio.ensure_future(work(item))] = place, item
                place += 1
            if not begun:
                return
            done, _ = await asyncio.wait(begun, return_when=asyncio.FIRST_COMPLETED)
            for future in done:
                yield *begun.pop(future), future.result()
    finally:
        for future in begun:
            future.cancel()
        if begun:
            await asyncio.gather(*begun, return_exceptions=True)
        await source.aclose()


async def in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a blocking function in a thread."""
    return await anyio.to_thread.run_sync(partial(function, *args, **kwargs))
