"""A request, as passed to its handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from ..asgi import Receive, Scope
from ..document import Route
from ..errors import bad_request, permission_required, scope_denied
from ..keys import ApiKey
from ..wire import jsontext
from ..wire.strings import trim
from ..wire.urls import parse_query
from .bodies import RequestBodies
from .response import Reply

STRANGERS_BODY = 65_536
"""The number of body bytes that are read before a request with an unknown credential is rejected."""


class BodyTooLarge(Exception):
    """A body without a declared length exceeded the limit."""


@dataclass
class Request:
    """A request whose operation is known.

    Args:
        route: The operation, as described in the document.
        parameters: The path parameters, by name.
        headers: The headers, by lower-case name.
        bodies: The document's rules for request bodies.
        body_limit: The maximum size of a body in bytes.
        knows_caller: Checks whether the credential of a public operation is known; None if that does not
            matter.
        key: The API key of the request; None for a public operation.
    """

    route: Route
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    scope: Scope
    receive: Receive
    bodies: RequestBodies
    body_limit: int
    knows_caller: Callable[[Request], bool] | None = None
    key: ApiKey | None = None
    _prefix: str = ""

    @property
    def operation_id(self) -> str:
        return self.route.operation_id

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The first value of each query parameter. Parsed on first use, because a refused request may not
        need it.
        """
        return parse_query(self.scope["query_string"])

    @property
    def actor(self) -> ApiKey:
        """Return the API key; only for operations that require one."""
        assert self.key is not None
        return self.key

    @property
    def environment_id(self) -> str:
        return self.actor.environment_id

    def authorize(self, fields: Mapping[str, Any] | None = None) -> None:
        """Refuse a key that has none of the permissions that the document requires for the operation.

        Args:
            fields: The decoded body, where it decides which permission is needed.

        Raises:
            ApiError: 403.
        """
        wanted = self.route.permissions
        scopes = {one.scope for one in wanted if not one.when or _has(fields or {}, one.when)}
        if wanted and self.actor.scopes.isdisjoint(scopes):
            raise permission_required()

    def refuse_scope_query(self) -> None:
        """Refuse a query that names a project or an environment."""
        refuse_scope(self.query)

    # --- the body ----------------------------------------------------------------------------------

    async def body(
        self, prefix: str, forbidden: Callable[[str], str] = "{} is not accepted".format
    ) -> dict[str, Any]:
        """Read the body and decode it by the document's schema; times become nanoseconds.

        Only names and types are checked here. Rules with their own error messages follow in the handler, then
        `check_schema`.

        Args:
            prefix: The start of error messages, before the reason, such as "invalid cancel request JSON".
            forbidden: The error message for a field that the document forbids by name.

        Raises:
            ApiError: 400, prefix and reason.
        """
        self._prefix = prefix
        try:
            raw = await self.raw_body()
        except BodyTooLarge:
            raise bad_request(f"{prefix}: http: request body too large") from None
        if not raw.strip(b" \t\r\n") and self.operation_id in self.bodies.optional:
            return {}
        return self.bodies.of(self.operation_id).decode(raw, prefix, forbidden)

    def check_schema(self, fields: dict[str, Any]) -> None:
        """Refuse what violates the document's schema, after the handler has applied its own rules.

        Raises:
            ApiError: 400, prefix and reason.
        """
        form = jsontext.floating(self.bodies.of(self.operation_id).document_form(fields))
        refusal = self.bodies.refusal(self.operation_id, form)
        if refusal is not None:
            raise bad_request(f"{self._prefix}: {refusal}")

    async def raw_body(self) -> bytes:
        """Return the request body.

        Raises:
            BodyTooLarge: It exceeds the limit for all bodies.
            ApiError: 401 if it exceeds the limit for unknown credentials. The contract
                checks a body before the credential of a public operation.
        """
        chunks: list[bytes] = []
        length = 0
        known = self.knows_caller is None or self.knows_caller(self)
        limit = self.body_limit
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

    # --- the query ---------------------------------------------------------------------------------

    def integer(self, name: str) -> int:
        """Return an integer of the query; its default and its limits come from the document.

        Raises:
            ApiError: 400 `NAME must be an integer between LOW and HIGH`.
        """
        schema = self.route.query[name]
        low, high = schema["minimum"], schema["maximum"]
        number = self.number(name)
        if number is None or not low <= number <= high:
            raise bad_request(f"{name} must be an integer between {low} and {high}")
        return number

    def number(self, name: str) -> int | None:
        """Return an integer of the query, or the document's default; `None` for anything else.

        Use it for operations whose error for an invalid number differs from that of `integer`.
        """
        text = trim(self.query.get(name, ""))
        if not text:
            default: int = self.route.query[name]["default"]
            return default
        return whole_number(text)

    def wants_stream(self) -> bool:
        """Return whether the client asks for an event stream."""
        return self.query.get("follow") == "1" or "text/event-stream" in self.headers.get("accept", "")


def _has(fields: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    """Return whether the fields at these paths have these values."""

    def at(path: str) -> Any:
        value: Any = fields
        for name in path.split("."):
            value = value.get(name, {}) if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return cast("object", value)

    return all(isinstance(found := at(path), str) and trim(found) == value for path, value in values.items())


def whole_number(text: str) -> int | None:
    """Parse like `strconv.ParseInt` with base 10 and 64 bits."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 25:
        return None
    number = int(text)
    return number if -(2**63) <= number < 2**63 else None


def refuse_scope(values: Mapping[str, Any]) -> None:
    """Refuse a project or an environment in the request, because the key determines them.

    Raises:
        ApiError: 400.
    """
    if trim(values.get("project_id", "")) or trim(values.get("environment_id", "")):
        raise bad_request("project_id and environment_id are not accepted with API keys")


def bearer(headers: Mapping[str, str]) -> str | None:
    """Return the credential of the Authorization header."""
    scheme, separator, rest = headers.get("authorization", "").partition(" ")
    token = trim(rest)
    return token if separator and token and scheme.lower() == "bearer" else None


Handler = Callable[[Request], Awaitable[Reply]]


@dataclass(frozen=True)
class Endpoint:
    """The handler of one operation.

    Args:
        knows_caller: Checks whether a public request's credential is known; if not, a long body is not read.
    """

    handle: Handler
    knows_caller: Callable[[Request], bool] | None = None
