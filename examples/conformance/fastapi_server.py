"""A Helmr control plane with five operations, as a starting point for your own.

It starts, gets, lists and cancels sessions, and gets runs. They are kept in memory, and no worker executes
the runs. Serve it and test it against the contract:

    HELMR_API_KEY=hlmr_sk_... uvicorn examples.conformance.fastapi_server:app --port 8080
    HELMR_API_KEY=hlmr_sk_... helmr-contract --url http://127.0.0.1:8080 \\
        --operations startSession,getSession,listSessions,cancelSession,getRun
"""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeGuard

from fastapi import FastAPI, Request, Response

API_VERSION = "2026-06-06"
TASKS = {"helmr-contract-probe"}  # the deployed tasks
PROJECT, ENVIRONMENT, DEPLOYMENT, DEPLOYMENT_TASK = (str(uuid.uuid4()) for _ in range(4))
TASK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
sessions: dict[str, dict[str, Any]] = {}  # most recently updated last
starts: dict[str, tuple[str, str]] = {}  # external id → task and parameters of its start
keys: dict[tuple[str, str], tuple[str, str]] = {}  # (task, idempotency key) → parameters and session
runs: dict[str, dict[str, Any]] = {}


class Refused(Exception):
    """An error as the contract defines it."""

    def __init__(self, status: int, error: str, code: str | None = None) -> None:
        self.status, self.error, self.code = status, error, code


def reply(status: int, body: dict[str, Any]) -> Response:
    """JSON as the contract formats it."""
    return Response(
        json.dumps(body, ensure_ascii=False) + "\n",
        status,
        {"Content-Type": "application/json", "Helmr-API-Version": API_VERSION},
    )


@app.exception_handler(Refused)
async def refuse(_: Request, error: Refused) -> Response:
    return reply(error.status, {"error": error.error} | ({"code": error.code} if error.code else {}))


