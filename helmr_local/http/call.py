"""One request on its way through a handler, and its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from .. import golang, jsontext
from ..asgi import Message, Receive, Scope, Send
from ..bodies import Body
from ..document import Schemas
from ..engine import Engine
from ..errors import ApiError, bad_request, permission_required, scope_denied
from ..golang import trim
from ..keys import ApiKey

Header = tuple[bytes, bytes]


class Reply(Protocol):
    """What a handler returns: an ASGI response that takes further headers."""

    async def send(self, receive: Receive, send: Send, headers: list[Header]) -> None: ...


@dataclass
class Answer:
    """A complete response.

    Args:
        says_length: Whether it has a Content-Length; a 204 never has.
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


JSON_TYPE: Header = (b"content-type", b"application/json")


def json_answer(status: int, value: Any, headers: list[Header] | None = None) -> Answer:
    return Answer(status, jsontext.wire(value), [JSON_TYPE, *(headers or ())])


def error_answer(error: ApiError) -> Answer:
    envelope = {"error": golang.printable(error.message)}
    if error.code is not None:
        envelope = {"code": error.code} | envelope
    headers = [(name.lower().encode(), value.encode()) for name, value in error.headers]
    return json_answer(error.status, envelope, headers)


STRANGERS_BODY = 65_536
"""Bytes that are read and judged of a body before its unknown credential is."""


class BodyTooLarge(Exception):
    """A body without declared length went past the limit."""


@dataclass
class Call:
    """A request whose route is known."""

    engine: Engine
    schemas: Schemas
    operation_id: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    scope: Scope
    receive: Receive
    recognises: Callable[[Call], bool] | None = None
    key: ApiKey | None = None

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The query's first value per name; not read for a request that is refused before."""
        return golang.parse_query(self.scope["query_string"])

    @property
    def actor(self) -> ApiKey:
        """The API key of a route that demands one."""
        assert self.key is not None
        return self.key

    @property
    def environment_id(self) -> str:
        return self.actor.environment_id

    def require(self, *scopes: str) -> None:
        """Refuse a key that has none of these scopes."""
        if self.actor.scopes.isdisjoint(scopes):
            raise permission_required()

    def refuse_scope_query(self) -> None:
        refuse_scope(self.query)

    async def body(self, body: Body) -> dict[str, Any]:
        """Read and decode the request body."""
        try:
            raw = await self.raw_body()
        except BodyTooLarge:
            raise bad_request(f"{body.prefix}: http: request body too large") from None
        return body.decode(raw)

    async def raw_body(self) -> bytes:
        """The request body.

        Raises:
            BodyTooLarge: It is longer than any body may be.
            ApiError: 401, it is longer than what is read for a credential that nobody knows. The contract
                judges a body before the credential of a public operation.
        """
        chunks: list[bytes] = []
        length = 0
        known = self.recognises is None or self.recognises(self)
        limit = self.engine.settings.body_limit
        if not known:
            limit = min(limit, STRANGERS_BODY)
            if (whole_number(self.headers.get("content-length", "")) or 0) > limit:
                raise scope_denied(401)
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ConnectionResetError
            chunk = message.get("body", b"")
            length += len(chunk)
            if length > limit:
                raise BodyTooLarge if known else scope_denied(401)
            chunks.append(chunk)
            if not message.get("more_body"):
                return b"".join(chunks) if len(chunks) > 1 else chunk

    def judge(self, body: Body, decoded: dict[str, Any]) -> None:
        """Refuse what the document's schema does not allow and no rule of the contract has caught.

        The rules with words of their own run first.
        """
        form = jsontext.floating(body.document_form(decoded))
        refusal = self.schemas.refusal(self.operation_id, form)
        if refusal is not None:
            raise bad_request(f"{body.prefix}: {refusal}")

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number of the query.

        Raises:
            ApiError: 400 `NAME must be an integer between LOW and HIGH`.
        """
        text = trim(self.query.get(name, ""))
        if not text:
            return default
        number = whole_number(text)
        if number is None or not low <= number <= high:
            raise bad_request(f"{name} must be an integer between {low} and {high}")
        return number

    def wants_stream(self) -> bool:
        return self.query.get("follow") == "1" or "text/event-stream" in self.headers.get("accept", "")


def whole_number(text: str) -> int | None:
    """`strconv.ParseInt` with base 10 and 64 bits."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 25:
        return None
    number = int(text)
    return number if -(2**63) <= number < 2**63 else None


def refuse_scope(values: Mapping[str, Any]) -> None:
    """Project and environment are the key's own; a request cannot name them."""
    if trim(values.get("project_id", "")) or trim(values.get("environment_id", "")):
        raise bad_request("project_id and environment_id are not accepted with API keys")


def bearer(headers: Mapping[str, str]) -> str | None:
    """The credential of the Authorization header."""
    scheme, separator, rest = headers.get("authorization", "").partition(" ")
    token = trim(rest)
    return token if separator and token and scheme.lower() == "bearer" else None


def knows_public_access_token(call: Call) -> bool:
    """Whether a request has a public access token that was made here."""
    credential = bearer(call.headers)
    return credential is not None and call.engine.public_access.knows(credential)


Handler = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True)
class Endpoint:
    """A handler and how its caller is authenticated."""

    handle: Handler
    public: bool = False
    cors: str | None = None
    recognises: Callable[[Call], bool] | None = None


class Endpoints(dict[str, Endpoint]):
    """Handlers by operationId."""

    def add(
        self,
        *operation_ids: str,
        public: bool = False,
        cors: str | None = None,
        recognises: Callable[[Call], bool] | None = None,
    ) -> Callable[[Handler], Handler]:
        """Register the function for these operations.

        Args:
            public: No API key is asked for.
            cors: The methods that a preflight of the route names; its answers carry CORS headers.
            recognises: Whether a public request's credential is known; if not, a long body is not read.
        """

        def register(handler: Handler) -> Handler:
            for operation_id in operation_ids:
                assert operation_id not in self, operation_id
                self[operation_id] = Endpoint(handler, public, cors, recognises)
            return handler

        return register
