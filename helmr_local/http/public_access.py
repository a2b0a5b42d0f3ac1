"""Public access tokens for streams: making them, and the routes that they open."""

from __future__ import annotations

from typing import Any

from ..bodies import INT32, STRING, TIME, Body
from ..engine.public_access import PublicAccess
from ..engine.starts import check_external_id, no_nul
from ..engine.streams import STREAM_NAME, STREAM_NAME_MESSAGE
from ..errors import bad_request, scope_denied, stream_not_found, token_expired
from ..golang import printable, quote, trim
from ..ids import parse_uuid
from ..store import Row
from ..times import LATEST, add_nanoseconds, format_time
from .call import (
    Answer,
    Call,
    Endpoints,
    bearer,
    json_answer,
    knows_public_access_token,
    refuse_scope,
)
from .sessions import address_of, both
from .streams import APPEND, Append, append_input, correlation_filter, read_output, stream_name

endpoints = Endpoints()

_SESSION = Body("SessionAddress", {"type": STRING, "id": STRING, "external_id": STRING})
_SCOPE = Body(
    "PublicAccessTokenScope",
    {"type": STRING, "session": _SESSION, "stream": STRING, "correlation_id": STRING},
)
CREATE = Body(
    "CreatePublicAccessTokenRequest",
    {
        "scope": _SCOPE,
        "expires_at": TIME,
        "max_uses": INT32,
        "project_id": STRING,
        "environment_id": STRING,
    },
    "invalid public access token create request JSON",
)
# Scope type -> direction of its stream, scope that the issuing key needs.
SCOPES = {
    "session.input.send": ("input", "session-input:send"),
    "session.output.read": ("output", "session-streams:read"),
}


def _session_address(session: dict[str, Any]) -> tuple[str | None, str]:
    """The session's id or its external id, whichever the request gives."""
    form = trim(session.get("type", ""))
    if form == "id":
        session_id = parse_uuid(trim(session.get("id", "")))
        if session_id is None:
            raise bad_request("session.id must be a UUID")
        return session_id, ""
    if form != "external_id":
        raise bad_request("session.type must be id or external_id")
    external_id = trim(session.get("external_id", ""))
    if not external_id:
        raise bad_request("external_id is required")
    check_external_id(external_id)
    return None, external_id


@endpoints.add("createPublicAccessToken")
async def create_public_access_token(call: Call) -> Answer:
    decoded = await call.body(CREATE)
    engine, scope = call.engine, decoded.get("scope", {})
    session_id, external_id = _session_address(scope.get("session", {}))
    scope_type = trim(scope.get("type", ""))
    if scope_type not in SCOPES:
        raise bad_request(f"unsupported public access token scope type {quote(printable(scope_type))}")
    direction, needed = SCOPES[scope_type]
    name = trim(scope.get("stream", ""))
    if not STREAM_NAME.fullmatch(name):
        raise bad_request(STREAM_NAME_MESSAGE)
    refuse_scope(decoded)
    session = (
        engine.sessions.by_external_id(external_id, call.environment_id)
        if session_id is None
        else engine.sessions.get(session_id, call.environment_id)
    )
    if session is None:
        raise stream_not_found()
    call.require(needed)
    engine.streams.known(session, name, direction)
    now = engine.clock.now()
    expires_at = add_nanoseconds(now, round(engine.settings.public_access_token_ttl * 1e9))
    if "expires_at" in decoded:
        expires_at = min(decoded["expires_at"] // 1_000, LATEST)
        if expires_at <= now:
            raise token_expired()
    max_uses = decoded.get("max_uses")
    if max_uses is not None and max_uses < 1:
        raise bad_request("max_uses must be a positive integer")
    correlation_id = trim(scope.get("correlation_id", ""))
    no_nul(correlation_id, "scope.correlation_id")
    call.judge(CREATE, decoded)
    row, secret = await engine.writes.run(
        lambda: engine.public_access.create(
            call.environment_id,
            scope_type=scope_type,
            session_id=session["id"],
            stream_no=engine.streams.resolve(session, name, direction)["no"],
            correlation_id=correlation_id,
            expires_at=expires_at,
            max_uses=max_uses,
        )
    )
    shown: dict[str, Any] = {
        "type": scope_type,
        "session": {"type": "id", "id": session["id"]},
        "stream": name,
    }
    if correlation_id:
        shown["correlation_id"] = correlation_id
    view: dict[str, Any] = {
        "id": row["id"],
        "public_access_token": secret,
        "scope": shown,
        "expires_at": format_time(expires_at),
    }
    if max_uses is not None:
        view["max_uses"] = max_uses
    view["created_at"] = format_time(row["created_at"])
    return json_answer(201, view)


# --- the routes that a token opens -----------------------------------------------------------------


def _opened(call: Call, scope_type: str, correlation_id: str) -> tuple[Row, Row, Row]:
    """The token, session and stream of a public request.

    Raises:
        ApiError: In the contract's order of checks.
    """
    engine, credential = call.engine, bearer(call.headers)
    if credential is None:
        raise scope_denied(401)
    address = address_of(call)
    name = stream_name(call)
    access = engine.public_access.find(credential)
    session = address.find(engine, access["environment_id"])
    if session is None:
        raise stream_not_found()
    stream = engine.streams.find(session, name, SCOPES[scope_type][0])
    if stream is None:
        raise stream_not_found()
    if access["scope_type"] != scope_type or access["stream_no"] != stream["no"]:
        raise scope_denied(403)
    if access["correlation_id"] not in ("", correlation_id):
        raise scope_denied(403)
    return access, session, stream


@endpoints.add(
    "appendInputRecordWithPublicAccessToken",
    "appendInputRecordWithPublicAccessTokenByExternalId",
    public=True,
    cors="POST, OPTIONS",
    recognises=knows_public_access_token,
)
async def append_input_record(call: Call) -> Answer:
    decoded = await call.body(APPEND)
    request = Append.of(decoded)
    access, session, stream = _opened(call, "session.input.send", request.correlation_id)
    engine = call.engine

    def append() -> dict[str, Any]:
        engine.public_access.use(access)
        view = append_input(call, engine.sessions.require(session["id"]), stream, request)
        call.judge(APPEND, decoded)
        return view

    return json_answer(201, await engine.writes.run(append))


@endpoints.add(
    "readOutputRecordWithPublicAccessToken",
    "readOutputRecordWithPublicAccessTokenByExternalId",
    public=True,
    cors="GET, OPTIONS",
)
async def read_output_record(call: Call) -> Answer:
    access, _, stream = _opened(call, "session.output.read", correlation_filter(call))

    def read() -> dict[str, Any]:
        call.engine.public_access.use(access)
        return read_output(call, stream)

    return json_answer(200, await call.engine.writes.run(read))


@endpoints.add(
    "preflightCompleteToken",
    "preflightAppendInputRecord",
    "preflightAppendInputRecordByExternalId",
    public=True,
    cors="POST, OPTIONS",
)
async def preflight_post(call: Call) -> Answer:
    return Answer(204)


@endpoints.add(
    "preflightReadOutputRecord", "preflightReadOutputRecordByExternalId", public=True, cors="GET, OPTIONS"
)
async def preflight_get(call: Call) -> Answer:
    return Answer(204)


__all__ = ["PublicAccess", "both", "endpoints"]