@app.middleware("http")
async def check(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    """Check the version, then the key, of every request."""
    if request.headers.get("helmr-api-version", API_VERSION) != API_VERSION:
        return reply(400, {"error": "unsupported api version", "code": "unsupported_api_version"})
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or key.strip() != os.environ["HELMR_API_KEY"]:
        return reply(401, {"error": "authentication is required"})
    return await go_on(request)


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


async def object_in(request: Request, *, empty_allowed: bool = False) -> dict[str, Any]:
    """Return the JSON object in the body of a request."""
    content = await request.body()
    try:
        body: Any = json.loads(content) if content or not empty_allowed else {}
    except ValueError:
        raise Refused(400, "invalid JSON") from None
    if not is_object(body):
        raise Refused(400, "invalid JSON: not an object")
    return body


def text_in(body: dict[str, Any], name: str) -> str:
    """Return a field of the body as a stripped string; empty if it is null or missing."""
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or (name != "idempotency_key" and "\0" in value):
        raise Refused(400, f"invalid {name}")
    if len(value.strip().encode()) > 512:
        raise Refused(400, f"{name} must be at most 512 bytes")
    return value.strip()


def found(things: dict[str, dict[str, Any]], identifier: str, what: str) -> dict[str, Any]:
    try:
        canonical = str(uuid.UUID(identifier.strip()))
    except ValueError:
        raise Refused(400, f"{what}_id must be a UUID") from None
    if canonical not in things:
        raise Refused(404, f"{what} not found")
    return things[canonical]


@app.post("/api/sessions")
async def start_session(request: Request) -> Response:
    body = await object_in(request)
    task = text_in(body, "task_id")
    if not TASK_ID.fullmatch(task):
        raise Refused(400, "task_id is invalid")
    key, external_id = text_in(body, "idempotency_key"), text_in(body, "external_id")
    metadata: Any = body.get("metadata", {})
    tags: Any = body.get("tags") or []
    if not is_object(metadata):
        raise Refused(400, "metadata must be an object")
    if not is_list(tags) or not all(isinstance(tag, str) for tag in tags) or len(tags) > 10:
        raise Refused(400, "tags must be at most 10 strings")
    compared = {
        name: body.get(name) for name in ("payload", "ttl", "queue", "priority", "expires_at", "retry")
    }
    parameters = json.dumps(compared | {"task_id": task}, sort_keys=True)
    if key and (task, key) in keys:
        return reused(*keys[task, key], parameters, "idempotency_fingerprint_mismatch")
    if external_id in starts:
        if sessions[starts[external_id][1]]["status"] != "open":
            raise Refused(409, "session is terminal", "session_terminal")
        return reused(*starts[external_id], parameters, "session_fingerprint_mismatch")
    if task not in TASKS:
        raise Refused(409, "task_not_deployed", "task_not_deployed")
    session, run = new_session(task, external_id, metadata, sorted(set(tags)))
    if external_id:
        starts[external_id] = parameters, session["id"]
    if key:
        keys[task, key] = parameters, session["id"]
    return reply(201, {"session": session, "run": run})


def reused(known: str, session_id: str, parameters: str, mismatch: str) -> Response:
    if known != parameters:
        raise Refused(409, mismatch, mismatch)
    session = sessions[session_id]
    return reply(200, {"session": session, "run": runs[session["current_run_id"]], "is_cached": True})


def new_session(
    task: str, external_id: str, metadata: dict[str, Any], tags: list[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    time, session_id, run_id = now(), str(uuid.uuid4()), str(uuid.uuid4())
    both = {
        "project_id": PROJECT,
        "environment_id": ENVIRONMENT,
        "task_id": task,
        "metadata": metadata,
        "created_at": time,
        "updated_at": time,
    }
    sessions[session_id] = both | {
        "id": session_id,
        "initial_deployment_id": DEPLOYMENT,
        "active_deployment_id": DEPLOYMENT,
        "status": "open",
        "activity": "queued",
        "can_close": False,
        "current_run_id": run_id,
        "terminal_reason": {},
        **({"external_id": external_id} if external_id else {}),
        **({"tags": tags} if tags else {}),
    }
    runs[run_id] = both | {
        "id": run_id,
        "session_id": session_id,
        "deployment_id": DEPLOYMENT,
        "deployment_task_id": DEPLOYMENT_TASK,
        "version": "1",
        "deployment_version": "1",
        "api_version": API_VERSION,
        "status": "queued",
        "attempt_number": 1,
        "exit_code": None,
    }
    return sessions[session_id], runs[run_id]


@app.get("/api/sessions")
async def list_sessions(request: Request) -> Response:
    query = {name: value.strip() for name, value in reversed(request.query_params.multi_items())}
    limit = query.get("limit") or "100"
    if not limit.isdecimal() or not 1 <= int(limit) <= 200:
        raise Refused(400, "limit must be between 1 and 200")
    wanted = {name: query[name] for name in ("status", "task_id", "external_id") if query.get(name)}
    matching = [session for session in reversed(sessions.values()) if wanted.items() <= session.items()]
    return reply(200, {"sessions": matching[: int(limit)]})


@app.get("/api/sessions/{session_id}")
async def get_session(session_id: str) -> Response:
    return reply(200, found(sessions, session_id, "session"))


@app.post("/api/sessions/{session_id}/cancel")
async def cancel_session(session_id: str, request: Request) -> Response:
    session = found(sessions, session_id, "session")
    body = await object_in(request, empty_allowed=True)
    if set(body) - {"reason"}:
        raise Refused(400, "invalid session cancel JSON")
    reason = text_in(body, "reason") or "cancelled"
    if session["status"] == "open":
        error = {"name": "TaskCancelled", "message": reason, "details": {"origin": "api"}}
        ended = {"status": "cancelled", "activity": "idle", "updated_at": now(), "error": error}
        sessions[session["id"]] = sessions.pop(session["id"]) | ended
        sessions[session["id"]]["terminal_reason"] = {"reason": reason, "origin": "api"}
        runs[session["current_run_id"]] |= {"status": "cancelled", "updated_at": now()}
    return reply(200, sessions[session["id"]])


@app.get("/api/runs/{run_id}")
async def get_run(run_id: str) -> Response:
    return reply(200, found(runs, run_id, "run"))
