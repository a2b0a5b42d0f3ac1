"""A closed loop of plain requests over loopback: each connection sends its next request after a response.

Requests are prepared as bytes and responses are not parsed, so that the server accounts for the time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

CONNECTIONS = 16
REVIEW = '{"owner":"OWNER","repo":"REPO","prNumber":42}'


@dataclass
class Load:
    """The times of a round of requests, in seconds."""

    seconds: float
    latencies: list[float]

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds


def get(path: str, key: str) -> Iterator[bytes]:
    """Yield the same request forever."""
    request = f"GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\r\n".encode()
    while True:
        yield request


_starts = count()


def starts(key: str, task: str, payload: str = REVIEW) -> Iterator[bytes]:
    """Yield distinct start requests."""
    for number in _starts:
        body = (
            f'{{"task_id":"{task}","payload":{payload},"idempotency_key":"delivery-{number}","tags":["review"]}}'
        ).encode()
        yield (
            b"POST /api/sessions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer %b\r\n"
            b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
            % (key.encode(), len(body), body)
        )


def run(url: str, requests: Iterator[bytes], total: int, connections: int = CONNECTIONS) -> Load:
    """Send `total` requests. Raises `RuntimeError` if one fails."""
    return asyncio.run(_run(url, requests, total, connections))


async def _run(url: str, requests: Iterator[bytes], total: int, connections: int) -> Load:
    host, port = url.removeprefix("http://").split(":")
    loop = asyncio.get_running_loop()
    clients: list[_Client] = []
    for _ in range(connections):
        _, client = await loop.create_connection(_Client, host, int(port))
        clients.append(client)
    left = iter(range(total))
    latencies: list[float] = []

    async def drive(client: _Client) -> None:
        for _ in left:
            began = time.perf_counter()
            status = await client.ask(next(requests))
            latencies.append(time.perf_counter() - began)
            if status not in (b"200", b"201"):
                raise RuntimeError(f"{url} returned {status.decode()}")

    began = time.perf_counter()
    try:
        async with asyncio.TaskGroup() as group:
            for client in clients:
                group.create_task(drive(client))
        return Load(time.perf_counter() - began, latencies)
    finally:
        for client in clients:
            client.close()


class _Client(asyncio.Protocol):
    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def ask(self, request: bytes) -> asyncio.Future[bytes]:
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(b"content-length:")
        if at < 0:
            self._end(RuntimeError("a response without content-length"))
            return
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        if len(self._buffer) >= end + 4 + length:
            self._buffer = b""
            if self._answer is not None and not self._answer.done():
                self._answer.set_result(head[9:12])

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionResetError("the server closed the connection"))

    def _end(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    def close(self) -> None:
        self._answer = None
        self._transport.close()
