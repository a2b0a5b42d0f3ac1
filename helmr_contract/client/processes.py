"""A workspace of the scripted control plane: one exec and one PTY, with byte streams addressed by offset."""

from __future__ import annotations

import base64
import json
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from typing import Any

from helmr_contract.client.http1 import Received
from helmr_contract.client.plane import Piece, Reply, error, events, reply
from helmr_contract.document import Json

WORKSPACE = "0198a1b2-c3d4-7e5f-8091-000000000011"
EXEC = "0198a1b2-c3d4-7e5f-8091-000000000012"
PTY = "0198a1b2-c3d4-7e5f-8091-000000000013"
MOUNT = "0198a1b2-c3d4-7e5f-8091-000000000014"
MOMENT = "2026-06-10T08:00:00.123456Z"

ENDED = frozenset({"exited", "terminated", "closed", "lost", "failed"})
LARGEST_WRITE = 1 << 20


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def chunk(start: int, data: bytes, stream: str = "stdout") -> Json:
    return {
        "id": f"0198a1b2-c3d4-7e5f-8092-{start:012x}",
        "stream": stream,
        "offset_start": start,
        "offset_end": start + len(data),
        "data": encoded(data),
        "observed_at": MOMENT,
        "created_at": MOMENT,
    }


def frame(name: str, cursor: int, data: Json) -> bytes:
    """Return one frame of an output's event stream, as the server writes it."""
    text = json.dumps(data, separators=(",", ":")).encode()
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (cursor, name.encode(), text)


def chunk_frame(one: Json) -> bytes:
    return frame("workspace_stream_chunk", one["offset_end"], one)


@dataclass
class Process:
    """An exec or a PTY: its state, what was written to it, and what it wrote."""

    id: str
    kind: str = "exec"  # or pty
    state: str = "running"
    error: Json = field(default_factory=dict[str, Any])
    input: bytes = b""
    writes: list[tuple[int, bytes]] = field(default_factory=list[tuple[int, bytes]])
    is_input_closed: bool = False
    output: list[Json] = field(default_factory=list[Json])  # chunks, by their offset
    errors: list[Json] = field(default_factory=list[Json])

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    def writes_out(self, *pieces: bytes) -> None:
        """Append these pieces to its output, one chunk each."""
        for piece in pieces:
            name = "stdout" if self.kind == "exec" else "output"
            self.output.append(chunk(_end(self.output), piece, name))

    def ends(self, state: str, code: str | None = None) -> None:
        self.state, self.error = state, {"code": code} if code else {}

    def terminal_frame(self, stream: str = "stdout") -> bytes:
        """Return the last frame of a stream."""
        name = "workspace_stream_lost" if self.state == "lost" else "workspace_stream_terminal"
        cursor = _end(self.errors if stream == "stderr" else self.output)
        about = {"resource_kind": f"workspace_{self.kind}", "resource_id": self.id, "stream": stream}
        return frame(name, cursor, {**about, "state": self.state, "cursor": cursor, "error": self.error})

    def shown(self) -> Json:
        """Return the exec or PTY in the form of a response."""
        common = {
            "id": self.id,
            "workspace_id": WORKSPACE,
            "workspace_mount_id": MOUNT,
            "cwd": "",
            "filesystem_mode": "write",
            "state": self.state,
            "error": self.error,
            "created_at": MOMENT,
            "updated_at": MOMENT,
        }
        if self.kind == "pty":
            cursors = {"output_cursor": _end(self.output), "input_cursor": len(self.input)}
            return {**common, "cols": 80, "rows": 24, **cursors}
        return {
            **common,
            "command": ["cat"],
            "env_shape": {},
            "detached": False,
            **({"exit_code": 0} if self.state == "exited" else {}),
            **({"stdin_closed_at": MOMENT} if self.is_input_closed else {}),
            "stdout_cursor": _end(self.output),
            "stderr_cursor": _end(self.errors),
            "stdin_cursor": len(self.input),
        }

    # Requests -----------------------------------------------------------------------------------------------

    def respond(self, request: Received, rest: list[str]) -> Reply | None:
        match (request.method, rest):
            case ("GET", []):
                return reply({self.kind: self.shown()})
            case ("POST", ["stdin" | "input"]):
                return self.write(request)
            case ("POST", ["stdin", "close"]):
                if self.has_ended:
                    return _refused("workspace_exec_terminal")
                self.is_input_closed = True
                return reply({self.kind: self.shown()})
            case ("POST", ["close"]):
                self.ends("closed")
                return reply({self.kind: self.shown()})
            case ("GET", ["stdout" | "stderr" | "output" as stream]):
                return self.read(request, stream)
            case _:
                return None

    def write(self, request: Received) -> Reply:
        """Store bytes at their offset; sending the same bytes to the same offset again has no effect."""
        body = request.fields
        offset = body.get("offset", 0)
        try:
            data = base64.b64decode(str(body.get("data", "")), validate=True)
        except Base64Error:
            return error(400, "invalid workspace stream request JSON: data is not base64")
        if not data:
            return error(400, "data is required")
        if len(data) > LARGEST_WRITE:
            return error(413, f"stream chunk is {len(data)} bytes, exceeds max {LARGEST_WRITE}")
        if self.has_ended:
            return _refused(f"workspace_{self.kind}_terminal")
        if self.is_input_closed:
            return _refused("workspace_exec_stdin_closed")
        if self.kind == "pty" and self.state != "open":
            return _refused("workspace_pty_not_open")
        if offset == len(self.input):
            self.writes.append((offset, data))
            self.input += data
        elif (offset, data) not in self.writes:
            return _refused("workspace_stream_offset_conflict")
        return reply(chunk(offset, data, "input" if self.kind == "pty" else "stdin"))

    def read(self, request: Received, stream: str) -> Reply:
        """Return the chunks that end after the cursor; the first may start before it."""
        chunks = self.errors if stream == "stderr" else self.output
        cursor = int(request.param("cursor") or request.header("last-event-id") or 0)
        found = [one for one in chunks if one["offset_end"] > cursor]
        if not request.wants_events:
            return reply({"chunks": found[: int(request.param("limit") or 100)]})
        frames: list[Piece] = [chunk_frame(one) for one in found]
        if self.has_ended:
            return events([*frames, self.terminal_frame(stream)])
        return events(frames, end=False)


