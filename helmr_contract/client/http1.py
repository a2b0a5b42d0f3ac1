"""Minimal HTTP/1.1 for a control plane that deliberately disconnects, sends slowly and repeats data."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from http.client import responses
from typing import IO, Any
from urllib.parse import parse_qs, unquote, urlsplit

from helmr_api.formats import is_object
from helmr_contract.document import Json

MOST = 64 << 20
"""The maximum number of request body bytes to read."""


@dataclass(slots=True)
class Received:
    """A request as received."""

    method: str
    target: str  # as sent
    headers: list[tuple[str, str]]
    body: bytes
    connection: int  # the same number for requests on the same connection
    at: float  # seconds since the start of the scenario
    answered: str = ""  # a description of the reply

    @property
    def path(self) -> str:
        """The path as sent, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def segments(self) -> list[str]:
        """The decoded segments of the path."""
        return [unquote(part) for part in self.path.split("/")[1:]]

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    def param(self, name: str) -> str | None:
        values = self.query.get(name)
        return values[0] if values else None

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def json(self) -> Any:
        """The body's JSON value; None if it is not JSON."""
        import json

        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def fields(self) -> Json:
        """The body's fields; empty if it is not an object."""
        value = self.json
        return value if is_object(value) else {}

    @property
    def wants_events(self) -> bool:
        return "text/event-stream" in (self.header("accept") or "") or self.param("follow") == "1"

    @property
    def line(self) -> str:
        return f"{self.method} {self.target}"


def read_request(stream: IO[bytes], connection: int, at: float) -> Received | None:
    """Return the next request on a connection; None if the connection is closed.

    Raises:
        ValueError: It is not an HTTP/1.1 request.
    """
    first = stream.readline(65536)
    if not first.strip():
        return None
    method, target, _ = first.decode("latin-1").rstrip("\r\n").split(" ", 2)
    headers: list[tuple[str, str]] = []
    while (line := stream.readline(65536)).strip():
        name, _, value = line.decode("latin-1").rstrip("\r\n").partition(":")
        headers.append((name, value.strip()))
    received = Received(method, target, headers, b"", connection, at)
    if "chunked" in (received.header("transfer-encoding") or "").lower():
        received.body = b"".join(iter(lambda: _chunk(stream), b""))
    elif length := received.header("content-length"):
        received.body = stream.read(min(int(length), MOST))
    return received


def _chunk(stream: IO[bytes]) -> bytes:
    size = int(stream.readline(1024).partition(b";")[0], 16)
    data = stream.read(size)
    stream.readline(16)
    return data


@dataclass(slots=True)
class Head:
    """The head of a response."""

    status: int
    headers: dict[str, str] = field(default_factory=dict[str, str])

    def encode(self) -> bytes:
        first = f"HTTP/1.1 {self.status} {responses.get(self.status, 'Status')}"
        lines = [first, *(f"{name}: {value}" for name, value in self.headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


def reset(connection: socket.socket) -> None:
    """Close a connection with a TCP reset."""
    import struct

    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
