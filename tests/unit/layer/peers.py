"""Misbehaving servers, in which a function serves each connection and may send any bytes."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from tests.connection.peers import CERTIFICATE

from . import responses as bodies  # words: allow

JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)


class Connection:
    """One connection of a client, seen from the server."""

    def __init__(self, peer: Peer, sock: socket.socket) -> None:
        self._peer = peer
        self._sock = sock
        self._received = b""
        self.path = ""
        self.head = b""
        self.body = b""

    @property
    def goes_on(self) -> bool:
        """True until the test ends."""
        return not self._peer.over.is_set()

    def request(self) -> bool:
        """Read a request. Returns False if the client disconnected."""
        while b"\r\n\r\n" not in self._received:
            data = self._sock.recv(65_536)
            if not data:
                return False
            self._received += data
        head, self._received = self._received.split(b"\r\n\r\n", 1)
        self.path = head.split(b" ")[1].decode()
        self.head, self.body = head, b""
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
                while len(self._received) < length:
                    self._received += self._sock.recv(65_536)
                self.body, self._received = self._received[:length], self._received[length:]
        self._peer.paths.append(self.path)
        return True

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)

    def close(self) -> None:
        """Close the connection."""
        self._sock.shutdown(socket.SHUT_RDWR)

    def respond(self, body: Any, status: bytes = b"200 OK") -> None:
        """Send a whole response."""
        content = json.dumps(body).encode()
        head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self.send(head % (status, len(content)) + content)

    def drip(self, data: bytes, pause: float = 0.01) -> None:
        """Send one byte at a time until the test ends."""
        for at in range(len(data)):
            if not self.goes_on:
                return
            self.send(data[at : at + 1])
            time.sleep(pause)

    def repeat(self, data: bytes, pause: float = 0.01) -> None:
        """Send the same bytes repeatedly until the test ends."""
        while self.goes_on:
            self.send(data)
            time.sleep(pause)

    def receive(self) -> bytes:
        """Return the client's next bytes, or b"" after it disconnected."""
        return self._sock.recv(65_536)

    def stall(self) -> None:
        """Send nothing until the client disconnects."""
        while self._sock.recv(65_536):
            pass

    def wait(self) -> None:
        """Neither send nor read anything until the test ends."""
        self._peer.over.wait(60)


