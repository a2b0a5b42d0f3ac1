"""Complete responses of handlers, with JSON formatted as the real server formats it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from ..asgi import Header, Message, Receive, Send
from ..errors import ApiError
from ..wire import jsontext
from ..wire.strings import printable

JSON_TYPE: Header = (b"content-type", b"application/json")


class Reply(Protocol):
    """An ASGI response to which headers can be added."""

    async def send(self, receive: Receive, send: Send, headers: list[Header]) -> None: ...


@dataclass
class Response:
    """A complete response.

    Args:
        says_length: True if it has a Content-Length; a 204 never does.
    """

    status: int
    body: bytes = b""
    headers: list[Header] = field(default_factory=list[Header])
    says_length: bool = True

    async def send(self, receive: Receive, send: Send, headers: list[Header]) -> None:
        all_headers = [*headers, *self.headers]
        if self.says_length and self.status != 204:
            all_headers.append((b"content-length", str(len(self.body)).encode()))
        start: Message = {"type": "http.response.start", "status": self.status, "headers": all_headers}
        await send(start)
        await send({"type": "http.response.body", "body": self.body})


def json_response(status: int, value: Any, headers: list[Header] | None = None) -> Response:
    return Response(status, jsontext.wire(value), [JSON_TYPE, *(headers or ())])


def error_response(error: ApiError) -> Response:
    """Return the error in the contract's envelope."""
    envelope = {"error": printable(error.message)}
    if error.code is not None:
        envelope = {"code": error.code} | envelope
    headers = [(name.lower().encode(), value.encode()) for name, value in error.headers]
    return json_response(error.status, envelope, headers)
