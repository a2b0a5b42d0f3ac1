"""Small servers that record every byte they receive: a control plane, with or without TLS, and a proxy."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from helmr_ergonomic import AiohttpClient, AsyncHelmrClient

CERTIFICATE = Path(__file__).with_name("loopback.pem")
"""A self-signed certificate with its key, for 127.0.0.1, localhost and helmr.test."""

STATUSES = ("queued", "running", "waiting", "succeeded", "failed", "cancelled", "expired")
COUNTS = json.dumps(dict.fromkeys(STATUSES, 0)).encode()


def response(status: int = 200, body: bytes = COUNTS, *headers: str) -> bytes:
    lines = [
        f"HTTP/1.1 {status} X",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


class AiohttpHelmrClient(AsyncHelmrClient):
    """A client that uses aiohttp and closes it with itself."""

    def __init__(self, url: str | None = None, api_key: str | None = None, **options: Any) -> None:
        self._aiohttp = AiohttpClient()
        super().__init__(url, api_key, http_client=self._aiohttp, **options)

    async def aclose(self) -> None:
        await self._aiohttp.aclose()


class Peer:
    """Listens on 127.0.0.1, sends `response` for each request and records all received bytes."""

    def __init__(self, response: bytes | Callable[[bytes], bytes] = b"", *, tls: bool = False) -> None:
        self._respond = response if callable(response) else lambda _: response
        self._context: ssl.SSLContext | None = None
        if tls:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(CERTIFICATE)
        self.raw: list[bytes] = []
        """The bytes received on each connection, decrypted if it used TLS."""
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.serving: list[threading.Thread] = []
        """One thread per connection; it ends with the connection."""

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._start(self._accept)
        return self

    def __exit__(self, *error: object) -> None:
        for open_socket in [self._listener, *self._sockets]:
            with suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=10)
        for open_socket in [self._listener, *self._sockets]:
            open_socket.close()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{'http' if self._context is None else 'https'}://{self.address}"

    @property
    def seen(self) -> bytes:
        """All bytes received so far."""
        return b"".join(self.raw)

    def _start(self, work: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                accepted, _ = self._listener.accept()
                self._sockets.append(accepted)
                self.serving.append(self._start(self._serve, accepted))

    def _serve(self, accepted: socket.socket) -> None:
        with suppress(OSError):
            if self._context is not None:
                accepted = self._context.wrap_socket(accepted, server_side=True)
                self._sockets.append(accepted)
            self.raw.append(b"")
            index = len(self.raw) - 1
            self._talk(accepted, index)

    def _talk(self, accepted: socket.socket, index: int) -> None:
        while request := self._request(accepted, index):
            accepted.sendall(self._respond(request))

    def _request(self, accepted: socket.socket, index: int) -> bytes:
        """Read one request, with its body if it has a Content-Length; return b"" at the end of input."""
        request = b""
        while True:
            head, separator, body = request.partition(b"\r\n\r\n")
            lengths = [
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length:")
            ]
            if separator and len(body) >= sum(lengths):
                return request
            received = accepted.recv(65536)
            if not received:
                return b""
            self.raw[index] += received
            request += received


class ConnectProxy(Peer):
    """A proxy that forwards every CONNECT tunnel to `target`, regardless of the requested host."""

    def __init__(self, target: Peer | None, *, tls: bool = False) -> None:
        super().__init__(tls=tls)
        self._target = target
        self.asked: list[str] = []
        """The request lines."""

    def _talk(self, accepted: socket.socket, index: int) -> None:
        request = self._request(accepted, index)
        self.asked.append(request.partition(b"\r\n")[0].decode())
        if self._target is None or not request.startswith(b"CONNECT "):
            accepted.sendall(response(502, b"{}"))
            return
        accepted.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        onward = socket.create_connection(("127.0.0.1", self._target.port))
        self._sockets.append(onward)
        self._start(self._relay, onward, accepted)
        while received := accepted.recv(65536):
            self.raw[index] += received
            onward.sendall(received)
        onward.shutdown(socket.SHUT_WR)

    def _relay(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while received := source.recv(65536):
                sink.sendall(received)
            sink.shutdown(socket.SHUT_WR)
