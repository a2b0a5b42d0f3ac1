"""The default state of the scripted control plane: a session, its run, records and a token. A scenario
changes this state and scripts the responses that it tests; all other requests are handled here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from helmr_api.constants import API_VERSION
from helmr_contract.client.http1 import Received
from helmr_contract.client.plane import Piece, Reply, error, events, reply
from helmr_contract.client.processes import Workspace
from helmr_contract.document import Json

KEY = "hlmr_sk_conformanceconformanceconformanceconforman"
PUBLIC = "hlmr_pat_conformanceconformanceconformanceconform"
TOKEN_PUBLIC = "hlmr_public_access_conformanceconformanceconfor"
CALLBACK = "hlmr_callback_conformanceconformanceconformancec"

SESSION = "0198a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7"
RUN = "0198a1b2-c3d4-7e5f-8091-000000000001"
TOKEN = "0198a1b2-c3d4-7e5f-8091-000000000002"
OTHER = "0198a1b2-c3d4-7e5f-8091-00000000ff00"
PROJECT = "0198a1b2-c3d4-7e5f-8091-000000000003"
ENVIRONMENT = "0198a1b2-c3d4-7e5f-8091-000000000004"
DEPLOYMENT = "0198a1b2-c3d4-7e5f-8091-000000000005"
STREAM = "0198a1b2-c3d4-7e5f-8091-000000000006"
TASK = "conformance"
MOMENT = "2026-06-10T08:00:00.123456789Z"

ENDED = frozenset({"succeeded", "failed", "cancelled", "expired"})


def number_id(number: int) -> str:
    return f"0198a1b2-c3d4-7e5f-8091-{number:012x}"


def session(**changes: Any) -> Json:
    return {
        "id": SESSION,
        "project_id": PROJECT,
        "environment_id": ENVIRONMENT,
        "task_id": TASK,
        "initial_deployment_id": DEPLOYMENT,
        "active_deployment_id": DEPLOYMENT,
        "status": "open",
        "activity": "running",
        "can_close": False,
        "current_run_id": RUN,
        "metadata": {},
        "tags": [],
        "terminal_reason": {},
        "created_at": MOMENT,
        "updated_at": MOMENT,
        **changes,
    }


def run(**changes: Any) -> Json:
    return {
        "id": RUN,
        "project_id": PROJECT,
        "environment_id": ENVIRONMENT,
        "deployment_id": DEPLOYMENT,
        "deployment_task_id": DEPLOYMENT,
        "session_id": SESSION,
        "version": "20260610.1",
        "deployment_version": "20260610.1",
        "api_version": API_VERSION,
        "task_id": TASK,
        "status": "running",
        "metadata": {},
        "attempt_number": 1,
        "exit_code": None,
        "created_at": MOMENT,
        "updated_at": MOMENT,
        **changes,
    }


def event(number: int, kind: str = "run.created", **changes: Any) -> Json:
    return {
        "id": str(number),
        "run_id": RUN,
        "deployment_id": DEPLOYMENT,
        "attempt_number": 1,
        "trace": {"trace_id": "0" * 32, "span_id": "0" * 16, "traceparent": f"00-{'0' * 32}-{'0' * 16}-01"},
        "category": "lifecycle",
        "severity": "info",
        "source": "control",
        "kind": kind,
        "message": kind,
        "at": MOMENT,
        "occurred_at": MOMENT,
        "redaction_class": "sensitive",
        "attributes": {"redacted": True},
        **changes,
    }


def log(number: int, content: bytes, **changes: Any) -> Json:
    return {
        "id": str(number),
        "run_id": RUN,
        "run_lease_id": number_id(77),
        "attempt_number": 1,
        "stream": "stdout",
        "content_base64": base64.b64encode(content).decode(),
        "bytes": len(content),
        "observed_seq": number,
        "at": MOMENT,
        **changes,
    }


def record(sequence: int, data: Any = None, **changes: Any) -> Json:
    return {
        "id": number_id(0x1000 + sequence),
        "stream_id": STREAM,
        "sequence": sequence,
        "data": data,
        "content_type": "application/json",
        "created_at": MOMENT,
        **changes,
    }


def token(number: int | None = None, **changes: Any) -> Json:
    return {
        "id": TOKEN if number is None else number_id(0x2000 + number),
        "status": "pending",
        "timeout_at": "2126-06-10T08:00:00Z",
        "tags": [],
        "metadata": {},
        **changes,
    }


def frame(number: int | str, data: Json, name: str = "run_event") -> bytes:
    """Return one frame of an event stream, as the server writes it."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (str(number).encode(), name.encode(), text)


KEEP_ALIVE = b": keep-alive\n\n"


