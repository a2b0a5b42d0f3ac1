"""`/api/tokens`, and completing a token without an API key."""

from __future__ import annotations

import math
from typing import Any, cast

from .. import golang, jsontext
from ..bodies import ANY, STRING, STRINGS, Body
from ..engine.starts import check_idempotency_key, metadata_text, normalised_tags
from ..engine.tokens import token_view
from ..errors import bad_request, permission_required, scope_denied, token_expired, token_not_found
from ..golang import trim
from ..ids import parse_uuid
from ..keys import hash_secret
from ..store import Row
from .call import (
    Answer,
    Call,
    Endpoints,
    bearer,
    json_answer,
    knows_public_access_token,
    refuse_scope,
)

endpoints = Endpoints()

CREATE = Body(
    "CreateTokenRequest",
    {
        "timeout": ANY,
        "tags": STRINGS,
        "metadata": ANY,
        "idempotency_key": STRING,
        "project_id": STRING,
        "environment_id": STRING,
    },
    "invalid token create request JSON",
)
COMPLETE = Body("CompleteTokenRequest", {"data": ANY}, "invalid token complete request JSON")
CALLBACK = Body("CompleteTokenRequest", {"data": ANY}, "invalid token callback request JSON")

_PARTS = {"milliseconds": 1e6, "seconds": 1e9, "minutes": 60e9, "hours": 3600e9}
_FORM = "timeout must be a duration string, number, or object"


def _number(value: Any) -> float | None:
    """A JSON number as a float, which is infinite where the number is beyond it; None for anything else."""
    if isinstance(value, jsontext.Raw):
        return float(bytes(value))
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _duration(text: str) -> int:
    nanoseconds = golang.positive_duration(trim(text))
    if nanoseconds is None:
        raise bad_request("timeout must be a positive duration")
    return nanoseconds


def timeout_nanoseconds(value: Any, default: float) -> int:
    """The token's lifetime in whichever form it was given."""
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
    # The real server counts in 64 bits, beyond which its result is undefined. No number is out of that, too.
    if not 1 <= nanoseconds < 2.0**63:
        raise bad_request("timeout must be positive")
    return int(nanoseconds)


def _token_id(call: Call) -> str:
    token_id = parse_uuid(call.parameters["token_id"])
    if token_id is None:
        raise bad_request("tokenID must be a UUID")
    return token_id


def _token(call: Call, scope: str) -> Row:
    """The token: 404 comes before 403."""
    token = call.engine.tokens.get(_token_id(call), call.environment_id)
    if token is None:
        raise token_not_found()
    if scope not in call.actor.scopes:
        raise permission_required()
    return token


@endpoints.add("createToken")
async def create_token(call: Call) -> Answer:
    decoded = await call.body(CREATE)
    refuse_scope(decoded)
    call.require("tokens:create")
    engine = call.engine
    timeout = timeout_nanoseconds(decoded.get("timeout"), engine.settings.token_timeout)
    metadata = metadata_text(decoded["metadata"]) if "metadata" in decoded else "{}"
    tags = normalised_tags(decoded.get("tags", []))
    key = trim(decoded.get("idempotency_key", ""))
    check_idempotency_key(key)
    # `timeout_nanoseconds` has judged the timeout: a schema cannot say what the sum of its parts may be.
    call.judge(CREATE, decoded | {"timeout": None})
    token, new = await engine.writes.run(
        lambda: engine.tokens.create(
            call.environment_id,
            timeout=timeout,
            tags=tags,
            metadata=metadata,
            idempotency_key=key,
            timeout_as_written=decoded.get("timeout"),
        )
    )
    return json_answer(201 if new else 200, token_view(token, engine.tokens.secrets(token["id"])))


