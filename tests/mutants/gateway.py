"""Faults on the wire: requests and responses, changed between the HTTP server and the application.

helmr_local's application is called through `App.__call__`, the only name of the server that these faults
depend on. Each planting function wraps it once more:

- `requests(edit)` changes requests before the application reads them,
- `responses(edit)` changes responses before they are sent, event streams chunk by chunk,
- `handled(handler)` lets a handler respond, which can call the application any number of times.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, quote, unquote, urlencode

from helmr_api.formats import is_object
from helmr_contract.document import Document
from helmr_local.asgi import Message, Receive, Scope, Send

from .planting import FaultError, Patch, replaced
from .trouble import guarded, note

APPLICATION = "helmr_local.app:App.__call__"

Json: TypeAlias = Any
Headers: TypeAlias = list[tuple[bytes, bytes]]


@cache
def document() -> Document:
    return Document.load()


def _header(headers: Headers, name: str) -> str | None:
    wanted = name.encode()
    return next((value.decode("latin-1") for key, value in headers if key.lower() == wanted), None)


def _with_header(headers: Headers, name: str, value: str | None) -> Headers:
    wanted = name.encode()
    kept = [(key, content) for key, content in headers if key.lower() != wanted]
    return kept if value is None else [*kept, (wanted, value.encode("latin-1"))]


@dataclass
class Request:
    """A request on its way to the application."""

    method: str
    path: str  # as sent, without the query
    query: list[tuple[str, str]]
    headers: Headers
    body: bytes = b""
    operation: str = ""  # the operationId; empty if none matches
    parameters: dict[str, str] = field(default_factory=dict[str, str])  # path parameters, as sent
    sent_query: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    sent_body: bytes | None = None  # None if it was not read

    @property
    def json(self) -> Json:
        """The body's JSON value; None if it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @json.setter
    def json(self, value: Json) -> None:
        self.body = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")

    @property
    def fields(self) -> dict[str, Json]:
        """The body's fields; empty if it is not an object."""
        value = self.json
        return value if is_object(value) else {}

    @property
    def follows(self) -> bool:
        """True for a request for an event stream."""
        return "text/event-stream" in (self.header("accept") or "") or self.param("follow") == "1"

    @property
    def bearer(self) -> str:
        """The credential, or an empty string."""
        return (self.header("authorization") or "").partition(" ")[2].strip()

    def header(self, name: str) -> str | None:
        return _header(self.headers, name)

    def set_header(self, name: str, value: str | None) -> None:
        """Set a header, or remove it if `value` is None."""
        self.headers = _with_header(self.headers, name, value)

    def authorize(self, bearer: str) -> None:
        self.set_header("authorization", f"Bearer {bearer}")

    def param(self, name: str) -> str:
        """Return the first value of a query parameter, trimmed, or an empty string."""
        return next((value.strip() for key, value in self.query if key == name), "")

    def set_param(self, name: str, value: str | None) -> None:
        """Set a query parameter, or remove it if `value` is None."""
        self.query = [pair for pair in self.query if pair[0] != name]
        if value is not None:
            self.query.append((name, value))

    def set_parameter(self, name: str, value: str) -> None:
        """Replace a parameter of the path."""
        operation = document().operations[self.operation]
        self.parameters = {**self.parameters, name: quote(value, safe="")}
        self.path = "/".join(
            self.parameters[part[1:-1]] if part.startswith("{") else part
            for part in operation.path.split("/")
        )

    def parameter(self, name: str) -> str:
        """Return a path parameter, decoded."""
        return unquote(self.parameters.get(name, ""))

    def copy(self) -> Request:
        return replace(self, query=list(self.query), headers=list(self.headers))


