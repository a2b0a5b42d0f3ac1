"""Event streams over ordered rows of the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import NamedTuple

from ..engine.context import Context
from ..http.event_stream import KEEP_ALIVE, Last, news_within
from ..http.request import Request
from ..wire.strings import trim
from .validation import position


class News(NamedTuple):
    """The rows that were added since the last read.

    Args:
        frames: Their frames; empty if there is nothing new.
        is_last: True if the stream ends after these frames.
        is_all: True if there are no more rows at present.
    """

    frames: bytes
    is_last: bool = False
    is_all: bool = True


async def follow(context: Context, topic: str, read: Callable[[], News]) -> AsyncGenerator[bytes, None]:
    """Yield frames as they arrive, with keep-alive comments in between, until the last one or the maximum
    duration of a stream.

    Args:
        topic: The notifier's topic.
        read: Reads what was added since the last call.
    """
    settings, loop = context.settings, asyncio.get_running_loop()
    # Connections need keep-alive comments in real time, even if the server's clock stands still.
    idle_until = loop.time() + settings.sse_keep_alive
    with context.notifier.following(topic) as added, context.limit(added, settings.stream_limit) as limit:
        while not context.notifier.closing and not limit.over:
            added.clear()
            news = read()
            if news.frames:
                if news.is_last:
                    yield Last(news.frames)
                    return
                yield news.frames
                idle_until = loop.time() + settings.sse_keep_alive
            if news.is_all and not await news_within(added, idle_until - loop.time()):
                idle_until = loop.time() + settings.sse_keep_alive
                yield KEEP_ALIVE


def event_cursor(request: Request) -> int:
    """Return the number of the event or log chunk to start after, from a reconnecting client's header or the
    query.

    Raises:
        ApiError: 400 if it is not a number.
    """
    text = trim(request.headers.get("last-event-id", "")) or trim(request.query.get("cursor", ""))
    return position(text, "cursor")
