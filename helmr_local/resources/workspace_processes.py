"""The execs and PTYs of workspaces: their table, their processes, and the limit of one writer per
workspace.
"""

from __future__ import annotations

import asyncio
import logging
import math
import posixpath
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypedDict

from helmr_api.constants import TERMINAL_EXEC_STATES, TERMINAL_PTY_STATES

from ..archives import ArchiveError
from ..clock import MICROSECOND
from ..engine.context import Context
from ..errors import ApiError, conflict
from ..http.request import Request
from ..ids import new_id
from ..processes import Command, Process, ProcessExit, StartError, is_supported, minimal_environment, shell
from ..store import columns
from ..wire import jsontext
from .base import Resource
from .validation import check_uuid
from .workspace_streams import ByteStreams, Position, ProcessOutput, process_topic
from .workspaces import MountRow, WorkspaceRow, Workspaces

logger = logging.getLogger("helmr_local")

_TERMINAL = TERMINAL_EXEC_STATES | TERMINAL_PTY_STATES
_KEY_SECONDS = 86_400
_STOPPED = "workspace_mount_stopped"
_NO_SUCH = "workspace primitive not found"


class ProcessKind(NamedTuple):
    """The differences between execs and PTYs.

    Args:
        name: Its value in the table.
        resource: Its name in the last event of a stream.
        parameter: The name of its id in the path.
        missing: The error if it does not exist.
        outputs: Its output streams, and the columns that count their bytes.
        input: Its input stream.
        before_start: Its state before it is started.
        running: Its state while it runs.
        ended: Its state after it has ended by itself.
        stopped: Its state after its workspace was stopped.
    """

    name: str
    resource: str
    parameter: str
    missing: str
    outputs: dict[str, str]
    input: str
    before_start: str
    running: str
    ended: str
    stopped: str


EXEC = ProcessKind(
    "exec",
    "workspace_exec",
    "exec_id",
    "workspace exec not found",
    {"stdout": "output_cursor", "stderr": "error_cursor"},
    "stdin",
    "materializing",
    "running",
    "exited",
    "terminated",
)
PTY = ProcessKind(
    "pty",
    "workspace_pty",
    "pty_id",
    "workspace pty not found",
    {"output": "output_cursor"},
    "input",
    "creating",
    "open",
    "closed",
    "closed",
)
_KINDS = {kind.name: kind for kind in (EXEC, PTY)}


class ProcessRow(TypedDict):
    """An exec or a PTY. Columns that only the other kind uses are null or 0."""

    id: str
    kind: str
    workspace_id: str
    mount_id: str
    command: str
    cwd: str
    env: str
    detached: int
    cols: int
    rows: int
    state: str
    system_id: str | None
    exit_code: int | None
    signal: str | None
    error: str
    input_cursor: int
    output_cursor: int
    error_cursor: int
    stdin_closed_at: int | None
    started_at: int | None
    ended_at: int | None
    created_at: int
    updated_at: int


_SELECT = f"SELECT {columns(ProcessRow)} FROM workspace_processes"  # noqa: S608  # constants only


class Wanted(NamedTuple):
    """An exec or PTY to create.

    Args:
        values: The columns of its kind.
        key: Its idempotency key; empty for none.
        fingerprint: A digest of the fields that must be equal when the key is used again.
    """

    kind: ProcessKind
    values: dict[str, Any]
    key: str
    fingerprint: bytes


@dataclass(eq=False)
class _Running:
    """An exec or PTY of this server, from just before its start to its end."""

    workspace_id: str
    task: asyncio.Task[None] | None = None
    process: Process | None = None
    input: asyncio.Event = field(default_factory=asyncio.Event)
    is_stopped: bool = False
    """True if it ends because its workspace is being stopped."""


