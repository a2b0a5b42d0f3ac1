"""A proxy between client and server that injects faults, one scripted step per request.

It implements just enough of HTTP/1.1: each request gets its own connection to the server, and the client's
connection is closed after each response.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from helmr_ergonomic import RetryBudget

T = TypeVar("T")

BUDGET = RetryBudget(1_000_000, initial=1_000_000)
"""A retry budget for clients behind a proxy that causes more faults than the default budget allows for."""

ACTIONS = (
    "pass",  # inject no fault
    "delay",  # delay the request
    "refuse",  # close the connection before reading a request
    "drop_request",  # read the request, then close; the server does not receive it
    "drop_answer",  # forward the request, then close without a response
    "reset_answer",  # forward the request, then reset the connection
    "truncate",  # cut the response off
    "stall",  # send part of the response, then wait until the client gives up
    "bad_gateway",  # return 502; the server does not receive the request
    "bad_gateway_after",  # forward the request, then return 502
    "unavailable",  # return 503 with Retry-After
)


@dataclass
class Step:
    """The fault of one request; `size` is the number of bytes of the response to forward."""

    action: str
    size: int = 0


def script(seed: int, harm: float) -> Iterator[Step]:
    """Yield endless steps from a seed; `harm` is the share of requests with a fault."""
    dice = random.Random(seed)  # noqa: S311  repeatable, guards nothing
    while True:
        if dice.random() >= harm:
            yield Step("pass")
        else:
            yield Step(dice.choice(ACTIONS[1:]), int(dice.expovariate(1 / 400)))


class Loop:
    """An event loop in its own thread, for the proxies."""

    def __enter__(self) -> Loop:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)
        self._thread.start()
        return self

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    def __exit__(self, *error: object) -> None:
        self.run(_cancel_others())  # connections may have arrived while their proxy was closed
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0)  # time for the transports to close


class Proxy:
    """Forwards requests to `target`, with the fault of each step. It listens at `url`."""

    def __init__(self, loop: Loop, target: str, steps: Iterator[Step]) -> None:
        self._loop = loop
        self._target = urlsplit(target)
        self._steps = steps
        self._tasks: set[asyncio.Task[None]] = set()
        self.seen: list[str] = []
        self.in_progress: list[str] = []
        """The request lines of the requests in progress."""

    def __enter__(self) -> Proxy:
        self._server = self._loop.run(self._listen())
        return self

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def open_connections(self) -> int:
        """The number of connections that the client has not closed."""
        return len(self._tasks)

    def __exit__(self, *error: object) -> None:
        self._loop.run(self._close())

    async def _close(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._handle(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()  # the client may not read what was written
        finally:
            with suppress(ConnectionError):
                writer.close()
            self._tasks.discard(task)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        step = next(self._steps)
        self.seen.append(step.action)
        if step.action == "refuse":
            return
        request = await _read_request(reader)
        if step.action == "delay":
            await asyncio.sleep(0.03)
        if step.action == "drop_request":
            return
        if step.action == "bad_gateway":
            writer.write(_answer(502, "Bad Gateway"))
            await writer.drain()
            return
        if step.action == "unavailable":
            writer.write(_answer(503, "Service Unavailable", b"Retry-After: 0.01\r\n"))
            await writer.drain()
            return
        host, port = self._target.hostname, self._target.port
        from_server, to_server = await asyncio.open_connection(host, port)
        gone = asyncio.ensure_future(reader.read())  # completes when the client closes
        line = request.partition(b"\r\n")[0].decode()
        self.in_progress.append(line)
        try:
            to_server.write(request)
            await to_server.drain()
            await self._answer(step, from_server, writer, gone)
        except asyncio.CancelledError:
            to_server.transport.abort()
            raise
        finally:
            self.in_progress.remove(line)
            gone.cancel()
            to_server.close()

    async def _answer(
        self,
        step: Step,
        from_server: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        gone: asyncio.Future[bytes],
    ) -> None:
        if step.action in ("drop_answer", "reset_answer", "bad_gateway_after"):
            await _first(from_server.readuntil(b"\r\n\r\n"), gone)
            if step.action == "bad_gateway_after":
                writer.write(_answer(502, "Bad Gateway"))
                await writer.drain()
            elif step.action == "reset_answer":
                writer.transport.abort()
            return
        left = step.size if step.action in ("truncate", "stall") else None
        while not gone.done():
            chunk = await _first(from_server.read(65536), gone)
            if not chunk:
                return
            if left is not None and len(chunk) >= left:
                writer.write(chunk[:left])
                await writer.drain()
                if step.action == "stall":
                    await gone
                return
            left = None if left is None else left - len(chunk)
            writer.write(chunk)
            await writer.drain()


async def _first(work: Coroutine[Any, Any, bytes], gone: asyncio.Future[bytes]) -> bytes:
    """Return the data from the server, or b"" if the client disconnects first."""
    task = asyncio.ensure_future(work)
    await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
    if not task.done():
        task.cancel()
        return b""
    return task.result()


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    size = 0
    lines = head.split(b"\r\n")
    for line in lines:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            size = int(value)
    kept = [line for line in lines[:-2] if not line.lower().startswith(b"connection:")]
    body = await reader.readexactly(size)
    return b"\r\n".join([*kept, b"Connection: close", b"", b""]) + body


def _answer(status: int, reason: str, headers: bytes = b"") -> bytes:
    body = b"<html>the proxy cannot</html>"
    return (
        b"HTTP/1.1 %d %s\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n%s\r\n%s"
        % (status, reason.encode(), len(body), headers, body)
    )


def until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait for the condition and return True if it holds in time."""
    moment = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if condition():
            return True
        moment.wait(0.01)
    return condition()
