"""Responses of a control plane, for tests in which a function is the server."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx

RUN_ID = "0197b5a0-0000-7000-8000-000000000001"
SESSION_ID = "0197b5a0-0000-7000-8000-000000000002"
TOKEN_ID = "0197b5a0-0000-7000-8000-000000000003"
STREAM_ID = "0197b5a0-0000-7000-8000-000000000004"
OTHER_ID = "0197b5a0-0000-7000-8000-000000000009"
TIME = "2026-06-06T10:00:00.123456Z"


def run(status: str = "queued", **more: Any) -> dict[str, Any]:
    return {
        "id": RUN_ID,
        "project_id": OTHER_ID,
        "environment_id": OTHER_ID,
        "deployment_id": OTHER_ID,
        "deployment_task_id": OTHER_ID,
        "session_id": SESSION_ID,
        "version": "20260606.1",
        "deployment_version": "20260606.1",
        "api_version": "2026-06-06",
        "task_id": "greet",
        "status": status,
        "metadata": {},
        "attempt_number": 1,
        "exit_code": 0 if status == "succeeded" else None,
        "created_at": TIME,
        "updated_at": TIME,
        **more,
    }


def session(status: str = "open", **more: Any) -> dict[str, Any]:
    return {
        "id": SESSION_ID,
        "project_id": OTHER_ID,
        "environment_id": OTHER_ID,
        "task_id": "greet",
        "initial_deployment_id": OTHER_ID,
        "active_deployment_id": OTHER_ID,
        "status": status,
        "activity": "queued",
        "can_close": False,
        "current_run_id": RUN_ID,
        "workspace_id": OTHER_ID,
        "metadata": {},
        "terminal_reason": {},
        "created_at": TIME,
        "updated_at": TIME,
        **more,
    }


def start(run_status: str = "queued", **more: Any) -> dict[str, Any]:
    return {"session": session(), "run": run(run_status), **more}


def token(status: str = "pending", **more: Any) -> dict[str, Any]:
    return {
        "id": TOKEN_ID,
        "status": status,
        "timeout_at": "2026-06-06T11:00:00Z",
        "metadata": {},
        **more,
    }


def record(sequence: int = 1, data: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "id": OTHER_ID,
        "stream_id": STREAM_ID,
        "sequence": sequence,
        "data": data,
        "content_type": "application/json",
        "created_at": TIME,
        **more,
    }


def appended(sequence: int = 1, data: Any = None, status: str = "created", **more: Any) -> dict[str, Any]:
    return {"record": record(sequence, data), "idempotency_status": status, **more}


def event(sequence: int, kind: str, attributes: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": str(sequence),
        "run_id": RUN_ID,
        "attempt_id": OTHER_ID,
        "attempt_number": 1,
        "trace": {"trace_id": "0" * 32},
        "category": "lifecycle",
        "severity": "info",
        "source": "control",
        "kind": kind,
        "message": kind,
        "at": TIME,
        "occurred_at": TIME,
        "redaction_class": "internal",
        "attributes": attributes or {},
        **more,
    }


def log_chunk(sequence: int, content: bytes, stream: str = "stdout", lease: str = OTHER_ID) -> dict[str, Any]:
    return {
        "id": str(sequence),
        "run_id": RUN_ID,
        "run_lease_id": lease,
        "attempt_number": 1,
        "stream": stream,
        "content_base64": base64.b64encode(content).decode(),
        "bytes": len(content),
        "observed_seq": sequence,
        "at": TIME,
    }


def ok(body: Any, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers={"Helmr-API-Version": "2026-06-06", **headers})


def error(status: int, text: str, code: str | None = None, **headers: str) -> httpx.Response:
    body = {"error": text} if code is None else {"code": code, "error": text}
    return httpx.Response(status, json=body, headers=headers)


def frame(kind: str, value: dict[str, Any]) -> bytes:
    return f"id: {value['id']}\nevent: {kind}\ndata: {json.dumps(value)}\n\n".encode()


def event_stream(*events: dict[str, Any], kind: str = "run_event", tail: bytes = b"") -> httpx.Response:
    content = b"".join(frame(kind, one) for one in events) + tail
    return httpx.Response(200, content=content, headers={"content-type": "text/event-stream"})


def body_of(request: httpx.Request) -> Any:
    return json.loads(request.content)


def fresh(response: httpx.Response) -> httpx.Response:
    """Copy a response, because httpx consumes it."""
    return httpx.Response(response.status_code, headers=response.headers, content=response.content)