@dataclass
class Workspace:
    """A workspace with an exec and a PTY, which exist once they are created."""

    exec: Process = field(default_factory=lambda: Process(EXEC))
    pty: Process = field(default_factory=lambda: Process(PTY, "pty", "open"))
    created: list[Json] = field(default_factory=list[Json])  # the bodies of requests that created something
    _keys: dict[tuple[str, str], Json] = field(default_factory=dict[tuple[str, str], Json])

    def respond(self, request: Received, rest: list[str]) -> Reply | None:
        match (request.method, rest):
            case ("POST", ["materialize" | "connect"]):
                return reply(_mount())
            case ("POST", ["stop"]):
                return reply({"workspace_id": WORKSPACE, "state": "unmounted"})
            case ("POST", ["execs"]):
                return self.create(request, self.exec)
            case ("POST", ["pty"]):
                return self.create(request, self.pty)
            case (_, ["execs", _, *more]):
                return self.exec.respond(request, more)
            case (_, ["pty", _, *more]):
                return self.pty.respond(request, more)
            case _:
                return None

    def create(self, request: Received, process: Process) -> Reply:
        body = request.fields
        parameters = {name: value for name, value in body.items() if name != "idempotency_key"}
        key = (process.kind, str(body["idempotency_key"])) if body.get("idempotency_key") else None
        if key is not None and key in self._keys:
            if self._keys[key] != parameters:
                text = "idempotency_key was already used with different parameters"
                whole = f"create workspace {process.kind}: {text}"
                return error(500, whole, "idempotency_fingerprint_mismatch")
            return reply({process.kind: process.shown(), "is_cached": True})
        self.created.append(body)
        if key is not None:
            self._keys[key] = parameters
        return reply({process.kind: process.shown()}, 201)


def _end(chunks: list[Json]) -> int:
    return chunks[-1]["offset_end"] if chunks else 0


def _refused(code: str) -> Reply:
    return error(409, code, code)


def _mount() -> Json:
    return {
        "id": MOUNT,
        "project_id": WORKSPACE,
        "environment_id": WORKSPACE,
        "workspace_id": WORKSPACE,
        "deployment_sandbox_id": WORKSPACE,
        "state": "mounted",
        "claim_attempt": 0,
        "fencing_generation": 1,
        "dirty_generation": 0,
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }
