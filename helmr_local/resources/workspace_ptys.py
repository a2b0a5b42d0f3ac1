"""`/api/workspaces/{workspace_id}/pty`: terminals in workspaces."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from helmr_api.constants import DEFAULT_PTY_COLS, DEFAULT_PTY_ROWS, MAX_PTY_SIZE

from ..engine.context import Context
from ..errors import bad_request, conflict
from ..http.request import Request
from ..http.response import Reply, Response, json_response
from ..wire import jsontext
from ..wire.strings import trim
from ..wire.times import format_time
from .base import Resource, handles
from .validation import check_idempotency_key
from .workspace_primitives import check_cwd, check_listing, common_view, read_write
from .workspace_processes import PTY, ProcessRow, Wanted, WorkspaceProcesses, is_terminal, refuse_not_open
from .workspace_streams import ByteStreams, chunk_view
from .workspaces import Workspaces

_PREFIX = "invalid workspace pty request JSON"
_INPUT_PREFIX = "invalid workspace pty input request JSON"
_RESIZE_PREFIX = "invalid workspace pty resize request JSON"


class WorkspacePtys(Resource):
    """The PTYs of workspaces."""

    def __init__(
        self, context: Context, workspaces: Workspaces, processes: WorkspaceProcesses, streams: ByteStreams
    ) -> None:
        super().__init__(context)
        self._workspaces = workspaces
        self._processes = processes
        self._streams = streams

    @handles("createWorkspacePty")
    async def create_pty(self, request: Request) -> Response:
        workspace = self._workspaces.addressed(request)
        fields = await request.body(_PREFIX)
        cwd = check_cwd(fields.get("cwd", ""))
        cols, rows = _check_size(fields)
        key = trim(fields.get("idempotency_key", ""))
        check_idempotency_key(key)
        request.check_schema(fields)
        fingerprint = hashlib.sha256(jsontext.canonical([cwd, cols, rows])).digest()
        wanted = Wanted(PTY, {"cwd": cwd, "cols": cols, "rows": rows}, key, fingerprint)
        row, is_new = await self.writes.run(lambda: self._processes.create(workspace, wanted))
        envelope: dict[str, Any] = {"pty": pty_view(row)}
        return json_response(201 if is_new else 200, envelope | ({} if is_new else {"is_cached": True}))

    @handles("listWorkspacePtys")
    async def list_ptys(self, request: Request) -> Response:
        workspace = self._workspaces.addressed(request)
        state, limit = check_listing(request, "PtyState")
        rows = self._processes.newest(workspace["id"], PTY, state, limit)
        return json_response(200, {"ptys": [pty_view(row) for row in rows]})

    @handles("getWorkspacePty")
    async def get_pty(self, request: Request) -> Response:
        return json_response(200, {"pty": pty_view(self._processes.addressed(request, PTY))})

    @handles("writeWorkspacePtyInput")
    async def write_input(self, request: Request) -> Response:
        row = self._processes.addressed(request, PTY)
        offset, data = await read_write(request, _INPUT_PREFIX)
        chunk = await self.writes.run(lambda: self._write(row["id"], offset, data))
        return json_response(200, chunk_view(chunk))

    def _write(self, pty_id: str, offset: int, data: bytes) -> Any:
        row = self._processes.row(pty_id)
        if is_terminal(row):
            raise conflict("workspace_pty_terminal")
        refuse_not_open(row, "open", "resizing")
        with self.db.transaction():
            return self._processes.write_input(row, PTY, offset, data)

    @handles("listWorkspacePtyOutput")
    async def list_output(self, request: Request) -> Reply:
        row = self._processes.addressed(request, PTY)
        return self._streams.respond(request, self._processes.output(row, PTY, "output"))

    @handles("resizeWorkspacePty")
    async def resize_pty(self, request: Request) -> Response:
        row = self._processes.addressed(request, PTY)
        fields = await request.body(_RESIZE_PREFIX)
        cols, rows = _check_size(fields)
        resized = await self.writes.run(lambda: self._resize(row["id"], cols, rows))
        return json_response(200, {"pty": pty_view(resized)})

    def _resize(self, pty_id: str, cols: int, rows: int) -> ProcessRow:
        row = self._processes.row(pty_id)
        refuse_not_open(row, "open", "resizing")
        with self.db.transaction():
            self._processes.resize(row, cols, rows)
            return self._processes.row(pty_id)

    @handles("closeWorkspacePty")
    async def close_pty(self, request: Request) -> Response:
        row = self._processes.addressed(request, PTY)
        closed = await self.writes.run(lambda: self._close(row["id"]))
        return json_response(200, {"pty": pty_view(closed)})

    def _close(self, pty_id: str) -> ProcessRow:
        row = self._processes.row(pty_id)
        refuse_not_open(row, "open", "resizing", "closing")
        with self.db.transaction():
            self._processes.close_terminal(row)
            return self._processes.row(pty_id)


def pty_view(row: ProcessRow) -> dict[str, Any]:
    view = common_view(row) | {
        "cols": row["cols"],
        "rows": row["rows"],
        "error": jsontext.raw(row["error"]),
        "input_cursor": row["input_cursor"],
        "output_cursor": row["output_cursor"],
    }
    if row["ended_at"] is not None:
        view["closed_at"] = format_time(row["ended_at"])
    return view


def _check_size(fields: Mapping[str, Any]) -> tuple[int, int]:
    """Check the number of columns and rows.

    Raises:
        ApiError: 400.
    """
    cols, rows = fields.get("cols", 0), fields.get("rows", 0)
    if max(cols, rows) > MAX_PTY_SIZE:
        raise bad_request(f"pty size must be at most {MAX_PTY_SIZE}x{MAX_PTY_SIZE}")
    return cols if cols > 0 else DEFAULT_PTY_COLS, rows if rows > 0 else DEFAULT_PTY_ROWS
