"""`/api/tokens`: tokens, which are completed or cancelled once, or expire. They can be completed without an
API key.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any, TypedDict, cast
from urllib.parse import urlsplit

from ..document import enumeration
from ..engine.context import Context
from ..engine.waits import Outcome, Waits
from ..errors import (
    ApiError,
    bad_request,
    scope_denied,
    token_cancelled,
    token_expired,
    token_not_found,
)
from ..http.request import Request, bearer, refuse_scope
from ..http.response import Response, json_response
from ..ids import new_id, parse_uuid
from ..keys import CALLBACK_PREFIX, PUBLIC_ACCESS_PREFIX, derived_secret, hash_secret
from ..wire import jsontext
from ..wire.durations import positive_duration
from ..wire.strings import trim
from ..wire.times import add_nanoseconds, format_time
from .base import Resource, handles
from .public_access import AccessRow, PublicAccess
from .validation import check_idempotency_key, check_uuid, metadata_text, normalised_tags, tags_text


class TokenRow(TypedDict):
    """A token, whose secrets are kept only as hashes."""

    no: int
    id: str
    environment_id: str
    status: str
    timeout_at: int
    data: str | None
    completion_hash: bytes | None
    tags: str
    metadata: str
    idempotency_key: str | None
    fingerprint: bytes | None
    callback_hash: bytes
    created_at: int


class Tokens(Resource):
    """The token state machine, and the views and requests of tokens."""

    SCHEMA = """
    CREATE TABLE IF NOT EXISTS tokens (
      no INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      environment_id TEXT NOT NULL,
      status TEXT NOT NULL,
      timeout_at INTEGER NOT NULL,
      data TEXT,
      completion_hash BLOB,
      tags TEXT NOT NULL,
      metadata TEXT NOT NULL,
      idempotency_key TEXT,
      fingerprint BLOB,
      callback_hash BLOB NOT NULL,
      created_at INTEGER NOT NULL
    );
    CREATE INDEX IF NOT EXISTS tokens_oldest ON tokens (environment_id, no);
    CREATE INDEX IF NOT EXISTS tokens_by_status ON tokens (environment_id, status, no);
    CREATE INDEX IF NOT EXISTS tokens_pending ON tokens (timeout_at) WHERE status = 'pending';
    CREATE UNIQUE INDEX IF NOT EXISTS tokens_key
      ON tokens (environment_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
    """

    def __init__(self, context: Context, waits: Waits, public_access: PublicAccess) -> None:
        super().__init__(context)
        self._waits = waits
        self._public_access = public_access

    def get(self, token_id: str, environment_id: str | None = None) -> TokenRow | None:
        token = self.db.one("SELECT * FROM tokens WHERE id = ?", (token_id,), row=TokenRow)
        if token is None or environment_id not in (None, token["environment_id"]):
            return None
        return token

    def require(self, token_id: str) -> TokenRow:
        token = self.get(token_id)
        if token is None:
            raise token_not_found()
        return token

    def create(
        self,
        environment_id: str,
        *,
        timeout: int,
        tags: list[str],
        metadata: str,
        idempotency_key: str = "",
        timeout_as_written: Any = None,
    ) -> tuple[TokenRow, bool]:
        """Create a token; return it and whether it is new.

        Args:
            timeout: Its lifetime in nanoseconds.
        """
        db, now = self.db, self.clock.now()
        fingerprint = None
        if idempotency_key:
            parts = {"timeout": timeout_as_written, "metadata": jsontext.raw(metadata), "tags": tags}
            exact = jsontext.parse(jsontext.encode(parts))
            fingerprint = hashlib.sha256(jsontext.canonical(exact)).digest()
            known = self._of_key(environment_id, idempotency_key, fingerprint)
            if known is not None:
                return known, False
        token_id = new_id()
        timeout_at = add_nanoseconds(now, timeout)
        with db.transaction():
            db.insert(
                "tokens",
                {
                    "id": token_id,
                    "environment_id": environment_id,
                    "status": "pending",
                    "timeout_at": timeout_at,
                    "tags": tags_text(tags),
                    "metadata": metadata,
                    "idempotency_key": idempotency_key or None,
                    "fingerprint": fingerprint,
                    "callback_hash": hash_secret(self._callback_secret(token_id)),
                    "created_at": now,
                },
            )
            self._public_access.issue(
                self._public_access_token(token_id),
                environment_id,
                scope_type="token.complete",
                token_id=token_id,
                expires_at=add_nanoseconds(timeout_at, round(self.settings.public_access_token_ttl * 1e9)),
                max_uses=1,
            )
        return self.require(token_id), True

    def _of_key(self, environment_id: str, key: str, fingerprint: bytes) -> TokenRow | None:
        known = self.db.one(
            "SELECT * FROM tokens WHERE environment_id = ? AND idempotency_key = ?",
            (environment_id, key),
            row=TokenRow,
        )
        if known is not None and known["fingerprint"] != fingerprint:
            raise ApiError(
                409,
                "idempotency key was already used with different request parameters",
                "idempotency_fingerprint_mismatch",
            )
        return known

    def complete(self, token: TokenRow, data: Any) -> tuple[str, TokenRow]:
        """Complete the token with an exact JSON value.

        Returns:
            `completed` or `already_completed`, and the token.

        Raises:
            ApiError: 409 or 410 depending on the token's state; 400 if the database cannot store the data.
        """
        digest = hashlib.sha256(jsontext.canonical(data)).digest()
        if token["status"] == "completed":
            if token["completion_hash"] != digest:
                raise ApiError(
                    409,
                    "token completion conflicts with existing completion",
                    "token_completion_conflict",
                )
            return "already_completed", token
        self._pending(token)
        try:
            text = jsontext.stored(data)
        except jsontext.JsonError as error:
            raise bad_request(f"data cannot be stored: {error}") from None
        with self.db.transaction():
            self._end(token["id"], "completed", Outcome("completed", text), data=text, digest=digest)
        return "completed", self.require(token["id"])

    def cancel(self, token: TokenRow) -> TokenRow:
        if token["status"] == "completed":
            raise token_not_found()  # the real server only looks for pending tokens
        self._pending(token)
        with self.db.transaction():
            self._end(token["id"], "cancelled", Outcome("cancelled"))
        return self.require(token["id"])

    def _pending(self, token: TokenRow) -> None:
        if token["status"] == "cancelled":
            raise token_cancelled()
        if token["status"] == "expired" or token["timeout_at"] <= self.clock.now():
            raise token_expired()

    def sweep(self) -> None:
        """Expire the tokens that are overdue."""
        now = self.clock.now()
        due = self.db.all(
            "SELECT id FROM tokens WHERE status = 'pending' AND timeout_at <= ? LIMIT 1000", (now,)
        )
        if due:
            with self.db.transaction():
                for token in due:
                    self._end(token["id"], "expired", Outcome("timed_out"))

    def next_due(self) -> int:
        return self._earliest("SELECT min(timeout_at) AS at FROM tokens WHERE status = 'pending'")

    def _end(
        self,
        token_id: str,
        status: str,
        outcome: Outcome,
        data: str | None = None,
        digest: bytes | None = None,
    ) -> None:
        self.db.execute(
            "UPDATE tokens SET status = ?, data = ?, completion_hash = ? WHERE id = ?",
            (status, data, digest, token_id),
        )
        for wait in self._waits.for_token(token_id):
            self._waits.end(wait, outcome)

    # --- secrets -----------------------------------------------------------------------------------

    def _callback_secret(self, token_id: str) -> str:
        return derived_secret(CALLBACK_PREFIX, self.context.server_secret, "callback", token_id)

    def _public_access_token(self, token_id: str) -> str:
        return derived_secret(PUBLIC_ACCESS_PREFIX, self.context.server_secret, "public-access", token_id)

    def secrets(self, token_id: str) -> dict[str, str]:
        """Return the credentials that only the response to a creation contains."""
        public = urlsplit(self.context.public_url)
        return {
            "callback_url": f"{public.scheme}://{public.netloc}/api/v1/tokens/{token_id}/callback/"
            + self._callback_secret(token_id),
            "public_access_token": self._public_access_token(token_id),
        }

    # --- requests ----------------------------------------------------------------------------------

    def _addressed(self, request: Request) -> TokenRow:
        """Return the token; 404 is checked before 403."""
        token = self.get(token_id_of(request), request.environment_id)
        if token is None:
            raise token_not_found()
        request.authorize()
        return token

    @handles("createToken")
    async def create_token(self, request: Request) -> Response:
        fields = await request.body("invalid token create request JSON")
        refuse_scope(fields)
        request.authorize()
        timeout = timeout_nanoseconds(fields.get("timeout"), self.settings.token_timeout)
        metadata = metadata_text(fields["metadata"]) if "metadata" in fields else "{}"
        tags = normalised_tags(fields.get("tags", []))
        key = trim(fields.get("idempotency_key", ""))
        check_idempotency_key(key)
        # `timeout_nanoseconds` has checked the timeout: a schema cannot limit the sum of its parts.
        request.check_schema(fields | {"timeout": None})
        token, new = await self.writes.run(
            lambda: self.create(
                request.environment_id,
                timeout=timeout,
                tags=tags,
                metadata=metadata,
                idempotency_key=key,
                timeout_as_written=fields.get("timeout"),
            )
        )
        return json_response(201 if new else 200, token_view(token, self.secrets(token["id"])))

    @handles("listTokens")
    async def list_tokens(self, request: Request) -> Response:
        request.refuse_scope_query()
        request.authorize()
        limit = request.integer("limit")
        filters = ["environment_id = ?"]
        parameters: list[Any] = [request.environment_id]
        if after := trim(request.query.get("after", "")) or trim(request.query.get("cursor", "")):
            token_id = parse_uuid(after)
            if token_id is None:
                raise bad_request("after must be a token UUID")
            start = self.db.one(
                "SELECT no FROM tokens WHERE id = ? AND environment_id = ?",
                (token_id, request.environment_id),
            )
            filters.append("no > ?")
            parameters.append(2**62 if start is None else start["no"])
        if state := trim(request.query.get("state", "")) or trim(request.query.get("status", "")):
            if state not in enumeration("TokenStatus"):
                raise bad_request("state must be pending, completed, expired, or cancelled")
            filters.append("status = ?")
            parameters.append(state)
        rows = self.db.all(
            f"SELECT * FROM tokens WHERE {' AND '.join(filters)} ORDER BY no LIMIT ?",  # noqa: S608  # constants only
            (*parameters, limit + 1),
            row=TokenRow,
        )
        page: dict[str, Any] = {"tokens": [token_view(row) for row in rows[:limit]]}
        if len(rows) > limit:
            page["next_cursor"] = rows[limit - 1]["id"]
        return json_response(200, page)

    @handles("getToken")
    async def get_token(self, request: Request) -> Response:
        return json_response(200, token_view(self._addressed(request)))

    @handles("completeToken")
    async def complete_token(self, request: Request) -> Response:
        fields = await request.body("invalid token complete request JSON")
        request.check_schema(fields)
        token = self._addressed(request)
        return await self._complete(token, fields)

    @handles("cancelToken")
    async def cancel_token(self, request: Request) -> Response:
        token_id = self._addressed(request)["id"]
        cancelled = await self.writes.run(lambda: self.cancel(self.require(token_id)))
        return json_response(200, token_view(cancelled))

    def knows_public_token(self, request: Request) -> bool:
        """Return whether the request has a public access token of this server."""
        return self._public_access.knows_caller(request)

    @handles("completeTokenWithPublicAccessToken", knows_caller=knows_public_token)
    async def complete_with_public_access_token(self, request: Request) -> Response:
        fields = await request.body("invalid token complete request JSON")
        request.check_schema(fields)
        token = self.require(token_id_of(request))
        credential = bearer(request.headers)
        if credential is None:
            raise scope_denied(401)
        access = self._public_access.find(credential)
        if access["token_id"] != token["id"]:
            raise scope_denied(403)
        return await self._complete(token, fields, access)

    def knows_callback(self, request: Request) -> bool:
        """Return whether the request has the secret of the token's callback URL."""
        token_id = parse_uuid(request.parameters["token_id"])
        token = None if token_id is None else self.get(token_id)
        secret = trim(request.parameters["callback_secret"])
        return token is not None and token["callback_hash"] == hash_secret(secret)

    @handles("completeTokenByCallback", knows_caller=knows_callback)
    async def complete_by_callback(self, request: Request) -> Response:
        fields = await request.body("invalid token callback request JSON")
        request.check_schema(fields)
        token = self.get(token_id_of(request))
        secret = trim(request.parameters["callback_secret"])
        if (
            token is None
            or token["status"] not in ("pending", "completed")
            or token["callback_hash"] != hash_secret(secret)
        ):
            raise scope_denied(401)
        if token["status"] == "pending" and token["timeout_at"] <= self.clock.now():
            raise token_expired()
        return await self._complete(token, fields)

    async def _complete(
        self, token: TokenRow, fields: dict[str, Any], access: AccessRow | None = None
    ) -> Response:
        """Complete the token; this uses up one use of the public access token, if one was sent."""

        def complete() -> tuple[str, TokenRow]:
            status, completed = self.complete(self.require(token["id"]), fields.get("data"))
            if access is not None and status == "completed":
                self._public_access.use(access)
            return status, completed

        status, completed = await self.writes.run(complete)
        return json_response(200, {"status": status, "token": token_view(completed)})


def token_view(token: TokenRow, secrets: dict[str, str] | None = None) -> dict[str, Any]:
    view: dict[str, Any] = {"id": token["id"], "status": token["status"]}
    if secrets is not None:
        view |= secrets
    view["timeout_at"] = format_time(token["timeout_at"])
    if token["data"] is not None:
        view["data"] = jsontext.raw(token["data"])
    if token["tags"] != "[]":
        view["tags"] = jsontext.raw(token["tags"])
    view["metadata"] = jsontext.raw(token["metadata"])
    return view


def token_id_of(request: Request) -> str:
    """Return the id in the path.

    Raises:
        ApiError: 400 if it is not a UUID.
    """
    return check_uuid(request.parameters["token_id"], "tokenID")


# --- the timeout ------------------------------------------------------------------------------------

_PARTS = {"milliseconds": 1e6, "seconds": 1e9, "minutes": 60e9, "hours": 3600e9}
_FORM = "timeout must be a duration string, number, or object"


def _number(value: Any) -> float | None:
    """Parse a JSON number as a float, infinite if out of range. Return None for anything else."""
    if isinstance(value, jsontext.Raw):
        return float(bytes(value))
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _duration(text: str) -> int:
    nanoseconds = positive_duration(trim(text))
    if nanoseconds is None:
        raise bad_request("timeout must be a positive duration")
    return nanoseconds


def timeout_nanoseconds(value: Any, default: float) -> int:
    """Return the token's lifetime, given in any of the accepted forms."""
    if value is None:
        return round(default * 1e9)
    if isinstance(value, str):
        return _duration(value)
    number = _number(value)
    if number is not None:
        return _positive(number * 1e6)
    if not isinstance(value, dict):
        raise bad_request(_FORM)
    total = 0.0
    for sent, part in cast("dict[str, Any]", value).items():
        name = sent.lower()
        if part is None or name not in (*_PARTS, "duration"):
            continue
        if name == "duration":
            if not isinstance(part, str):
                raise bad_request(_FORM)
            total += _duration(part)
            continue
        length = _number(part)
        if length is None:
            raise bad_request(_FORM)
        total += length * _PARTS[name]
    return _positive(total)


def _positive(nanoseconds: float) -> int:
    # The real server computes with 64 bits, and its result beyond that is undefined. NaN is refused as well.
    if not 1 <= nanoseconds < 2.0**63:
        raise bad_request("timeout must be positive")
    return int(nanoseconds)
