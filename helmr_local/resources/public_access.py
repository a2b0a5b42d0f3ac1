"""Public access tokens, which let a browser use one stream or token through the routes in this module."""

from __future__ import annotations

from typing import Any, TypedDict

from ..engine.context import Context
from ..errors import bad_request, scope_denied, stream_not_found, token_expired
from ..http.request import Request, bearer, refuse_scope
from ..http.response import Response, json_response
from ..ids import new_id
from ..keys import STREAM_TOKEN_PREFIX, hash_secret, new_secret
from ..wire.strings import printable, quote, trim
from ..wire.times import LATEST, add_nanoseconds, format_time
from .base import Resource, both, handles
from .rows import SessionRow, StreamRow
from .sessions import Address, Sessions, address_of
from .streams import BAD_RECORD, NewRecord, Streams, correlation_filter, stream_name
from .validation import check_external_id, check_stream_name, check_uuid, no_nul

# Scope type -> direction of its stream.
DIRECTIONS = {"session.input.send": "input", "session.output.read": "output"}


class AccessRow(TypedDict):
    """A public access token, for a stream of a session or for a token; only its hash is kept."""

    hash: bytes
    id: str
    environment_id: str
    scope_type: str
    token_id: str | None
    session_id: str | None
    stream_no: int | None
    correlation_id: str
    expires_at: int
    max_uses: int | None
    created_at: int


