"""A loopback server in a separate process that responds immediately with a given response.

It does minimal work, so that the client accounts for the measured time. Use it as `with canned.server() as
url`.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager

import httpx

from helmr_ergonomic import HelmrClient

from . import samples

EVENTS = 100_000


@contextmanager
def server() -> Generator[str]:
    """Run a server and yield its URL."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.canned"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


@contextmanager
def clients() -> Generator[tuple[HelmrClient, httpx.Client]]:
    """Run a server and yield two clients of it: ours, and a bare one."""
    headers = {"Authorization": f"Bearer {samples.KEY}"}
    with (
        server() as url,
        HelmrClient(url, samples.KEY) as client,
        httpx.Client(base_url=url, headers=headers) as http,
    ):
        yield client, http


def _whole(status: bytes, body: object) -> bytes:
    text = json.dumps(body, separators=(",", ":")).encode()
    return (
        b"HTTP/1.1 %b\r\ncontent-type: application/json\r\nhelmr-api-version: 2026-06-06\r\n"
        b"content-length: %d\r\n\r\n%b" % (status, len(text), text)
    )


class _Connection(asyncio.Protocol):
    def __init__(self, start: bytes, run: bytes, page: bytes, events: list[bytes]) -> None:
        self._answers = {b"POST /api/sessions": start, b"GET /api/runs": run}
        self._page = page
        self._events = events
        self._buffer = b""
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            length = 0
            if (at := head.find(b"content-length:")) >= 0:
                length = int(head[at + 15 :].split(b"\r\n", 1)[0])
            if len(self._buffer) < end + 4 + length:
                return
            target = self._buffer[: self._buffer.index(b" HTTP/")]
            self._buffer = self._buffer[end + 4 + length :]
            self._answer(target)

    def _answer(self, target: bytes) -> None:
        if b"/events?" in target and b"follow=1" in target:
            self._sending = asyncio.ensure_future(self._stream(self._events))
        elif b"/stdout" in target:
            self._sending = asyncio.ensure_future(self._stream(samples.output_stream()))
        elif b"/events" in target:
            self._transport.write(self._page)
        else:
            self._transport.write(
                next(text for start, text in self._answers.items() if target.startswith(start))
            )

    async def _stream(self, pieces: Iterable[bytes]) -> None:
        self._transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        for piece in pieces:
            if self._transport.is_closing():
                return
            self._transport.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await self._writable.wait()
        self._transport.write(b"0\r\n\r\n")


async def _main() -> None:
    stream = samples.events_stream(EVENTS)
    # About the size of the 200 events that helmr_local sends at a time.
    pieces = [stream[at : at + 120_000] for at in range(0, len(stream), 120_000)]
    responses = (
        _whole(b"201 Created", samples.response("post", "/api/sessions", 201)),
        _whole(b"200 OK", samples.finished_run()),
        _whole(b"200 OK", {"events": [], "cursor": EVENTS}),
    )
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: _Connection(*responses, pieces), "127.0.0.1", 0)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