class WorkspaceProcesses(Resource):
    """The processes in workspaces."""

    SCHEMA = """
    CREATE TABLE IF NOT EXISTS workspace_processes (
      id TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      workspace_id TEXT NOT NULL,
      mount_id TEXT NOT NULL,
      command TEXT NOT NULL DEFAULT '[]',
      cwd TEXT NOT NULL,
      env TEXT NOT NULL DEFAULT '{}',
      detached INTEGER NOT NULL DEFAULT 0,
      cols INTEGER NOT NULL DEFAULT 0,
      rows INTEGER NOT NULL DEFAULT 0,
      state TEXT NOT NULL,
      system_id TEXT,
      exit_code INTEGER,
      signal TEXT,
      error TEXT NOT NULL DEFAULT '{}',
      input_cursor INTEGER NOT NULL DEFAULT 0,
      output_cursor INTEGER NOT NULL DEFAULT 0,
      error_cursor INTEGER NOT NULL DEFAULT 0,
      stdin_closed_at INTEGER,
      started_at INTEGER,
      ended_at INTEGER,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      idempotency_key TEXT,
      fingerprint BLOB,
      key_until INTEGER
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS workspace_processes_of_workspace
      ON workspace_processes (workspace_id, kind, created_at);
    CREATE INDEX IF NOT EXISTS workspace_processes_of_key
      ON workspace_processes (workspace_id, kind, idempotency_key) WHERE idempotency_key IS NOT NULL;
    """

    def __init__(self, context: Context, workspaces: Workspaces, streams: ByteStreams) -> None:
        super().__init__(context)
        self._workspaces = workspaces
        self._streams = streams
        self._running: dict[str, _Running] = {}
        context.signals.workspace_mounted.connect(self._mounted)
        context.signals.workspace_stopping.connect(self._stopping)
        context.signals.mount_ended.connect(self._mount_ended)

    # --- life --------------------------------------------------------------------------------------

    def startup(self) -> None:
        """Mark all processes as ended, because none outlives its server."""
        with self.db.transaction():
            for row in self._active("1"):
                self._set_ended(row, "lost", code="workspace_mount_lost")

    async def shutdown(self) -> None:
        """Kill everything. Their records stay unchanged; the next server marks the processes as lost."""
        tasks = [running.task for running in self._running.values() if running.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _stopping(self, workspace_id: str, waiting: list[Awaitable[None]]) -> None:
        waiting.append(self._end_all(workspace_id))

    async def _end_all(self, workspace_id: str) -> None:
        """Ask the processes in a workspace to end, kill those that do not, and wait until none is left."""
        running = [one for one in self._running.values() if one.workspace_id == workspace_id]
        for one in running:
            one.is_stopped = True
            if one.process is not None:
                one.process.terminate()
        tasks = [one.task for one in running if one.task is not None]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=self.settings.process_grace)
        for one in running:
            if one.task in late and one.process is not None:
                one.process.kill()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _mount_ended(self, mount_id: str, state: str, now: int) -> None:
        """Mark everything that is still active in the mount as ended, in the mount's transaction."""
        for row in self._active("mount_id = ?", mount_id):
            if state == "failed":
                self._set_ended(row, "lost", code="workspace_mount_failed")
            else:
                self._set_ended(row, _KINDS[row["kind"]].stopped, code=_STOPPED)

    # --- creating ----------------------------------------------------------------------------------

    def create(self, workspace: WorkspaceRow, wanted: Wanted) -> tuple[ProcessRow, bool]:
        """Create an exec or PTY, which starts once its workspace is mounted; return the row and whether it is
        new.

        Raises:
            ApiError: 403, 404 or 409.
        """
        with self.db.transaction():
            known = self._of_key(workspace["id"], wanted)
            if known is not None:
                return known, False
            if not self.context.runs_commands:
                raise ApiError(
                    403,
                    "helmr-local listens beyond the loopback interface, so it runs commands "
                    "only if it is started with --allow-exec",
                )
            workspace = self._workspaces.require(workspace["id"])  # it may have changed since
            if workspace["state"] != "active":
                raise ApiError(409, "workspace is not active", "workspace_not_active")
            self.refuse_second_writer(workspace["id"])
            mount = self._mount(workspace)
            now = self.clock.now()
            row: dict[str, Any] = {
                "id": new_id(),
                "kind": wanted.kind.name,
                "workspace_id": workspace["id"],
                "mount_id": mount["id"],
                "state": wanted.kind.before_start,
                "created_at": now,
                "updated_at": now,
                **wanted.values,
            }
            if wanted.key:
                row |= {
                    "idempotency_key": wanted.key,
                    "fingerprint": wanted.fingerprint,
                    "key_until": now + _KEY_SECONDS * MICROSECOND,
                }
            self.db.insert("workspace_processes", row)
            if mount["state"] == "mounted":
                self._queue(row["id"], wanted.kind)
            return self.row(row["id"]), True

    def refuse_second_writer(self, workspace_id: str) -> None:
        """Refuse an exec or PTY while another one is active, or while a run works in the workspace.

        Raises:
            ApiError: 409.
        """
        if self._active("workspace_id = ?", workspace_id) or self._workspaces.has_running_run(workspace_id):
            raise conflict("workspace_writer_active", "workspace already has an active write primitive")

    def _of_key(self, workspace_id: str, wanted: Wanted) -> ProcessRow | None:
        if not wanted.key:
            return None
        known = self.db.one(
            "SELECT id, fingerprint FROM workspace_processes"
            " WHERE workspace_id = ? AND kind = ? AND idempotency_key = ? AND key_until > ?",
            (workspace_id, wanted.kind.name, wanted.key, self.clock.now()),
        )
        if known is None:
            return None
        if known["fingerprint"] != wanted.fingerprint:
            raise ApiError(
                409,
                "idempotency_key was already used with different parameters",
                "idempotency_fingerprint_mismatch",
            )
        return self.row(known["id"])

    def _mount(self, workspace: WorkspaceRow) -> MountRow:
        try:
            return self._workspaces.request_mount(workspace)[0]
        except ApiError as error:  # its workspace is being stopped
            raise ApiError(404, _NO_SUCH) from error

    # --- starting ----------------------------------------------------------------------------------

    def _mounted(self, workspace_id: str, mount_id: str) -> None:
        """Start the execs and PTYs that were waiting for the mount."""

        def queue() -> None:
            with self.db.transaction():
                for row in self._active("mount_id = ?", mount_id):
                    if row["state"] == _KINDS[row["kind"]].before_start:
                        self._queue(row["id"], _KINDS[row["kind"]])

        self.writes.keep(queue)

    def _queue(self, process_id: str, kind: ProcessKind) -> None:
        if kind is EXEC:
            self._change(process_id, {"state": "queued"})
        self.db.after_commit(lambda: self._launch(process_id))

    def _launch(self, process_id: str) -> None:
        row = self.row(process_id)
        if is_terminal(row) or process_id in self._running:
            return
        running = self._running[process_id] = _Running(row["workspace_id"])
        running.task = asyncio.create_task(self._run(process_id, running))
        running.task.add_done_callback(lambda _: self._running.pop(process_id, None))

    async def _run(self, process_id: str, running: _Running) -> None:
        """Start an exec or PTY, wait for its end, and record the result."""
        row = self.row(process_id)
        kind = _KINDS[row["kind"]]
        try:
            process = running.process = await self._start(row, kind)
        except StartError as error:
            failed = {"message": str(error)}
            await self._record(lambda: self._set_ended(row, "failed", error=failed))
            return
        feeding = asyncio.create_task(self._feed(row, kind, running, process))
        try:
            await self._record(lambda: self._set_running(row, kind, process))
            if running.is_stopped:  # during its start
                process.kill()
            ending = await process.ending()
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, process.close(), return_exceptions=True)
        await self._record(lambda: self._set_done(row, kind, ending, running.is_stopped))

    async def _start(self, row: ProcessRow, kind: ProcessKind) -> Process:
        if not is_supported:
            raise StartError("helmr-local runs commands and terminals on Linux and macOS only")
        try:
            root = await self._workspaces.directory(row["workspace_id"])
        except ArchiveError as error:
            raise StartError(f"cannot unpack the files of the workspace: {error}") from error
        is_pty = kind is PTY
        env = {**minimal_environment(str(root), terminal=is_pty), **jsontext.python(row["env"])}
        command = Command(
            [shell()] if is_pty else jsontext.python(row["command"]),
            str(root / self.below_mount(row)),
            env,
            (row["cols"], row["rows"]) if is_pty else None,
        )
        sinks = {name: self._sink(row["id"], name, counter) for name, counter in kind.outputs.items()}
        return await Process.start(command, sinks)

    def below_mount(self, row: ProcessRow) -> str:
        """Return the directory to start in, relative to the workspace's directory, because there is no
        sandbox here in which the absolute path exists.
        """
        mounted = self.db.one(
            "SELECT s.mount_path FROM workspaces w"
            " JOIN deployment_sandboxes s ON s.id = w.deployment_sandbox_id WHERE w.id = ?",
            (row["workspace_id"],),
        )
        at = posixpath.normpath(mounted["mount_path"] if mounted else "/")
        cwd = posixpath.normpath(row["cwd"] or at)
        return posixpath.relpath(cwd, at) if posixpath.commonpath([cwd, at]) == at else cwd.lstrip("/")

    def _sink(self, process_id: str, stream: str, counter: str) -> Any:
        def store(data: bytes) -> None:
            with self.db.transaction():
                counted = self.db.one(
                    f"UPDATE workspace_processes SET {counter} = {counter} + ?, updated_at = ?"  # noqa: S608
                    f" WHERE id = ? RETURNING {counter} AS cursor",
                    (len(data), self.clock.now(), process_id),
                )
                assert counted is not None
                self._streams.append_output(process_id, stream, counted["cursor"] - len(data), data)

        async def sink(data: bytes) -> None:
            await self._record(lambda: store(data))

        return sink

    async def _feed(self, row: ProcessRow, kind: ProcessKind, running: _Running, process: Process) -> None:
        """Pass on input as it arrives, one chunk at a time."""
        process_id, cursor = row["id"], 0
        while True:
            running.input.clear()
            chunks = self._streams.after(process_id, kind.input, cursor, 1)
            if chunks:
                cursor = chunks[0]["offset_end"]
                await process.write(chunks[0]["data"] or b"")
                await self._record(lambda end=cursor: self._streams.passed_on(process_id, kind.input, end))
            elif self.row(process_id)["stdin_closed_at"] is not None:
                process.close_input()
                return
            else:
                await running.input.wait()

    # --- using -------------------------------------------------------------------------------------

    def write_input(self, row: ProcessRow, kind: ProcessKind, offset: int, data: bytes) -> Any:
        """Store input, in the caller's transaction."""
        chunk = self._streams.write_input(row["id"], kind.input, row["input_cursor"], offset, data)
        if offset == row["input_cursor"]:
            self._change(row["id"], {"input_cursor": chunk["offset_end"]})
        self._input_came(row["id"])
        return chunk

    def close_input(self, row: ProcessRow) -> None:
        """End the input, in the caller's transaction."""
        if row["stdin_closed_at"] is None:
            self._change(row["id"], {"stdin_closed_at": self.clock.now()})
            self._input_came(row["id"])

    def _input_came(self, process_id: str) -> None:
        running = self._running.get(process_id)
        if running is not None:
            self.db.after_commit(running.input.set)

    def resize(self, row: ProcessRow, cols: int, rows: int) -> None:
        """Resize a terminal, in the caller's transaction."""
        self._change(row["id"], {"state": "resizing"})
        self.db.after_commit(lambda: self._apply_size(row["id"], cols, rows))

    def _apply_size(self, process_id: str, cols: int, rows: int) -> None:
        running = self._running.get(process_id)
        if running is None or running.process is None:
            return
        running.process.resize(cols, rows)

        def applied() -> None:
            if self.row(process_id)["state"] == "resizing":
                self._change(process_id, {"state": "open", "cols": cols, "rows": rows})

        self.writes.keep(applied, of=process_id)

    def close_terminal(self, row: ProcessRow) -> None:
        """Close a terminal, in the caller's transaction."""
        self._change(row["id"], {"state": "closing"})
        self.db.after_commit(lambda: self._hang_up(row["id"]))

    def _hang_up(self, process_id: str) -> None:
        running = self._running.get(process_id)
        if running is not None and running.process is not None:
            process = running.process
            process.terminate()
            asyncio.get_running_loop().call_later(self.settings.process_grace, process.kill)

    # --- recording ---------------------------------------------------------------------------------

    async def _record(self, work: Any) -> None:
        await self.writes.run(work, seconds=math.inf)

    def _set_running(self, row: ProcessRow, kind: ProcessKind, process: Process) -> None:
        now = self.clock.now()
        values = {"state": kind.running, "system_id": str(process.pid), "started_at": now}
        with self.db.transaction():
            self._change(row["id"], values)
            self._workspaces.mark_dirty(row["workspace_id"])

    def _set_done(self, row: ProcessRow, kind: ProcessKind, ending: ProcessExit, is_stopped: bool) -> None:
        with self.db.transaction():
            if is_stopped:
                self._set_ended(row, kind.stopped, code=_STOPPED)
            else:
                self._set_ended(row, kind.ended)
            self._change(row["id"], {"exit_code": ending.exit_code, "signal": ending.signal})

    def _set_ended(
        self, row: ProcessRow, state: str, *, code: str | None = None, error: dict[str, Any] | None = None
    ) -> None:
        details = error or ({} if code is None else {"code": code})
        self._change(
            row["id"],
            {"state": state, "error": jsontext.encode(details).decode(), "ended_at": self.clock.now()},
        )

    def _change(self, process_id: str, values: dict[str, Any]) -> None:
        self.db.update("workspace_processes", process_id, {**values, "updated_at": self.clock.now()})
        self.db.after_commit(lambda: self.notifier.notify(process_topic(process_id)))

    # --- reading -----------------------------------------------------------------------------------

    def row(self, process_id: str) -> ProcessRow:
        """Return the row with this id, which must exist."""
        row = self.db.one(f"{_SELECT} WHERE id = ?", (process_id,), row=ProcessRow)
        assert row is not None
        return row

    def _active(self, condition: str, *values: str) -> list[ProcessRow]:
        marks = ",".join("?" * len(_TERMINAL))
        return self.db.all(
            f"{_SELECT} WHERE {condition} AND state NOT IN ({marks})",
            (*values, *sorted(_TERMINAL)),
            row=ProcessRow,
        )

    def newest(self, workspace_id: str, kind: ProcessKind, state: str, limit: int) -> Sequence[ProcessRow]:
        """Return the execs or PTYs of a workspace, newest first."""
        chosen = " AND state = ?" if state else ""
        return self.db.all(
            f"{_SELECT} WHERE workspace_id = ? AND kind = ?{chosen}"
            " ORDER BY created_at DESC, id DESC LIMIT ?",
            (workspace_id, kind.name, *([state] if state else []), limit),
            row=ProcessRow,
        )

    def addressed(self, request: Request, kind: ProcessKind) -> ProcessRow:
        """Return the exec or PTY that the path names.

        Raises:
            ApiError: 400, 403 or 404.
        """
        workspace = self._workspaces.addressed(request)
        process_id = check_uuid(request.parameters[kind.parameter], kind.parameter)
        row = self.db.one(
            f"{_SELECT} WHERE id = ? AND workspace_id = ? AND kind = ?",
            (process_id, workspace["id"], kind.name),
            row=ProcessRow,
        )
        if row is None:
            raise ApiError(404, kind.missing)
        return row

    def output(self, row: ProcessRow, kind: ProcessKind, stream: str) -> ProcessOutput:
        """Return an output of the exec or PTY, to be read or followed."""

        def position() -> Position:
            now = self.db.one("SELECT state, error FROM workspace_processes WHERE id = ?", (row["id"],))
            assert now is not None
            return Position(now["state"], now["error"], now["state"] in _TERMINAL)

        return ProcessOutput(row["id"], stream, kind.resource, position)


def is_terminal(row: ProcessRow) -> bool:
    """Return whether the exec or PTY has ended."""
    return row["state"] in _TERMINAL


def refuse_not_open(row: ProcessRow, *states: str) -> None:
    """Refuse a PTY that is not in one of these states.

    Raises:
        ApiError: 409.
    """
    if row["state"] not in states:
        raise conflict("workspace_pty_not_open")