@dataclass
class Response:
    """A response on its way to the client. For an event stream, `body` is one chunk of whole frames."""

    status: int
    headers: Headers
    body: bytes
    request: Request
    streaming: bool = False
    started: bool = False  # an earlier chunk of the stream was sent
    last: bool = True
    end: bool = False  # set to end the stream with this chunk

    @property
    def is_json(self) -> bool:
        return self.header("content-type") == "application/json"

    @property
    def json(self) -> Json:
        """The JSON value; None if it is not JSON."""
        return json.loads(self.body) if self.is_json and self.body else None

    @json.setter
    def json(self, value: Json) -> None:
        text = json.dumps(value, separators=(",", ":"))
        for sign in "<>&":  # escaped as the server does; a missing escape is another fault
            text = text.replace(sign, f"\\u{ord(sign):04x}")
        self.body = text.encode() + b"\n"
        self.set_header("content-type", "application/json")

    @property
    def code(self) -> str | None:
        """The code of an error, or None."""
        return self._of_error("code")

    @property
    def error(self) -> str:
        """The message of an error, or an empty string."""
        return self._of_error("error") or ""

    def _of_error(self, name: str) -> str | None:
        if self.status < 400 and self.status != 202:
            return None
        value = self.json
        found = value.get(name) if is_object(value) else None
        return found if isinstance(found, str) else None

    def header(self, name: str) -> str | None:
        return _header(self.headers, name)

    def set_header(self, name: str, value: str | None) -> None:
        """Set a header, or remove it if `value` is None."""
        self.headers = _with_header(self.headers, name, value)

    def become(self, status: int, value: Json) -> Response:
        """Replace status and body by another JSON response."""
        self.status, self.json = status, value
        return self

    def fail(self, status: int, error: str, code: str | None = None) -> Response:
        """Replace status and body by an error."""
        return self.become(status, {"error": error} if code is None else {"code": code, "error": error})


Edit: TypeAlias = Callable[[Response], None]
RequestEdit: TypeAlias = Callable[[Request], None]
Handler: TypeAlias = Callable[[Request, "Origin"], Awaitable[Response | None]]
Call: TypeAlias = Callable[[Any, Scope, Receive, Send], Awaitable[None]]


class Origin:
    """The application, as a handler calls it."""

    def __init__(self, call: Call, app: Any, scope: Scope) -> None:
        self._call, self._app, self._scope = call, app, scope

    async def __call__(self, request: Request) -> Response:
        """Send the request and return the whole response."""
        response = Response(0, [], b"", request)
        done = asyncio.Event()
        sent = False

        async def receive() -> Message:
            nonlocal sent
            if not sent:
                sent = True
                return {"type": "http.request", "body": request.body, "more_body": False}
            await done.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                response.status, response.headers = message["status"], list(message["headers"])
            else:
                response.body += message.get("body", b"")

        try:
            await self._call(self._app, _scope(self._scope, request), receive, send)
        finally:
            done.set()
        return response

    async def send(
        self, method: str, path: str, like: Request, body: Json = None, *, bearer: str | None = None
    ) -> Response:
        """Send a new request, with the credential of the request `like`."""
        path, _, query = path.partition("?")
        request = Request(method, path, parse_qsl(query), [], sent_query=[("", "")])
        for name in ("authorization", "host"):
            if (value := like.header(name)) is not None:
                request.set_header(name, value)
        if bearer is not None:
            request.authorize(bearer)
        if body is not None:
            request.json = body
        return await self(request)

    async def get(self, path: str, like: Request, *, bearer: str | None = None) -> Json:
        """Return the JSON of a GET, or None if it fails."""
        response = await self.send("GET", path, like, bearer=bearer)
        return response.json if response.status == 200 else None


def _request(scope: Scope) -> Request:
    path = scope["raw_path"].decode("latin-1")
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    request = Request(scope["method"], path, query, list(scope["headers"]), sent_query=list(query))
    found = document().match(request.method, path)
    if found is not None:
        request.operation, request.parameters = found[0].id, found[1]
    return request


def _scope(scope: Scope, request: Request) -> Scope:
    """Return the ASGI scope of the edited request. Unedited parts stay as sent."""
    headers, query = request.headers, scope["query_string"]
    if request.body != (request.sent_body or b""):
        headers = _with_header(headers, "content-length", str(len(request.body)))
    if request.query != request.sent_query:
        query = urlencode(request.query, quote_via=quote).encode("latin-1")
    return {
        **scope,
        "method": request.method,
        "raw_path": request.path.encode("latin-1"),
        "path": unquote(request.path),
        "query_string": query,
        "headers": headers,
        "memo": {},  # what the server remembers about the head as it was sent
    }


async def _read(app: Any, request: Request, receive: Receive) -> bool:
    """Read the body. Return False if it was not read: the application rejects one that is so long before it
    arrives, or the client disconnected.
    """
    length = request.header("content-length")
    if length is not None and (not length.isdigit() or int(length) > app._plane.settings.body_limit):
        return False
    if request.method not in ("POST", "PATCH", "PUT"):
        return False
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return False
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            request.body = request.sent_body = b"".join(chunks)
            return True