@endpoints.add("listTokens")
async def list_tokens(call: Call) -> Answer:
    call.refuse_scope_query()
    call.require("tokens:read")
    limit = call.integer("limit", 100, 1, 500)
    db = call.engine.db
    filters = ["environment_id = ?"]
    parameters: list[Any] = [call.environment_id]
    if after := trim(call.query.get("after", "")) or trim(call.query.get("cursor", "")):
        token_id = parse_uuid(after)
        if token_id is None:
            raise bad_request("after must be a token UUID")
        start = db.one(
            "SELECT no FROM tokens WHERE id = ? AND environment_id = ?", (token_id, call.environment_id)
        )
        filters.append("no > ?")
        parameters.append(2**62 if start is None else start["no"])
    if state := trim(call.query.get("state", "")) or trim(call.query.get("status", "")):
        if state not in ("pending", "completed", "expired", "cancelled"):
            raise bad_request("state must be pending, completed, expired, or cancelled")
        filters.append("status = ?")
        parameters.append(state)
    rows = db.all(
        f"SELECT * FROM tokens WHERE {' AND '.join(filters)} ORDER BY no LIMIT ?",  # noqa: S608  # constants only
        (*parameters, limit + 1),
    )
    page: dict[str, Any] = {"tokens": [token_view(row) for row in rows[:limit]]}
    if len(rows) > limit:
        page["next_cursor"] = rows[limit - 1]["id"]
    return json_answer(200, page)


@endpoints.add("getToken")
async def get_token(call: Call) -> Answer:
    return json_answer(200, token_view(_token(call, "tokens:read")))


def _completion(status: str, token: Row) -> Answer:
    return json_answer(200, {"status": status, "token": token_view(token)})


@endpoints.add("completeToken")
async def complete_token(call: Call) -> Answer:
    decoded = await call.body(COMPLETE)
    call.judge(COMPLETE, decoded)
    token = _token(call, "tokens:complete")
    return _completion(*await _completed(call, token, decoded))


async def _completed(call: Call, token: Row, decoded: dict[str, Any]) -> tuple[str, Row]:
    tokens = call.engine.tokens
    return await call.engine.writes.run(
        lambda: tokens.complete(tokens.require(token["id"]), decoded.get("data"))
    )


@endpoints.add("cancelToken")
async def cancel_token(call: Call) -> Answer:
    tokens, token_id = call.engine.tokens, _token(call, "tokens:cancel")["id"]
    cancelled = await call.engine.writes.run(lambda: tokens.cancel(tokens.require(token_id)))
    return json_answer(200, token_view(cancelled))


# --- without an API key ----------------------------------------------------------------------------


def _callback_is_known(call: Call) -> bool:
    token_id = parse_uuid(call.parameters["token_id"])
    token = None if token_id is None else call.engine.tokens.get(token_id)
    return token is not None and token["callback_hash"] == hash_secret(
        trim(call.parameters["callback_secret"])
    )


@endpoints.add(
    "completeTokenWithPublicAccessToken",
    public=True,
    cors="POST, OPTIONS",
    recognises=knows_public_access_token,
)
async def complete_with_public_access_token(call: Call) -> Answer:
    decoded = await call.body(COMPLETE)
    call.judge(COMPLETE, decoded)
    engine = call.engine
    token = engine.tokens.require(_token_id(call))
    credential = bearer(call.headers)
    if credential is None:
        raise scope_denied(401)
    access = engine.public_access.find(credential)
    if access["token_id"] != token["id"]:
        raise scope_denied(403)

    def complete() -> tuple[str, Row]:
        status, completed = engine.tokens.complete(engine.tokens.require(token["id"]), decoded.get("data"))
        if status == "completed":
            engine.public_access.use(access)
        return status, completed

    return _completion(*await engine.writes.run(complete))


@endpoints.add("completeTokenByCallback", public=True, recognises=_callback_is_known)
async def complete_by_callback(call: Call) -> Answer:
    decoded = await call.body(CALLBACK)
    call.judge(CALLBACK, decoded)
    engine = call.engine
    token = engine.tokens.get(_token_id(call))
    secret = trim(call.parameters["callback_secret"])
    if (
        token is None
        or token["status"] not in ("pending", "completed")
        or token["callback_hash"] != hash_secret(secret)
    ):
        raise scope_denied(401)
    if token["status"] == "pending" and token["timeout_at"] <= engine.clock.now():
        raise token_expired()
    return _completion(*await _completed(call, token, decoded))
