"""`/api/workspaces/{workspace_id}/execs`: commands in workspaces."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, cast

from ..engine.context import Context
from ..errors import ApiError, bad_request, conflict
from ..http.request import Request
from ..http.response import Reply, Response, json_response
from ..wire import jsontext
from ..wire.strings import trim
from ..wire.times import format_time
from .base import Resource, handles
from .validation import check_idempotency_key
from .workspace_primitives import check_cwd, check_listing, common_view, read_write
from .workspace_processes import EXEC, ProcessRow, Wanted, WorkspaceProcesses, is_terminal
from .workspace_streams import ByteStreams, chunk_view
from .workspaces import Workspaces

_PREFIX = "invalid workspace exec request JSON"
_STDIN_PREFIX = "invalid workspace exec stdin request JSON"


class WorkspaceExecs(Resource):
    """The execs of workspaces."""

    def __init__(
        self, context: Context, workspaces: Workspaces, processes: WorkspaceProcesses, streams: ByteStreams
    ) -> None:
        super().__init__(context)
        self._workspaces = workspaces
        self._processes = processes
        self._streams = streams

    @handles("createWorkspaceExec")
    async def create_exec(self, request: Request) -> Response:
        workspace = self._workspaces.addressed(request)
        fields = await request.body(_PREFIX)
        command = _check_command(fields.get("command", []))
        cwd = check_cwd(fields.get("cwd", ""))
        env = _check_env(fields.get("env"))
        key = trim(fields.get("idempotency_key", ""))
        check_idempotency_key(key)
        request.check_schema(fields)
        detached = fields.get("detached", False)
        values = {
            "command": jsontext.encode(command).decode(),
            "cwd": cwd,
            "env": jsontext.encode(env).decode(),
            "detached": int(detached),
        }
        fingerprint = hashlib.sha256(jsontext.canonical([command, cwd, env, detached])).digest()
        wanted = Wanted(EXEC, values, key, fingerprint)
        row, is_new = await self.writes.run(lambda: self._processes.create(workspace, wanted))
        envelope: dict[str, Any] = {"exec": exec_view(row)}
        return json_response(201 if is_new else 200, envelope | ({} if is_new else {"is_cached": True}))

    @handles("listWorkspaceExecs")
    async def list_execs(self, request: Request) -> Response:
        workspace = self._workspaces.addressed(request)
        state, limit = check_listing(request, "ExecState")
        rows = self._processes.newest(workspace["id"], EXEC, state, limit)
        return json_response(200, {"execs": [exec_view(row) for row in rows]})

    @handles("getWorkspaceExec")
    async def get_exec(self, request: Request) -> Response:
        return json_response(200, {"exec": exec_view(self._processes.addressed(request, EXEC))})

    @handles("writeWorkspaceExecStdin")
    async def write_stdin(self, request: Request) -> Response:
        row = self._processes.addressed(request, EXEC)
        offset, data = await read_write(request, _STDIN_PREFIX)
        chunk = await self.writes.run(lambda: self._write(row["id"], offset, data))
        return json_response(200, chunk_view(chunk))

    def _write(self, exec_id: str, offset: int, data: bytes) -> Any:
        row = self._processes.row(exec_id)
        if is_terminal(row):
            raise conflict("workspace_exec_terminal")
        if row["stdin_closed_at"] is not None:
            raise conflict("workspace_exec_stdin_closed")
        with self.db.transaction():
            return self._processes.write_input(row, EXEC, offset, data)

    @handles("closeWorkspaceExecStdin")
    async def close_stdin(self, request: Request) -> Response:
        row = self._processes.addressed(request, EXEC)
        closed = await self.writes.run(lambda: self._close(row["id"]))
        return json_response(200, {"exec": exec_view(closed)})

    def _close(self, exec_id: str) -> ProcessRow:
        row = self._processes.row(exec_id)
        if is_terminal(row):
            raise conflict("workspace_exec_terminal")
        with self.db.transaction():
            self._processes.close_input(row)
        return self._processes.row(exec_id)

    @handles("listWorkspaceExecStdout")
    async def list_stdout(self, request: Request) -> Reply:
        return self._output(request, "stdout")

    @handles("listWorkspaceExecStderr")
    async def list_stderr(self, request: Request) -> Reply:
        return self._output(request, "stderr")

    def _output(self, request: Request, stream: str) -> Reply:
        row = self._processes.addressed(request, EXEC)
        return self._streams.respond(request, self._processes.output(row, EXEC, stream))


def exec_view(row: ProcessRow) -> dict[str, Any]:
    view = common_view(row) | {
        "command": jsontext.raw(row["command"]),
        "env_shape": jsontext.raw(row["env"]),
        "detached": bool(row["detached"]),
        "error": jsontext.raw(row["error"]),
        "stdin_cursor": row["input_cursor"],
        "stdout_cursor": row["output_cursor"],
        "stderr_cursor": row["error_cursor"],
    }
    if row["exit_code"] is not None:
        view["exit_code"] = row["exit_code"]
    if row["signal"] is not None:
        view["signal"] = row["signal"]
    if row["stdin_closed_at"] is not None:
        view["stdin_closed_at"] = format_time(row["stdin_closed_at"])
    if row["ended_at"] is not None:
        view["exited_at"] = format_time(row["ended_at"])
    return view


def _check_command(command: Sequence[str]) -> Sequence[str]:
    if not command:
        raise bad_request("command is required")
    for entry in command:
        if not trim(entry):
            raise bad_request("command entries cannot be empty")
        if "\0" in entry:
            raise bad_request("command entries cannot contain NUL")
    return command


def _check_env(value: Any) -> dict[str, str]:
    """Return the environment; a variable that is null becomes empty.

    Raises:
        ApiError: 400.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _not_a_string_map(value)
    env: dict[str, str] = {}
    for name, text in cast("dict[str, object]", value).items():
        if not (text is None or isinstance(text, str)):
            raise _not_a_string_map(text)
        env[name] = text or ""
    for name in env:
        if not trim(name) or "\0" in name:
            raise bad_request("env names must be non-empty and cannot contain NUL")
    return env


def _not_a_string_map(value: object) -> ApiError:
    """Build the error message, which never shows a value of the environment."""
    kinds: dict[type, str] = {bool: "bool", str: "string", list: "array", dict: "object"}
    kind = kinds.get(type(value), "number")
    return bad_request(f"{_PREFIX}: json: cannot unmarshal {kind} into Go struct field ExecCreateRequest.env")
