"""`/api/sessions`: start, list, and everything about one session but its streams."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from ..bodies import ANY, DURATION, INT32, STRING, STRINGS, TIME, Body
from ..engine import Engine
from ..engine.events import run_topic
from ..engine.runs import TERMINAL, run_view, session_run_view
from ..engine.starts import (
    Started,
    check_external_id,
    check_task_id,
    metadata_text,
    no_nul,
    normalised_tags,
    tags_text,
)
from ..errors import bad_request, session_not_found
from ..golang import trim
from ..ids import parse_uuid
from ..store import Row
from ..times import LATEST
from .call import Answer, Call, Endpoints, json_answer, refuse_scope

endpoints = Endpoints()

_START_MEMBERS: dict[str, str | Body] = {
    "task_id": STRING,
    "payload": ANY,
    "external_id": STRING,
    "workspace_id": STRING,
    "metadata": ANY,
    "tags": STRINGS,
    "queue": Body("SessionStartRequest.queue", {"name": STRING}),
    "concurrency_key": STRING,
    "priority": INT32,
    "ttl": DURATION,
    "max_duration_seconds": INT32,
    "retry": ANY,
    "idempotency_key": STRING,
    "idempotency_key_ttl": DURATION,
    "expires_at": TIME,
    "project_id": STRING,
    "environment_id": STRING,
}
_FORBIDDEN = (
    ("options", "options wrapper is not accepted for session start"),
    *(
        (name, f"{name} is not accepted for session start")
        for name in ("bundle", "source", "deployment_id", "version")
    ),
)
START = Body("SessionStartRequest", _START_MEMBERS, "invalid session start request JSON", False, _FORBIDDEN)
START_AND_WAIT = Body(
    "SessionStartRequest", _START_MEMBERS, "invalid session start-and-wait request JSON", False, _FORBIDDEN
)
PATCH = Body(
    "SessionPatchRequest",
    {"metadata": ANY, "tags": STRINGS, "expires_at": TIME},
    "invalid session patch JSON",
)
CLOSE = Body("SessionCloseRequest", {"reason": STRING}, "invalid session close JSON")
CANCEL = Body("SessionCancelRequest", {"reason": STRING}, "invalid session cancel JSON")


# --- addressing ------------------------------------------------------------------------------------


def external_id_of(call: Call) -> str:
    """The external id that the query names."""
    external_id = trim(call.query.get("external_id", ""))
    if not external_id:
        raise bad_request("external_id is required")
    check_external_id(external_id)
    return external_id


@dataclass(frozen=True)
class Address:
    """How a request names its session: by exactly one of the two."""

    id: str | None = None
    external_id: str = ""

    def find(self, engine: Engine, environment_id: str) -> Row | None:
        if self.id is None:
            return engine.sessions.by_external_id(self.external_id, environment_id)
        return engine.sessions.get(self.id, environment_id)


def address_of(call: Call) -> Address:
    """The session that the path or the query names; a blank session id leaves it to the query.

    Raises:
        ApiError: 400, the id or the external id is invalid.
    """
    text = trim(call.parameters.get("session_id", ""))
    if not text:
        return Address(external_id=external_id_of(call))
    session_id = parse_uuid(text)
    if session_id is None:
        raise bad_request("sessionID must be a UUID")
    return Address(session_id)


def find_session(call: Call, environment_id: str) -> Row | None:
    """The session that the path or the query names, in that environment."""
    return address_of(call).find(call.engine, environment_id)


def addressed(call: Call, scope: str) -> Row:
    """The session, if it is there and the key may touch it: 404 comes before 403."""
    session = find_session(call, call.environment_id)
    if session is None:
        raise session_not_found()
    call.require(scope)
    return session


def both(name: str) -> tuple[str, str]:
    """The operation by id and its twin by external id."""
    return name, name + "ByExternalId"


# --- start -----------------------------------------------------------------------------------------


async def _start(call: Call, body: Body) -> Started:
    decoded = await call.body(body)
    task_id = check_task_id(decoded.get("task_id", ""))
    refuse_scope(decoded)
    call.require("runs:create")
    headers = call.headers

    def start() -> Started:
        return call.engine.starts.start(
            call.actor,
            task_id,
            decoded,
            sdk_version=trim(headers.get("helmr-sdk-version", "")),
            cli_version=trim(headers.get("helmr-cli-version", ""))
            or trim(headers.get("helmr-client-version", "")),
            judge=lambda: call.judge(body, decoded),
        )

    return await call.engine.writes.run(start)


def _start_view(call: Call, started: Started, *, new: bool = False) -> dict[str, Any]:
    view: dict[str, Any] = {
        "session": call.engine.sessions.view(started.session, started.run, new=new, replay=started.replay),
        "run": run_view(started.run),
    }
    if started.is_cached:
        view["is_cached"] = True
    return view


@endpoints.add("startSession")
async def start_session(call: Call) -> Answer:
    started = await _start(call, START)
    return json_answer(started.status, _start_view(call, started, new=started.status == 201))


@endpoints.add("startSessionAndWait")
async def start_session_and_wait(call: Call) -> Answer:
    started = await _start(call, START_AND_WAIT)
    engine, run_id = call.engine, started.run["id"]
    until = asyncio.get_running_loop().time() + engine.settings.start_and_wait
    with engine.notifier.following(run_topic(run_id)) as news:
        while True:
            news.clear()
            started.run = engine.runs.require(run_id)
            left = until - asyncio.get_running_loop().time()
            if started.run["status"] in TERMINAL or left <= 0 or engine.notifier.closing:
                break
            try:
                async with asyncio.timeout(left):
                    await news.wait()
            except TimeoutError:
                continue
    started.session = engine.sessions.require(started.session["id"])
    view = _start_view(call, started)
    if started.run["status"] not in TERMINAL:
        view["timed_out"] = True
    return json_answer(200, view)


# --- list and item ---------------------------------------------------------------------------------


@endpoints.add("listSessions")
async def list_sessions(call: Call) -> Answer:
    call.refuse_scope_query()
    call.require("runs:read")
    limit = call.integer("limit", 100, 1, 200)
    external_id = trim(call.query.get("external_id", ""))
    check_external_id(external_id)
    filters, parameters = ["environment_id = ?"], [call.environment_id]
    for name in ("status", "task_id"):
        value = trim(call.query.get(name, ""))
        no_nul(value, name)
        if value:
            filters.append(f"{name} = ?")
            parameters.append(value)
    if external_id:
        filters.append("external_id = ?")
        parameters.append(external_id)
    rows = call.engine.db.all(
        f"SELECT * FROM sessions WHERE {' AND '.join(filters)}"  # noqa: S608  # the names are constants
        " ORDER BY updated_at DESC, id DESC LIMIT ?",
        (*parameters, limit),
    )
    return json_answer(200, {"sessions": [call.engine.sessions.view(row) for row in rows]})


@endpoints.add(*both("getSession"))
async def get_session(call: Call) -> Answer:
    return json_answer(200, call.engine.sessions.view(addressed(call, "runs:read")))


@endpoints.add(*both("updateSession"))
async def update_session(call: Call) -> Answer:
    session = addressed(call, "runs:manage")
    decoded = await call.body(PATCH)
    metadata = metadata_text(decoded["metadata"]) if "metadata" in decoded else None
    tags = tags_text(normalised_tags(decoded["tags"])) if "tags" in decoded else None
    expires_at = min(decoded["expires_at"] // 1_000, LATEST) if "expires_at" in decoded else None
    call.judge(PATCH, decoded)
    sessions = call.engine.sessions
    updated = await call.engine.writes.run(
        lambda: sessions.patch(
            sessions.require(session["id"]), metadata=metadata, tags=tags, expires_at=expires_at
        )
    )
    return json_answer(200, call.engine.sessions.view(updated))


def _reason(decoded: dict[str, Any]) -> str:
    reason = trim(decoded.get("reason", ""))
    no_nul(reason, "reason")
    return reason


@endpoints.add(*both("closeSession"))
async def close_session(call: Call) -> Answer:
    session = addressed(call, "runs:manage")
    decoded = await call.body(CLOSE)
    reason = _reason(decoded)
    call.judge(CLOSE, decoded)
    sessions = call.engine.sessions
    closed = await call.engine.writes.run(lambda: sessions.close(sessions.require(session["id"]), reason))
    return json_answer(200, call.engine.sessions.view(closed))


@endpoints.add(*both("cancelSession"))
async def cancel_session(call: Call) -> Answer:
    session = addressed(call, "runs:manage")
    decoded = await call.body(CANCEL)
    reason = _reason(decoded)
    call.judge(CANCEL, decoded)
    sessions = call.engine.sessions
    cancelled = await call.engine.writes.run(lambda: sessions.cancel(sessions.require(session["id"]), reason))
    return json_answer(200, call.engine.sessions.view(cancelled))


@endpoints.add(*both("listSessionRuns"))
async def list_session_runs(call: Call) -> Answer:
    session = addressed(call, "runs:read")
    runs = call.engine.db.all(
        "SELECT * FROM runs WHERE session_id = ? ORDER BY turn_index, created_at", (session["id"],)
    )
    return json_answer(200, {"runs": [session_run_view(run) for run in runs]})