class PublicAccess(Resource):
    """Creates, finds and uses up public access tokens."""

    SCHEMA = """
    CREATE TABLE IF NOT EXISTS public_access_tokens (
      hash BLOB PRIMARY KEY,
      id TEXT NOT NULL,
      environment_id TEXT NOT NULL,
      scope_type TEXT NOT NULL,
      token_id TEXT,
      session_id TEXT,
      stream_no INTEGER,
      correlation_id TEXT NOT NULL DEFAULT '',
      expires_at INTEGER NOT NULL,
      max_uses INTEGER,
      uses INTEGER NOT NULL DEFAULT 0,
      created_at INTEGER NOT NULL
    ) WITHOUT ROWID;
    """

    def __init__(self, context: Context, sessions: Sessions, streams: Streams) -> None:
        super().__init__(context)
        self._sessions = sessions
        self._streams = streams

    def issue(
        self,
        secret: str,
        environment_id: str,
        scope_type: str,
        expires_at: int,
        max_uses: int | None,
        *,
        token_id: str | None = None,
        session_id: str | None = None,
        stream_no: int | None = None,
        correlation_id: str = "",
    ) -> AccessRow:
        """Store a new token, in the open transaction if there is one."""
        row: AccessRow = {
            "hash": hash_secret(secret),
            "id": new_id(),
            "environment_id": environment_id,
            "scope_type": scope_type,
            "token_id": token_id,
            "session_id": session_id,
            "stream_no": stream_no,
            "correlation_id": correlation_id,
            "expires_at": expires_at,
            "max_uses": max_uses,
            "created_at": self.clock.now(),
        }
        with self.db.transaction():
            self.db.insert("public_access_tokens", row)
        return row

    def knows(self, credential: str) -> bool:
        """Return whether the token exists, expired or not."""
        found = self.db.one("SELECT 1 FROM public_access_tokens WHERE hash = ?", (hash_secret(credential),))
        return found is not None

    def find(self, credential: str) -> AccessRow:
        """Find a token that exists and has not expired.

        Raises:
            ApiError: 401 if unknown, 410 if expired.
        """
        row = self.db.one(
            "SELECT * FROM public_access_tokens WHERE hash = ?", (hash_secret(credential),), row=AccessRow
        )
        if row is None:
            raise scope_denied(401)
        if row["expires_at"] <= self.clock.now():
            raise token_expired()
        return row

    def use(self, row: AccessRow) -> None:
        """Use up one use of the token, in the open transaction.

        Raises:
            ApiError: 403 if no use is left.
        """
        changed = self.db.execute(
            "UPDATE public_access_tokens SET uses = uses + 1"
            " WHERE hash = ? AND (max_uses IS NULL OR uses < max_uses)",
            (row["hash"],),
        )
        if not changed:
            raise scope_denied(403)

    # --- making ------------------------------------------------------------------------------------

    @handles("createPublicAccessToken")
    async def create_public_access_token(self, request: Request) -> Response:
        fields = await request.body("invalid public access token create request JSON")
        scope = fields.get("scope", {})
        address = _session_address(scope.get("session", {}))
        scope_type = trim(scope.get("type", ""))
        if scope_type not in DIRECTIONS:
            raise bad_request(f"unsupported public access token scope type {quote(printable(scope_type))}")
        direction = DIRECTIONS[scope_type]
        name = check_stream_name(scope.get("stream", ""))
        refuse_scope(fields)
        session = self._sessions.find(address, request.environment_id)
        if session is None:
            raise stream_not_found()
        request.authorize(fields)
        self._streams.known(session, name, direction)
        expires_at = self._expiry(fields.get("expires_at"))
        max_uses = fields.get("max_uses")
        if max_uses is not None and max_uses < 1:
            raise bad_request("max_uses must be a positive integer")
        correlation_id = trim(scope.get("correlation_id", ""))
        no_nul(correlation_id, "scope.correlation_id")
        request.check_schema(fields)
        secret = new_secret(STREAM_TOKEN_PREFIX)
        row = await self.writes.run(
            lambda: self.issue(
                secret,
                request.environment_id,
                scope_type,
                expires_at,
                max_uses,
                session_id=session["id"],
                stream_no=self._streams.resolve(session, name, direction)["no"],
                correlation_id=correlation_id,
            )
        )
        return json_response(201, access_view(row, secret, name))

    def _expiry(self, wanted: int | None) -> int:
        """Return the token's expiry: the requested one, in nanoseconds, or the end of the default
        lifetime.
        """
        now = self.clock.now()
        if wanted is None:
            return add_nanoseconds(now, round(self.settings.public_access_token_ttl * 1e9))
        expires_at = min(wanted // 1_000, LATEST)
        if expires_at <= now:
            raise token_expired()
        return expires_at

    # --- the routes that accept a token --------------------------------------------------------------

    def knows_caller(self, request: Request) -> bool:
        """Return whether the request has a public access token of this server."""
        credential = bearer(request.headers)
        return credential is not None and self.knows(credential)

    def _opened(
        self, request: Request, scope_type: str, correlation_id: str
    ) -> tuple[AccessRow, SessionRow, StreamRow]:
        """Return the token, session and stream of a public request.

        Raises:
            ApiError: A check fails, in the contract's order.
        """
        credential = bearer(request.headers)
        if credential is None:
            raise scope_denied(401)
        address = address_of(request)
        name = stream_name(request)
        access = self.find(credential)
        session = self._sessions.find(address, access["environment_id"])
        if session is None:
            raise stream_not_found()
        stream = self._streams.find(session, name, DIRECTIONS[scope_type])
        if stream is None:
            raise stream_not_found()
        if access["scope_type"] != scope_type or access["stream_no"] != stream["no"]:
            raise scope_denied(403)
        if access["correlation_id"] not in ("", correlation_id):
            raise scope_denied(403)
        return access, session, stream

    @handles(*both("appendInputRecordWithPublicAccessToken"), knows_caller=knows_caller)
    async def append_input_record(self, request: Request) -> Response:
        fields = await request.body(BAD_RECORD)
        record = NewRecord.of(fields)
        access, session, stream = self._opened(request, "session.input.send", record.correlation_id)

        def append() -> dict[str, Any]:
            self.use(access)
            view = self._streams.send_input(self._sessions.require(session["id"]), stream, record)
            request.check_schema(fields)
            return view

        return json_response(201, await self.writes.run(append))

    @handles(*both("readOutputRecordWithPublicAccessToken"))
    async def read_output_record(self, request: Request) -> Response:
        access, _, stream = self._opened(request, "session.output.read", correlation_filter(request))

        def read() -> dict[str, Any]:
            self.use(access)
            return self._streams.read_output(request, stream)

        return json_response(200, await self.writes.run(read))


def access_view(token: AccessRow, secret: str, stream: str) -> dict[str, Any]:
    """Return the view of a token that was just created."""
    scope: dict[str, Any] = {
        "type": token["scope_type"],
        "session": {"type": "id", "id": token["session_id"]},
        "stream": stream,
    }
    if token["correlation_id"]:
        scope["correlation_id"] = token["correlation_id"]
    view: dict[str, Any] = {
        "id": token["id"],
        "public_access_token": secret,
        "scope": scope,
        "expires_at": format_time(token["expires_at"]),
    }
    if token["max_uses"] is not None:
        view["max_uses"] = token["max_uses"]
    view["created_at"] = format_time(token["created_at"])
    return view


def _session_address(session: dict[str, Any]) -> Address:
    """Return the session's id or external id, whichever the request contains."""
    form = trim(session.get("type", ""))
    if form == "id":
        return Address(check_uuid(trim(session.get("id", "")), "session.id"))
    if form != "external_id":
        raise bad_request("session.type must be id or external_id")
    external_id = trim(session.get("external_id", ""))
    if not external_id:
        raise bad_request("external_id is required")
    check_external_id(external_id)
    return Address(external_id=external_id)