_session, _run, _token = session, run, token


@dataclass
class World:
    """The state, and the responses to requests about it."""

    url: str = ""
    session: Json = field(default_factory=_session)
    run: Json = field(default_factory=_run)
    events: list[Json] = field(default_factory=lambda: [event(1)])
    logs: list[Json] = field(default_factory=list[Json])
    inputs: list[Json] = field(default_factory=list[Json])
    outputs: list[Json] = field(default_factory=list[Json])
    token: Json = field(default_factory=_token)
    made: list[Json] = field(default_factory=list[Json])  # the bodies of starts that created a session
    workspace: Workspace = field(default_factory=Workspace)
    _starts: dict[object, tuple[Json, str]] = field(default_factory=dict[object, tuple[Json, str]])
    _keys: dict[str, Json] = field(default_factory=dict[str, Json])

    def ends(self, status: str = "succeeded", kind: str | None = None, **changes: Any) -> None:
        """End the run."""
        last = kind or {"succeeded": "run.completed"}.get(status, f"run.{status}")
        self.events.append(event(len(self.events) + 1, last))
        self.run = {
            **self.run,
            "status": status,
            "exit_code": 0 if status == "succeeded" else None,
            **changes,
        }
        self.session = {**self.session, "activity": "idle"}

    def frames(self, after: int = 0) -> list[bytes]:
        """Return the frames of the events after the given one."""
        return [frame(one["id"], one) for one in self.events if int(one["id"]) > after]

    # Requests -----------------------------------------------------------------------------------------------

    def respond(self, request: Received) -> Reply | None:
        parts = [part for part in request.segments if part]
        parts = parts[parts.index("api") :] if "api" in parts else parts
        match (request.method, parts):
            case ("POST", ["api", "sessions"]):
                return self.start(request)
            case ("POST", ["api", "sessions", "start-and-wait"]):
                return self.start(request, waits=True)
            case ("GET", ["api", "sessions"]):
                return reply({"sessions": [self.session]})
            case ("GET", ["api", "runs"]):
                return reply({"runs": [self.run]})
            case ("GET", ["api", "runs", "counts"]):
                names = ("queued", "running", "waiting", "succeeded", "failed", "cancelled", "expired")
                return reply({name: int(name == self.run["status"]) for name in names})
            case ("GET", ["api", "tasks"]):
                return reply({"tasks": []})
            case ("GET", ["api", "runs", _]):
                return reply(self.run)
            case ("GET", ["api", "runs", _, "events"]):
                return self.run_events(request)
            case ("GET", ["api", "runs", _, "logs"]):
                return self.run_logs(request)
            case ("POST", ["api", "runs", _, "cancel"]):
                return self.cancel_run(request)
            case (_, ["api", "tokens", *rest]):
                return self.tokens(request, rest)
            case (_, ["api", "workspaces", _, *rest]):
                return self.workspace.respond(request, rest)
            case ("POST", ["api", "public-access-tokens"]):
                return self.public_access_token(request)
            case ("POST", ["api", "v1", "tokens", _, *_]):
                return self.complete(request)
            case (_, ["api", "v1", "sessions", _, *rest]) | (_, ["api", "sessions", _, *rest]):
                return self.item(request, rest)
            case _:
                return None

    def item(self, request: Received, rest: list[str]) -> Reply | None:
        match (request.method, rest):
            case ("GET", []):
                return reply(self.session)
            case ("PATCH", []):
                self.session = {**self.session, **request.fields}
                return reply(self.session)
            case ("POST", ["close"]):
                self.session = {**self.session, "status": "closed", "activity": "idle"}
                return reply(self.session)
            case ("POST", ["cancel"]):
                self.session = {**self.session, "status": "cancelled", "activity": "idle"}
                return reply(self.session)
            case ("POST", ["inputs", _]):
                return self.append(request, self.inputs)
            case ("POST", ["outputs", _]):
                return self.append(request, self.outputs)
            case ("GET", ["inputs", _]):
                return self.records(request, self.inputs)
            case ("GET", ["outputs", _]):
                return self.records(request, self.outputs)
            case ("GET", ["outputs", _, "read"]):
                after = int(request.param("after_sequence") or request.param("cursor") or 0)
                found = next((one for one in self.outputs if one["sequence"] > after), None)
                return reply({"record": found})
            case _:
                return None

    def start(self, request: Received, *, waits: bool = False) -> Reply:
        body = request.fields
        key = body.get("idempotency_key")
        name: object = ("key", key) if key else ("external", body.get("external_id"))
        known = name if name != ("external", None) else object()
        if waits and self.run["status"] not in ENDED:
            self.ends(output=body.get("payload"))
        shown = {"session": self.session, "run": self.run}
        if known in self._starts:
            return reply({**shown, "is_cached": True}, 200)
        if "external_id" in body:
            self.session = {**self.session, "external_id": body["external_id"]}
            shown["session"] = self.session
        self._starts[known] = (body, "")
        self.made.append(body)
        return reply(shown, 200 if waits else 201)

    def run_events(self, request: Received) -> Reply:
        if request.wants_events:
            after = int(request.header("last-event-id") or request.param("cursor") or 0)
            ended = self.run["status"] in ENDED
            return events(self.frames(after), end=ended)
        return self.event_page(request)

    def event_page(self, request: Received) -> Reply:
        after, limit = int(request.param("cursor") or 0), int(request.param("limit") or 100)
        found = [one for one in self.events if int(one["id"]) > after]
        page: Json = {"events": found[:limit], "cursor": int(found[:limit][-1]["id"]) if found else after}
        if len(found) > limit:
            page["next_cursor"] = page["cursor"]
        return reply(page)

    def run_logs(self, request: Received) -> Reply:
        if request.wants_events:
            after = int(request.header("last-event-id") or request.param("cursor") or 0)
            pieces: Iterable[Piece] = [
                frame(one["id"], one, "run_log") for one in self.logs if int(one["id"]) > after
            ]
            return events(pieces, end=self.run["status"] in ENDED)
        content = {
            stream: b"".join(
                base64.b64decode(one["content_base64"]) for one in self.logs if one["stream"] == stream
            )
            for stream in ("stdout", "stderr")
        }
        return reply(
            {
                "stdout_base64": base64.b64encode(content["stdout"]).decode(),
                "stderr_base64": base64.b64encode(content["stderr"]).decode(),
                "cursor": self.logs[-1]["id"] if self.logs else "0",
                "stdout_bytes": len(content["stdout"]),
                "stderr_bytes": len(content["stderr"]),
                "truncated": False,
            }
        )

    def cancel_run(self, request: Received) -> Reply:
        if self.run["status"] not in ENDED:
            self.ends("cancelled")
        operation = {
            "id": number_id(99),
            "run_id": RUN,
            "kind": "cancel",
            "status": "applied",
            "created_at": MOMENT,
            "applied_at": MOMENT,
        }
        if reason := request.fields.get("reason"):
            operation["reason"] = reason
        return reply({"run": self.run, "operation": operation})

    def append(self, request: Received, records: list[Json]) -> Reply:
        body = request.fields
        key = body.get("idempotency_key")
        if key and key in self._keys:
            return reply({"record": self._keys[key], "idempotency_status": "duplicate"}, 201)
        given = {name: body[name] for name in ("correlation_id", "content_type") if name in body}
        made = record(len(records) + 1, body.get("data"), **given)
        records.append(made)
        if key:
            self._keys[key] = made
        return reply({"record": made, "idempotency_status": "created"}, 201)

    def records(self, request: Received, records: list[Json]) -> Reply:
        after = int(request.param("after_sequence") or request.param("cursor") or 0)
        limit = int(request.param("limit") or 100)
        return reply({"records": [one for one in records if one["sequence"] > after][:limit]})

    def tokens(self, request: Received, rest: list[str]) -> Reply | None:
        match (request.method, rest):
            case ("POST", []):
                secrets = {
                    "public_access_token": TOKEN_PUBLIC,
                    "callback_url": f"{self.url}/api/v1/tokens/{TOKEN}/callback/{CALLBACK}",
                }
                return reply({**self.token, **secrets}, 201)
            case ("GET", []):
                return reply({"tokens": [self.token]})
            case ("GET", [_]):
                return reply(self.token)
            case ("POST", [_, "complete"]):
                return self.complete(request)
            case ("POST", [_, "cancel"]):
                self.token = {**self.token, "status": "cancelled"}
                return reply(self.token)
            case _:
                return None

    def complete(self, request: Received) -> Reply:
        data = request.fields.get("data")
        if self.token["status"] == "completed":
            if self.token.get("data") != data:
                message = "token completion conflicts with existing completion"
                return error(409, message, "token_completion_conflict")
            return reply({"status": "already_completed", "token": self.token})
        self.token = {**self.token, "status": "completed", "data": data}
        return reply({"status": "completed", "token": self.token})

    def public_access_token(self, request: Received) -> Reply:
        scope = request.fields.get("scope", {})
        shown = {**scope, "session": {"type": "id", "id": SESSION}}
        made = {"id": number_id(98), "public_access_token": PUBLIC, "scope": shown}
        return reply({**made, "expires_at": "2126-06-10T08:00:00Z", "created_at": MOMENT}, 201)
