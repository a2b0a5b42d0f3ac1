"""Server-sent events: frames until the source ends, the client disconnects, or the server closes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from ..asgi import Header, Receive, Send

KEEP_ALIVE = b": keep-alive\n\n"


class Last(bytes):
    """The last frames of a stream, which are sent in one packet with its end. So a client that stops reading
    after them can use the connection again.
    """


class EventStream:
    """A response that sends each frame as soon as its source yields it."""

    def __init__(self, source: AsyncGenerator[bytes]) -> None:
        self._source = source

    async def send(self, receive: Receive, send: Send, headers: list[Header]) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    *headers,
                    (b"content-type", b"text/event-stream"),
                    (b"cache-control", b"no-cache"),
                ],
            }
        )
        await send({"type": "http.response.body", "body": b"", "more_body": True})  # sends the response head
        sending = asyncio.ensure_future(self._pump(send))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            results = await asyncio.gather(sending, leaving, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _pump(self, send: Send) -> None:
        async with aclosing(self._source) as source:
            async for piece in source:
                is_last = isinstance(piece, Last)
                await send({"type": "http.response.body", "body": piece, "more_body": not is_last})
                if is_last:
                    return
        await send({"type": "http.response.body", "body": b""})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def news_within(news: asyncio.Event, seconds: float) -> bool:
    """Wait for the event; return False if the time runs out first."""
    try:
        async with asyncio.timeout(seconds):
            await news.wait()
    except TimeoutError:
        return False
    return True
