"""A miniature contract and a server for it that can break it on request, to test the tool itself."""

from __future__ import annotations

import itertools
import json
import threading
import time
import uuid
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import jsonschema_rs
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from helmr_contract.document import Document

KEY = "hlmr_sk_" + "k" * 43

PREPARING = "startSession,listSessionStreams"
"""The operations that start the sessions, and find the streams, to which the schema tests send requests."""

DOCUMENT = Path(__file__).with_name("miniature.yaml")


@cache
def document() -> Document:
    return Document.load(DOCUMENT)


@cache
def _start_validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(document().raw["components"]["schemas"]["SessionStartRequest"])


METHODS = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE"]


@dataclass
class Miniature:
    """The server's state and its configured faults."""

    faults: frozenset[str] = frozenset()
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    records: int = 0
    requests: list[tuple[str, str, int]] = field(default_factory=list)
    advertised: list[str] = field(default_factory=list)  # session ids that the task list includes

    def app(self) -> Starlette:
        routes = [
            Route("/api/tasks", self.tasks, methods=METHODS if "method-ignored" in self.faults else ["GET"]),
            Route("/api/sessions", self.start, methods=["POST"]),
            Route("/api/sessions/{session_id}", self.session, methods=["GET"]),
            Route("/api/sessions/{session_id}/cancel", self.cancel, methods=["POST"]),
            Route("/api/sessions/{session_id}/streams", self.streams, methods=["GET"]),
            Route("/api/sessions/{session_id}/outputs/{stream}", self.append, methods=["POST"]),
            Route("/api/runs/{run_id}/events", self.events, methods=["GET"]),
            Route("/api/tokens", self.create_token, methods=["POST"]),
            Route("/api/tokens/{token_id}/cancel", self.cancel_token, methods=["POST"]),
            Route("/api/v1/tokens/{token_id}/complete", self.complete, methods=["POST"]),
        ]
        app = Starlette(routes=routes, exception_handlers={Refused: _refusal})
        inner = app.middleware_stack or app.build_middleware_stack()

        async def outer(scope: Any, receive: Any, send: Any) -> None:
            async def note(message: Any) -> None:
                if message["type"] == "http.response.start":
                    self.requests.append((scope["method"], scope["path"], message["status"]))
                await send(message)

            await inner(scope, receive, note)

        app.middleware_stack = outer
        return app

    def authorize(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {KEY}" and "auth-ignored" not in self.faults:
            raise Refused(401, "authentication is required")

    async def body(self, request: Request, allowed: set[str] | None) -> dict[str, Any]:
        try:
            value = json.loads(await request.body())
        except ValueError:
            raise Refused(400, "invalid JSON") from None
        if not isinstance(value, dict) or (allowed is not None and set(value) - allowed):
            raise Refused(400, "invalid JSON: unknown field")
        return value

    def find(self, kind: dict[str, Any], text: str, *, first: bool = False) -> Any:
        try:
            identifier = str(uuid.UUID(text))
        except ValueError:
            raise Refused(400, "must be a UUID") from None
        if identifier not in kind:
            raise Refused(404, "not found")
        return kind[identifier]

    async def tasks(self, request: Request) -> Response:
        self.authorize(request)
        sessions = [{"id": identifier} for identifier in self.advertised]
        return JSONResponse({"tasks": [{"task_id": "helmr-contract-probe"}], "sessions": sessions})

    async def start(self, request: Request) -> Response:
        self.authorize(request)
        body = await self.body(request, None)
        if not _start_validator().is_valid(body):
            raise Refused(400, "invalid start request")
        strings = [body.get("task_id"), body.get("external_id", "x"), *(body.get("tags") or [])]
        if not all(isinstance(t, str) for t in strings):
            raise Refused(400, "invalid start request")
        if body["task_id"] != "helmr-contract-probe":
            raise Refused(409, "task_not_deployed", code="task_not_deployed")
        for session in self.sessions.values():
            if "external_id" in body and session.get("external_id") == body["external_id"]:
                return JSONResponse(self.started(session, cached=True))
        session = {"id": str(uuid.uuid4()), "status": "open", "current_run_id": str(uuid.uuid4())}
        if "external_id" in body:
            session["external_id"] = body["external_id"]
        self.sessions[session["id"]] = session
        self.runs[session["current_run_id"]] = session["id"]
        return JSONResponse(self.started(session), 201)

    def started(self, session: dict[str, Any], *, cached: bool = False) -> dict[str, Any]:
        run = {"id": session["current_run_id"], "session_id": session["id"]}
        return {"session": session, "run": run, **({"is_cached": True} if cached else {})}

    async def session(self, request: Request) -> Response:
        self.authorize(request)
        session = self.find(self.sessions, request.path_params["session_id"])
        if "field-missing" in self.faults:
            session = {name: value for name, value in session.items() if name != "status"}
        if "echoes-the-key" in self.faults:
            session = {**session, "note": f"you sent {request.headers['authorization']}"}
        return JSONResponse(session, media_type="text/plain" if "content-type" in self.faults else None)

    async def cancel(self, request: Request) -> Response:
        self.authorize(request)
        session = self.find(self.sessions, request.path_params["session_id"])
        allowed = None if "unknown-field-accepted" in self.faults else {"reason"}
        body = await self.body(request, allowed)
        if "reason" in body and not isinstance(body["reason"], str) and allowed is not None:
            raise Refused(400, "invalid reason")
        if "valid-refused" in self.faults and "reason" in body:
            raise Refused(400, "no reasons, please")
        session["status"] = "cancelled"
        return JSONResponse(session)

    async def streams(self, request: Request) -> Response:
        self.authorize(request)
        self.find(self.sessions, request.path_params["session_id"])
        names = [("in.a", "input"), ("out.a", "output")]
        return JSONResponse(
            {"streams": [{"name": name, "direction": direction} for name, direction in names]}
        )

    async def append(self, request: Request) -> Response:
        self.authorize(request)
        self.find(self.sessions, request.path_params["session_id"])
        body = await self.body(request, {"data", "correlation_id"})
        if not isinstance(body.get("correlation_id", ""), str):
            raise Refused(400, "invalid correlation")
        if request.path_params["stream"] != "out.a":
            raise Refused(404, "stream not found")
        if "crash" in self.faults and body.get("data") is None:
            error = "deadlock" if "crash-otherwise" in self.faults else "internal"
            return JSONResponse({"error": error}, 500)
        self.records += 1
        return JSONResponse({"sequence": self.records}, 201)

    async def events(self, request: Request) -> Response:
        self.authorize(request)
        follow = request.query_params.get("follow")
        self.find(self.runs, request.path_params["run_id"])
        if follow not in (None, "1"):
            raise Refused(400, "follow must be 1")
        if follow == "1":
            return StreamingResponse(self.endless(), media_type="text/event-stream")
        return JSONResponse({"events": [], "cursor": 0})

    async def endless(self) -> AsyncIterator[str]:
        for number in itertools.count():
            name = "" if "bad-event" in self.faults else "event: run_event\n"
            yield f'id: {number}\n{name}data: {{"id":"{number}"}}\n\n'
            await anyio.sleep(0.001)

    async def create_token(self, request: Request) -> Response:
        self.authorize(request)
        body = await self.body(request, {"timeout", "tags", "idempotency_key"})
        operation = document().operations["createToken"]
        schema = operation.request_body["content"]["application/json"]["schema"]  # type: ignore[index]
        if not jsonschema_rs.Draft202012Validator(schema).is_valid(body):
            raise Refused(400, "invalid token create request")
        token = {"id": str(uuid.uuid4()), "status": "pending"}
        self.tokens[token["id"]] = token
        status = 207 if "wrong-success-status" in self.faults and "timeout" not in body else 201
        return JSONResponse({**token, "public_access_token": "hlmr_public_access_" + token["id"]}, status)

    async def cancel_token(self, request: Request) -> Response:
        self.authorize(request)
        token = self.find(self.tokens, request.path_params["token_id"])
        token["status"] = "cancelled"
        return JSONResponse(token)

    async def complete(self, request: Request) -> Response:
        await self.body(request, {"data"})
        token = self.find(self.tokens, request.path_params["token_id"])
        authorization = request.headers.get("authorization", "")
        if authorization != f"Bearer hlmr_public_access_{token['id']}":
            known = authorization.removeprefix("Bearer hlmr_public_access_") in self.tokens
            raise Refused(403 if known else 401, "token scope denied")
        token["status"] = "completed"
        return JSONResponse(token)


class Refused(Exception):
    def __init__(self, status: int, error: str, *, code: str | None = None) -> None:
        self.status, self.error, self.code = status, error, code

    def response(self) -> JSONResponse:
        return JSONResponse({**({"code": self.code} if self.code else {}), "error": self.error}, self.status)


def _refusal(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return error.response()


@contextmanager
def serve(app: Any) -> Generator[str]:
    """Serve the app on its own loopback port, in a thread."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="critical", lifespan="off", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < deadline, "the server did not start"
        threading.Event().wait(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