def _replay(request: Request, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": request.body, "more_body": False}

    return again


def _checked(operations: tuple[str, ...]) -> frozenset[str]:
    unknown = set(operations) - document().operations.keys()
    if unknown:
        raise FaultError(f"no such operations: {sorted(unknown)}")
    return frozenset(operations)


def _around(make: Callable[[Call], Call], operations: tuple[str, ...]) -> Patch:
    """Wrap the application for requests to these operations (by default, for all requests)."""
    chosen = _checked(operations)

    def wrapped(call: Call) -> Call:
        other = make(call)

        async def served(app: Any, scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and (not chosen or _request(scope).operation in chosen):
                await other(app, scope, receive, send)
            else:
                await call(app, scope, receive, send)

        return served

    return replaced(APPLICATION, wrapped)


def requests(edit: RequestEdit, *operations: str) -> Patch:
    """Edit every request to these operations (by default, to all)."""

    def make(call: Call) -> Call:
        async def served(app: Any, scope: Scope, receive: Receive, send: Send) -> None:
            request = _request(scope)
            read = await _read(app, request, receive)
            guarded(edit)(request)
            await call(app, _scope(scope, request), _replay(request, receive) if read else receive, send)

        return served

    return _around(make, operations)


class _Ended(Exception):
    """An edit ended the stream."""


def responses(edit: Edit, *operations: str) -> Patch:
    """Edit every response of these operations (by default, of all)."""

    def make(call: Call) -> Call:
        async def served(app: Any, scope: Scope, receive: Receive, send: Send) -> None:
            request = _request(scope)
            read = await _read(app, request, receive)
            with_body = _replay(request, receive) if read else receive
            with suppress(_Ended):
                await call(app, _scope(scope, request), with_body, _Sending(request, guarded(edit), send))

        return served

    return _around(make, operations)


class _Sending:
    """An ASGI `send` that edits responses. The head is held until the first chunk of the body."""

    def __init__(self, request: Request, edit: Edit, send: Send) -> None:
        self._response = Response(0, [], b"", request)
        self._edit = edit
        self._send = send

    async def __call__(self, message: Message) -> None:
        response = self._response
        if message["type"] == "http.response.start":
            response.status, response.headers = message["status"], list(message["headers"])
            kind = _header(response.headers, "content-type") or ""
            response.streaming = kind.startswith("text/event-stream")
            return
        response.body, response.last = message.get("body", b""), not message.get("more_body")
        self._edit(response)
        if not response.started:
            if not response.streaming and (response.header("content-length") or response.body):
                response.set_header("content-length", str(len(response.body)))
            start = {"type": "http.response.start", "status": response.status, "headers": response.headers}
            await self._send(start)
            response.started = True
        last = response.last or response.end
        await self._send({"type": "http.response.body", "body": response.body, "more_body": not last})
        if response.end and not response.last:
            raise _Ended


def handled(handler: Handler, *operations: str, streams: bool = False) -> Patch:
    """Let the handler respond to every request to these operations; it can call the application.

    Requests for an event stream go to the application; with `streams`, only those for which it returns None.
    """

    def make(call: Call) -> Call:
        async def served(app: Any, scope: Scope, receive: Receive, send: Send) -> None:
            request = _request(scope)
            read = await _read(app, request, receive)
            response = None
            if (read or request.method not in ("POST", "PATCH", "PUT")) and (streams or not request.follows):
                try:
                    response = await handler(request, Origin(call, app, scope))
                except Exception as error:
                    note(f"the planted code failed: {error!r}")
                    raise
            if response is None:
                await call(app, scope, _replay(request, receive) if read else receive, send)
                return
            if response.header("content-length") is not None or response.body:
                response.set_header("content-length", str(len(response.body)))
            await send(
                {"type": "http.response.start", "status": response.status, "headers": response.headers}
            )
            await send({"type": "http.response.body", "body": response.body})

        return served

    return _around(make, operations)


def held(until: Callable[[Request, Origin], Awaitable[None]], *operations: str) -> Patch:
    """Hold the end of an event stream of these operations until `until` returns."""

    def make(call: Call) -> Call:
        async def served(app: Any, scope: Scope, receive: Receive, send: Send) -> None:
            request = _request(scope)

            async def sending(message: Message) -> None:
                last = message["type"] == "http.response.body" and not message.get("more_body")
                if last and request.follows:
                    if message.get("body"):
                        await send({**message, "more_body": True})
                    await until(request, Origin(call, app, scope))
                    message = {"type": "http.response.body", "body": b""}
                await send(message)

            await call(app, scope, receive, sending)

        return served

    return _around(make, operations)