class Peer:
    """A server on loopback that runs `serve` in a thread per connection, even after the client
    disconnects."""

    def __init__(self, serve: Callable[[Connection], None], *, tls: bool = False) -> None:
        self._serve = serve
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls else None
        if self._tls is not None:
            self._tls.load_cert_chain(CERTIFICATE)
        self._threads: list[threading.Thread] = []
        self._socks: list[socket.socket] = []
        self.over = threading.Event()
        self.paths: list[str] = []
        self.open = 0
        """Connections that the client has not closed."""

    def __enter__(self) -> Peer:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._port = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    @property
    def url(self) -> str:
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self._port}"

    def __exit__(self, *error: object) -> None:
        self.over.set()
        for sock in (self._listener, *self._socks):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join(timeout=30)

    def _start(self, work: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self._socks.append(sock)
                self.open += 1
                self._start(self._work, sock)

    def _work(self, sock: socket.socket) -> None:
        with suppress(OSError):
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
                self._socks.append(sock)
            connection = Connection(self, sock)
            self._serve(connection)
            connection.stall()
        self.open -= 1
        with suppress(OSError):
            sock.close()


# Faults in the response to one request --------------------------------------------------------------------


def silence(c: Connection) -> None:
    c.stall()


def dripping_head(c: Connection) -> None:
    c.drip(JSON + b"X-Long: " + b"x" * 50_000)


def continues(c: Connection) -> None:
    c.repeat(b"HTTP/1.1 100 Continue\r\n\r\n", 0.001)


def early_hints(c: Connection) -> None:
    c.repeat(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 0.001)


def dripping_body(c: Connection) -> None:
    body = json.dumps(bodies.run("running", padding="x" * 50_000)).encode()
    c.send(JSON + b"Content-Length: %d\r\n\r\n" % len(body))
    c.drip(body)


def dripping_chunks(c: Connection) -> None:
    c.send(JSON + b"Transfer-Encoding: chunked\r\n\r\n")
    c.repeat(b"1\r\n \r\n")


def dripping_chunk_size(c: Connection) -> None:
    c.send(JSON + b"Transfer-Encoding: chunked\r\n\r\n1;")
    c.drip(b"x" * 50_000)


def dripping_error(c: Connection) -> None:
    c.send(b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 50000\r\n\r\n")
    c.drip(b"x" * 50_000)


SLOW: dict[str, Callable[[Connection], None]] = {
    serve.__name__: serve
    for serve in (
        silence,
        dripping_head,
        continues,
        early_hints,
        dripping_body,
        dripping_chunks,
        dripping_chunk_size,
        dripping_error,
    )
}
"""Responses that never end."""


def comments(c: Connection) -> None:
    c.send(STREAM)
    c.repeat(b": ping\n")


def newlines(c: Connection) -> None:
    c.send(STREAM)
    c.repeat(b"\n")


def half_a_line(c: Connection) -> None:
    c.send(STREAM)
    c.repeat(b"x")


def the_same_event(c: Connection) -> None:
    c.send(STREAM)
    if "/logs" in c.path:  # an event would be invalid there, which is a different error
        c.repeat(bodies.frame("run_log", bodies.log_chunk(1, b"the same\n")))
    else:
        c.repeat(bodies.frame("run_event", bodies.event(1, "run.created")))


def quiet(c: Connection) -> None:
    c.send(STREAM)
    c.stall()


def half_a_chunk(c: Connection) -> None:
    c.send(STREAM.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n1;"))
    c.repeat(b"x")


ENDLESS: dict[str, Callable[[Connection], None]] = {
    serve.__name__: serve
    for serve in (
        comments,
        newlines,
        half_a_line,
        the_same_event,
        quiet,
        half_a_chunk,
        silence,
        dripping_head,
        continues,
        dripping_error,
    )
}
"""Event streams that never end and contain nothing new."""


def endless_body(c: Connection) -> None:
    c.send(JSON + b"Transfer-Encoding: chunked\r\n\r\n")
    while c.goes_on:
        c.send(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


def a_long_body(c: Connection) -> None:
    c.send(JSON + b"Content-Length: 100000000000\r\n\r\n")
    while c.goes_on:
        c.send(b" " * 0x10000)


def gzip_bomb(c: Connection) -> None:
    c.send(JSON + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb()))
    c.send(bomb())


@cache
def bomb() -> bytes:
    """Return 64 KiB that decompress to 64 MiB."""
    return gzip.compress(bytes(1 << 26), 9)


LARGE: dict[str, Callable[[Connection], None]] = {
    serve.__name__: serve for serve in (endless_body, a_long_body, gzip_bomb)
}
"""Oversized responses."""


def endless_line(c: Connection) -> None:
    c.send(STREAM + b"data: ")
    while c.goes_on:
        c.send(b"x" * 0x10000)


def endless_event(c: Connection) -> None:
    c.send(STREAM)
    while c.goes_on:
        c.send(b"data: x\n" * 0x1000)


def endless_fields(c: Connection) -> None:
    c.send(STREAM)
    while c.goes_on:
        c.send(b"event: x\n" * 0x1000)


def bombing_stream(c: Connection) -> None:
    c.send(STREAM.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n"))
    c.send(bomb())
    c.stall()


LARGE_EVENTS: dict[str, Callable[[Connection], None]] = {
    serve.__name__: serve for serve in (endless_line, endless_event, endless_fields, bombing_stream)
}
"""Event streams with an oversized event."""


def plane(
    *, run: str | Callable[[], str] = "running", stream: Callable[[Connection], None] | None = None
) -> Callable[[Connection], None]:
    """Serve a control plane that reports one fixed run and serves event streams with `stream`."""

    def serve(c: Connection) -> None:
        while c.request():
            if stream is not None and "follow=1" in c.path:
                stream(c)
                return
            if "/events" in c.path:
                c.respond({"events": [], "cursor": 0})
            elif "/tokens" in c.path:
                c.respond(bodies.token())
            elif "/sessions" in c.path and "/runs" not in c.path:
                c.respond(bodies.start("running") if c.path == "/api/sessions" else bodies.session())
            else:
                c.respond(bodies.run(run if isinstance(run, str) else run()))

    return serve


def to_each_request(serve: Callable[[Connection], None]) -> Callable[[Connection], None]:
    """Return a function that serves every request of a connection with `serve`."""

    def work(c: Connection) -> None:
        while c.request():
            serve(c)

    return work
