"""The scripted control plane: it sends scripted responses and records the requests."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeAlias

from helmr_api.constants import API_VERSION
from helmr_api.formats import is_object
from helmr_contract.client.http1 import Head, Received, read_request, reset
from helmr_contract.document import Json


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before the next piece; ends early if the client disconnects."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Until:
    """Wait until the event is set, the client disconnects or the scenario ends."""

    event: threading.Event


class _Mark:
    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


HOLD = _Mark("HOLD")  # keep the connection open and send nothing more
CUT = _Mark("CUT")  # close the connection at this point
RESET = _Mark("RESET")  # close it with a reset

Piece: TypeAlias = bytes | Pause | Until | _Mark


@dataclass(slots=True)
class Reply:
    """A response, or a part of one.

    Args:
        body: A complete body, sent with its length, or pieces, sent as chunks.
        raw: Pieces that are sent verbatim, instead of a response.
        close: Close the connection after the reply.
    """

    status: int = 200
    body: bytes | Iterable[Piece] = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    raw: Iterable[Piece] | None = None
    close: bool = False
    says: str = ""  # its description in a report

    def __str__(self) -> str:
        return self.says or str(self.status)


Handler: TypeAlias = Callable[[Received], Reply | None]
"""Returns None to leave the request to the next rule."""


def reply(value: Json, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """Return a JSON response as a control plane sends it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    state = value.get("status") if is_object(value) else None
    says = f"{status}, status {state}" if isinstance(state, str) else ""
    head = {"content-type": "application/json", **(headers or {})}
    return Reply(status, text.encode() + b"\n", head, says=says)


def error(status: int, message: str, code: str | None = None, headers: dict[str, str] | None = None) -> Reply:
    """Return an error response."""
    made = reply({"error": message} | ({"code": code} if code else {}), status, headers)
    made.says = f"{status} {code or message}"
    return made


def dropped(*, says: str = "closed without a response") -> Reply:
    """Return a reply that closes the connection without a response."""
    return Reply(raw=[CUT], says=says)


def events(pieces: Iterable[Piece], *, end: bool = True, media_type: str = "text/event-stream") -> Reply:
    """Return an event stream; without `end` it stays open after the last piece."""
    head = {"content-type": media_type, "cache-control": "no-cache"}
    return Reply(200, [*pieces, *([] if end else [HOLD])], head, says="an event stream")


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    replies: deque[Reply]
    handler: Handler | None


_LEFT = "then closed by the client"


@dataclass(slots=True)
class _Framing:
    """Frames the pieces of a body, and describes in the report what was sent and how it ended."""

    is_chunked: bool
    end: str = _LEFT
    sent: bytearray = field(default_factory=bytearray)

    def __call__(self, piece: bytes) -> bytes:
        self.sent += piece
        return b"%x\r\n%s\r\n" % (len(piece), piece) if self.is_chunked else piece

    def __str__(self) -> str:
        ids = [one.decode("latin-1") for one in _ID.findall(self.sent)]
        sent = f"ids {ids[0]} to {ids[-1]}" if ids else f"{len(self.sent)} bytes"
        return f" ({sent}, {self.end})"


_ID = re.compile(rb"(?:^|[\r\n])id: ?([^\r\n]*)")


class Plane:
    """One control plane on its own port, for one scenario."""

    def __init__(self, fallback: Handler) -> None:
        self.requests: list[Received] = []
        self.trouble: list[str] = []  # errors of the script itself
        self._fallback = fallback
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._connections: dict[int, socket.socket] = {}
        self._threads: list[threading.Thread] = []
        self._began = time.monotonic()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._accepting = threading.Thread(target=self._accept, name="scripted-plane", daemon=True)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            connections = list(self._connections.values())
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._accepting.join(5)
        for thread in self._threads:
            thread.join(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def open(self) -> int:
        """The number of open connections."""
        with self._lock:
            return len(self._connections)

    def on(self, request: str, *what: Reply | Handler) -> None:
        """Respond to requests whose `METHOD path` matches, either with each reply once or with a handler."""
        replies = deque(one for one in what if isinstance(one, Reply))
        handlers = [one for one in what if not isinstance(one, Reply)]
        if len(handlers) > 1 or (handlers and replies):
            raise ValueError("give either replies or one handler")
        self._rules.append(_Rule(re.compile(request), replies, handlers[0] if handlers else None))

    def _answer(self, request: Received) -> Reply:
        line = f"{request.method} {request.path}"
        for rule in self._rules:
            if rule.pattern.fullmatch(line):
                found = rule.handler(request) if rule.handler is not None else None
                if found is None and rule.replies:
                    found = rule.replies.popleft()
                if found is not None:
                    return found
        return self._fallback(request) or error(404, "not found")

    # Connections --------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        number = 0
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            number += 1
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._connections[number] = connection
            thread = threading.Thread(
                target=self._serve, args=(number, connection), name=f"scripted-plane-{number}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def _serve(self, number: int, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        try:
            with suppress(OSError):
                while not self._over.is_set():
                    request = read_request(stream, number, 0.0)
                    if request is None:
                        return
                    request.at = time.monotonic() - self._began
                    with self._lock:
                        self.requests.append(request)
                        made = self._answer(request)
                        request.answered = str(made)
                    if not self._send(connection, made, request):
                        return
        except Exception as error:
            self.trouble.append(repr(error))
        finally:
            with self._lock:
                self._connections.pop(number, None)
            stream.close()
            connection.close()

    def _send(self, connection: socket.socket, made: Reply, request: Received) -> bool:
        """Send a reply; return whether the connection can be reused."""
        if made.raw is not None:
            return self._pieces(connection, made.raw, _Framing(is_chunked=False)) and not made.close
        head = {"helmr-api-version": API_VERSION, "date": _date(), **made.headers}
        head = {name: value for name, value in head.items() if value}
        if made.close:
            head["connection"] = "close"
        if isinstance(made.body, bytes):
            if made.status not in (204, 304) and "content-length" not in head:
                head["content-length"] = str(len(made.body))
            body = b"" if request.method == "HEAD" or made.status == 204 else made.body
            connection.sendall(Head(made.status, head).encode() + body)
            return not made.close
        head["transfer-encoding"] = "chunked"
        connection.sendall(Head(made.status, head).encode())
        framing = _Framing(is_chunked=True)
        try:
            whole = self._pieces(connection, made.body, framing)
            if whole:
                connection.sendall(b"0\r\n\r\n")
                framing.end = "then its end"
        finally:
            if framing.end == _LEFT and self._over.is_set():
                framing.end = "then open until the end of the scenario"
            request.answered = f"{made}{framing}"
        return whole and not made.close

    def _pieces(self, connection: socket.socket, pieces: Iterable[Piece], framing: _Framing) -> bool:
        for piece in pieces:
            if isinstance(piece, bytes):
                if piece:
                    connection.sendall(framing(piece))
            elif isinstance(piece, Pause):
                self._wait(connection, piece.seconds)
            elif isinstance(piece, Until):
                while not piece.event.is_set() and not self._wait(connection, 0.02):
                    pass
            elif piece is HOLD:
                while not self._wait(connection, 0.05):
                    pass
                return False
            else:
                framing.end = "then cut by the control plane"
                if piece is RESET:
                    reset(connection)
                return False
        return True

    def _wait(self, connection: socket.socket, seconds: float) -> bool:
        """Wait for that time; return whether the client has disconnected or the scenario has ended."""
        end = time.monotonic() + seconds
        while not self._over.is_set():
            left = end - time.monotonic()
            if left <= 0:
                return False
            connection.settimeout(min(left, 0.05))
            try:
                if connection.recv(1, socket.MSG_PEEK) == b"":
                    return True
                self._over.wait(min(left, 0.02))  # more data from the client, so it is still connected
            except TimeoutError:
                continue
            except OSError:
                return True
            finally:
                with suppress(OSError):
                    connection.settimeout(None)
        return True


def _date() -> str:
    from email.utils import formatdate

    return formatdate(usegmt=True)
