"""`/api/workspaces`: workspaces and their mounts. Their files and versions are in `workspace_files`."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
from collections.abc import Awaitable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, TypedDict

from helmr_api.constants import DEFAULT_WORKSPACE_KEY_TTL_SECONDS

from ..archives import EMPTY_BYTES, EMPTY_DIGEST, ArchiveError, Packed
from ..document import enumeration
from ..engine.context import Context
from ..engine.workspaces import LiveWorkspace, WorkspaceDirectories
from ..errors import ApiError, bad_request, conflict
from ..http.request import Request, refuse_scope
from ..http.response import Response, json_response
from ..ids import new_id, new_ids
from ..store import DatabaseClosedError
from ..wire import jsontext
from ..wire.durations import go_duration
from ..wire.strings import trim
from ..wire.times import add_nanoseconds, format_time
from .base import Resource, handles
from .sandboxes import SandboxRow
from .validation import (
    check_external_id,
    check_idempotency_key,
    check_uuid,
    metadata_text,
    newest_limit,
    no_nul,
    normalised_tags,
    tags_text,
)

logger = logging.getLogger("helmr_local")

INITIAL = "initial empty workspace"
# A workspace created by a start has two more rows at first, which are equal but for ids and time: its empty
# version, which never changes, and its mount. They are part of its own row, which saves 5% of a start.
VERSIONS = (
    "(SELECT * FROM workspace_versions UNION ALL"  # noqa: S608  # constants
    " SELECT first_version_id AS id, id AS workspace_id, NULL AS parent_version_id, 'system' AS kind,"
    f" '{EMPTY_DIGEST}' AS content_digest, {len(EMPTY_BYTES)} AS size_bytes, 0 AS entry_count,"
    f" '{INITIAL}' AS message, created_at FROM workspaces)"
)
"""All versions of workspaces, with the columns of `VersionRow`. A query names the workspace."""
_MOUNTS = (
    "(SELECT * FROM workspace_mounts UNION ALL"
    " SELECT own_mount_id AS id, id AS workspace_id, first_version_id AS base_version_id, 'mounted' AS state,"
    " created_at AS heartbeat_at, created_at, created_at AS updated_at"
    " FROM workspaces WHERE own_mount_id IS NOT NULL)"
)
CAPTURE = "system capture before workspace stop"
_STOPPED = "unmounted"
_PAUSES = (0.05, 0.2, 1.0, 5.0)
"""Seconds between attempts to remove a directory."""


class WorkspaceRow(TypedDict):
    """A workspace."""

    id: str
    environment_id: str
    project_id: str
    deployment_sandbox_id: str
    sandbox_id: str
    sandbox_fingerprint: str
    external_id: str | None
    first_version_id: str
    own_mount_id: str | None
    current_version_id: str
    state: str
    desired_state: str
    dirty_state: str
    metadata: str
    tags: str
    last_activity_at: int
    created_at: int
    updated_at: int
    archived_at: int | None


class MountRow(TypedDict):
    """A mount of a workspace."""

    id: str
    workspace_id: str
    base_version_id: str
    state: str
    heartbeat_at: int | None
    created_at: int
    updated_at: int


class VersionRow(TypedDict):
    """A version of the files of a workspace."""

    id: str
    workspace_id: str
    parent_version_id: str | None
    kind: str
    content_digest: str
    size_bytes: int
    entry_count: int
    message: str | None
    created_at: int


class Workspaces(Resource):
    """Workspaces, their mounts, and the directories of those that are mounted.

    The server is the worker: it claims each mount itself, at once or after `mount_delay`. The directory of a
    mounted workspace is created on first use. A stop ends the processes in it, stores its files as a new
    version if they have changed, and removes it. Code that works in workspaces uses `addressed`,
    `request_mount`, `mounted` and `directory`, and listens to the signals `workspace_mounted`,
    `workspace_stopping` and `mount_ended`.
    """

    SCHEMA = """
    CREATE TABLE IF NOT EXISTS workspaces (
      id TEXT PRIMARY KEY,
      environment_id TEXT NOT NULL,
      project_id TEXT NOT NULL,
      deployment_sandbox_id TEXT NOT NULL,
      sandbox_id TEXT NOT NULL,
      sandbox_fingerprint TEXT NOT NULL,
      external_id TEXT,
      first_version_id TEXT NOT NULL,  -- has no row of its own
      own_mount_id TEXT,  -- the mount made with the workspace, until it changes; has no row of its own
      current_version_id TEXT NOT NULL,
      state TEXT NOT NULL,
      desired_state TEXT NOT NULL,
      dirty_state TEXT NOT NULL,
      metadata TEXT NOT NULL,
      tags TEXT NOT NULL,
      last_activity_at INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      archived_at INTEGER
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX IF NOT EXISTS workspaces_external_id
      ON workspaces (environment_id, external_id) WHERE external_id IS NOT NULL;
    CREATE INDEX IF NOT EXISTS workspaces_newest ON workspaces (environment_id, updated_at, id);

    CREATE TABLE IF NOT EXISTS workspace_versions (
      id TEXT PRIMARY KEY,
      workspace_id TEXT NOT NULL,
      parent_version_id TEXT,
      kind TEXT NOT NULL,
      content_digest TEXT NOT NULL,
      size_bytes INTEGER NOT NULL,
      entry_count INTEGER NOT NULL,
      message TEXT,
      created_at INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS workspace_versions_newest
      ON workspace_versions (workspace_id, created_at, id);

    CREATE TABLE IF NOT EXISTS workspace_mounts (
      id TEXT PRIMARY KEY,
      workspace_id TEXT NOT NULL,
      base_version_id TEXT NOT NULL,
      state TEXT NOT NULL,
      heartbeat_at INTEGER,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) WITHOUT ROWID;
    -- Not `state IN ('mounting', …)`, which would build a temporary table for each row written.
    CREATE UNIQUE INDEX IF NOT EXISTS workspace_mounts_not_ended
      ON workspace_mounts (workspace_id) WHERE state <> 'unmounted' AND state <> 'failed';
    DROP INDEX IF EXISTS workspace_mounts_active;

    CREATE TABLE IF NOT EXISTS workspace_create_keys (
      environment_id TEXT NOT NULL,
      idempotency_key TEXT NOT NULL,
      fingerprint BLOB NOT NULL,
      workspace_id TEXT NOT NULL,
      expires_at INTEGER NOT NULL,
      PRIMARY KEY (environment_id, idempotency_key)
    ) WITHOUT ROWID;

    CREATE TABLE IF NOT EXISTS workspace_stop_keys (
      workspace_id TEXT NOT NULL,
      idempotency_key TEXT NOT NULL,
      response TEXT NOT NULL,
      expires_at INTEGER NOT NULL,
      PRIMARY KEY (workspace_id, idempotency_key)
    ) WITHOUT ROWID;
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.directories = WorkspaceDirectories(context.data)
        self._tasks: set[asyncio.Task[None]] = set()
        self._runs: dict[str, LiveWorkspace] = {}  # directories that runs work in
        self._left: dict[str, asyncio.Event] = {}  # set once no run uses the directory
        self._sandboxes: dict[tuple[str, str, str], SandboxRow] = {}  # of deployments, which never change

    # --- life --------------------------------------------------------------------------------------

    def startup(self) -> None:
        """Delete expired keys, resume unfinished operations, and remove directories without a mount."""
        now = self.clock.now()
        with self.db.transaction():
            for table in ("workspace_create_keys", "workspace_stop_keys"):
                self.db.execute(f"DELETE FROM {table} WHERE expires_at <= ?", (now,))  # noqa: S608  # constants
        active = self.db.all(
            "SELECT * FROM workspace_mounts WHERE state IN ('mounting', 'unmounting')", row=MountRow
        )
        for mount in active:
            if mount["state"] == "mounting":
                self._mount_later(mount)
            else:
                self._begin(self._unmount(mount))
        if self.context.data.is_there:
            wanted = self.db.all(
                "SELECT workspace_id AS id FROM workspace_mounts"
                " WHERE state <> 'unmounted' AND state <> 'failed'"
                " UNION SELECT id FROM workspaces"
                " WHERE own_mount_id IS NOT NULL OR state = 'recovery_required'"
            )
            remove = self.directories.give_up({row["id"] for row in wanted})
            self._begin(asyncio.to_thread(remove))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def shutdown(self) -> None:
        """Abandon unfinished stops: the next server resumes them."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5.0)

    # --- requests ----------------------------------------------------------------------------------

    @handles("createWorkspace")
    async def create_workspace(self, request: Request) -> Response:
        fields = await request.body("invalid workspace request JSON")
        refuse_scope(fields)
        request.authorize()
        wanted = _wanted(request, fields)
        key, ttl = self._key(fields)
        request.check_schema(fields)
        workspace, cached = await self.writes.run(lambda: self._create_once(wanted, key, ttl))
        view: dict[str, Any] = {"workspace": workspace_view(workspace)}
        if cached:
            view["is_cached"] = True
        return json_response(201, view)

    @handles("listWorkspaces")
    async def list_workspaces(self, request: Request) -> Response:
        request.refuse_scope_query()
        request.authorize()
        limit = newest_limit(request)
        filters, parameters = ["environment_id = ?"], [request.environment_id]
        state = trim(request.query.get("state", ""))
        if state:
            if state not in enumeration("WorkspaceState"):
                raise bad_request("state must be active, deleting, recovery_required, archived, or deleted")
            filters.append("state = ?")
            parameters.append(state)
        if external_id := trim(request.query.get("external_id", "")):
            no_nul(external_id, "external_id")
            filters.append("external_id = ?")
            parameters.append(external_id)
        if tag := trim(request.query.get("tag", "")):
            no_nul(tag, "tag")
            filters.append("EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)")
            parameters.append(tag)
        rows = self.db.all(
            f"SELECT * FROM workspaces WHERE {' AND '.join(filters)}"  # noqa: S608  # constants
            " ORDER BY updated_at DESC, id DESC LIMIT ?",
            (*parameters, limit),
            row=WorkspaceRow,
        )
        return json_response(200, {"workspaces": [workspace_view(row) for row in rows]})

    @handles("getWorkspace")
    async def get_workspace(self, request: Request) -> Response:
        return _envelope(self.addressed(request))

    @handles("updateWorkspace")
    async def update_workspace(self, request: Request) -> Response:
        workspace = self.addressed(request)
        fields = await request.body("invalid workspace patch request JSON")
        changes: dict[str, Any] = {}
        if "metadata" in fields:
            changes["metadata"] = metadata_text(fields["metadata"])
        if fields.get("tags") is not None:
            changes["tags"] = tags_text(normalised_tags(fields["tags"]))
        request.check_schema(fields)
        return _envelope(await self.writes.run(lambda: self._change(workspace["id"], changes)))

    @handles("archiveWorkspace")
    async def archive_workspace(self, request: Request) -> Response:
        workspace = self.addressed(request)
        return _envelope(await self.writes.run(lambda: self._archive(workspace["id"])))

    @handles("materializeWorkspace", "connectWorkspace")
    async def materialize_workspace(self, request: Request) -> Response:
        workspace_id = check_uuid(request.parameters["workspace_id"], "workspace_id")
        fields = await request.body("invalid workspace materialize request JSON")
        refuse_scope(fields)
        request.authorize()
        request.check_schema(fields)

        def mount() -> tuple[WorkspaceRow, MountRow, bool]:
            workspace = self._active(workspace_id, request.environment_id)
            return workspace, *self.request_mount(workspace)

        workspace, found, is_new = await self.writes.run(mount)
        return json_response(201 if is_new else 200, mount_view(workspace, found))

    @handles("stopWorkspace")
    async def stop_workspace(self, request: Request) -> Response:
        workspace_id = check_uuid(request.parameters["workspace_id"], "workspace_id")
        fields = await request.body("invalid workspace stop request JSON")
        refuse_scope(fields)
        request.authorize()
        key, ttl = self._key(fields)
        request.check_schema(fields)
        view = await self.writes.run(lambda: self._stop_once(workspace_id, request.environment_id, key, ttl))
        return json_response(200, jsontext.raw(view))

    # --- used by other resources ---------------------------------------------------------------------

    def addressed(self, request: Request) -> WorkspaceRow:
        """Return the workspace that the path names. Operations on parts of a workspace start with these
        checks.

        Raises:
            ApiError: 400, 403 or 404, in this order.
        """
        workspace_id = check_uuid(request.parameters["workspace_id"], "workspaceID")
        request.refuse_scope_query()
        request.authorize()
        workspace = self.get(workspace_id, request.environment_id)
        if workspace is None:
            raise _not_found()
        return workspace

    def get(self, workspace_id: str, environment_id: str) -> WorkspaceRow | None:
        """Return the workspace, if the environment has it."""
        return self.db.one(
            "SELECT * FROM workspaces WHERE id = ? AND environment_id = ?",
            (workspace_id, environment_id),
            row=WorkspaceRow,
        )

    def require(self, workspace_id: str) -> WorkspaceRow:
        """Return a workspace that is known to exist."""
        workspace = self.db.one("SELECT * FROM workspaces WHERE id = ?", (workspace_id,), row=WorkspaceRow)
        if workspace is None:
            raise LookupError(f"workspace {workspace_id} no longer exists")
        return workspace

    def version(self, workspace_id: str, version_id: str) -> VersionRow | None:
        """Return a version of the workspace, if it exists."""
        return self.db.one(
            f"SELECT * FROM {VERSIONS} WHERE workspace_id = ? AND id = ?",  # noqa: S608  # constants
            (workspace_id, version_id),
            row=VersionRow,
        )

    def current_version(self, workspace: WorkspaceRow) -> VersionRow:
        """Return the current version."""
        version = self.version(workspace["id"], workspace["current_version_id"])
        if version is None:
            raise LookupError(f"version {workspace['current_version_id']} no longer exists")
        return version

    def active_mount(self, workspace_id: str) -> MountRow | None:
        """Return the mount that is `mounting`, `mounted` or `unmounting`, if there is one."""
        return self.db.one(
            f"SELECT * FROM {_MOUNTS}"  # noqa: S608  # constants
            " WHERE workspace_id = ? AND state <> 'unmounted' AND state <> 'failed'",
            (workspace_id,),
            row=MountRow,
        )

    def mounted(self, workspace_id: str) -> MountRow | None:
        """Return the active mount, if it is ready."""
        mount = self.active_mount(workspace_id)
        return mount if mount is not None and mount["state"] == "mounted" else None

    def request_mount(self, workspace: WorkspaceRow) -> tuple[MountRow, bool]:
        """Return the active mount of an active workspace, requesting one if needed, and whether it is new.

        Call it within a transaction. `workspace_mounted` is sent when a new one is ready.

        Raises:
            ApiError: 409 `workspace_mount_not_runnable` if the mount is being stopped.
        """
        mount = self.active_mount(workspace["id"])
        if mount is not None and mount["state"] == "unmounting":
            raise conflict(
                "workspace_mount_not_runnable", "workspace has an active mount that is not runnable"
            )
        now = self.clock.now()
        if workspace["desired_state"] != "active":
            self.db.update("workspaces", workspace["id"], {"desired_state": "active", "updated_at": now})
        if mount is not None:
            return mount, False
        mount = self._new_mount(workspace, now)
        self.db.after_commit(partial(self._mount_later, mount))
        return mount, True

    def has_running_run(self, workspace_id: str) -> bool:
        """Return whether a worker is executing a run in the workspace; a parked run does not count."""
        return (
            self.db.one(
                "SELECT 1 FROM sessions s JOIN runs r ON r.session_id = s.id"
                " WHERE s.workspace_id = ? AND r.lease_id IS NOT NULL LIMIT 1",
                (workspace_id,),
            )
            is not None
        )

    async def directory(self, workspace_id: str) -> Path:
        """Return the directory of a mounted workspace, unpacking its current version if needed.

        Raises:
            ArchiveError: The version cannot be unpacked.
        """
        version = self.current_version(self.require(workspace_id))
        return await asyncio.to_thread(self.directories.make, workspace_id, version["content_digest"])

    def mark_dirty(self, workspace_id: str) -> None:
        """Record, in the caller's transaction, that a process works in the directory."""
        self.db.update("workspaces", workspace_id, {"dirty_state": "dirty", "updated_at": self.clock.now()})

    # --- creation ----------------------------------------------------------------------------------

    def create(
        self,
        sandbox: SandboxRow,
        environment_id: str,
        project_id: str,
        now: int,
        *,
        mounted: bool = False,
        **values: Any,
    ) -> WorkspaceRow:
        """Create a workspace with its empty initial version, within the caller's transaction.

        Args:
            mounted: True if it has a mount from the start.
            values: The columns with non-default values.
        """
        workspace_id, version_id, mount_id = new_ids(3)
        workspace: WorkspaceRow = {
            "id": workspace_id,
            "environment_id": environment_id,
            "project_id": project_id,
            "deployment_sandbox_id": sandbox["id"],
            "sandbox_id": sandbox["sandbox_id"],
            "sandbox_fingerprint": sandbox["fingerprint"],
            "external_id": None,
            "first_version_id": version_id,
            "own_mount_id": mount_id if mounted else None,
            "current_version_id": version_id,
            "state": "active",
            "desired_state": "active",
            "dirty_state": "clean",
            "metadata": "{}",
            "tags": "[]",
            "last_activity_at": now,
            "created_at": now,
            "updated_at": now,
            "archived_at": None,
            **values,  # type: ignore[typeddict-item]  # columns
        }
        self.db.add("workspaces", workspace)
        return workspace

    def create_mounted(
        self, sandbox: SandboxRow, environment_id: str, project_id: str, now: int
    ) -> WorkspaceRow:
        """Create the workspace of a starting session, and mount it, within the caller's transaction."""
        if self.settings.mount_delay == 0:  # no one could observe the state `mounting`
            return self.create(sandbox, environment_id, project_id, now, mounted=True)
        workspace = self.create(sandbox, environment_id, project_id, now)
        self._mount_after_commit(workspace, now)
        return workspace

    def mount_for_run(self, workspace: WorkspaceRow, now: int) -> None:
        """Make sure that the workspace of a starting session is mounted, in the caller's transaction."""
        if self.active_mount(workspace["id"]) is None:
            if self.settings.mount_delay == 0:  # no one could observe the state `mounting`
                self._new_mount(workspace, now, state="mounted", heartbeat_at=now)
            else:
                self._mount_after_commit(workspace, now)

    def _mount_after_commit(self, workspace: WorkspaceRow, now: int) -> None:
        self.db.after_commit(partial(self._mount_later, self._new_mount(workspace, now)))

    def sandbox(self, environment_id: str, deployment_id: str, sandbox_id: str) -> SandboxRow:
        """Return a sandbox of a deployment, by default of the environment's current one.

        Raises:
            ApiError: 409 `sandbox_not_deployed`.
        """
        wanted = (environment_id, deployment_id, sandbox_id)
        known = self._sandboxes.get(wanted)
        if known is not None:
            return known
        found = self.db.one(
            "SELECT s.* FROM environments e JOIN deployments d ON d.environment_id = e.id"
            " JOIN deployment_sandboxes s ON s.deployment_id = d.id AND s.sandbox_id = ?"
            " WHERE e.id = ? AND d.id = COALESCE(NULLIF(?, ''), e.current_deployment_id)",
            (sandbox_id, environment_id, deployment_id),
            row=SandboxRow,
        )
        if found is None:
            raise conflict("sandbox_not_deployed", "task sandbox is not deployed")
        if deployment_id:
            self._sandboxes[wanted] = found
            self.db.undo(self._sandboxes.clear)  # it may have been deployed in this very transaction
        return found

    def _create_once(self, wanted: _WantedWorkspace, key: str, ttl: int) -> tuple[WorkspaceRow, bool]:
        with self.db.transaction():
            found = self._created(wanted, key) if key else None
            if found is not None:
                return found, True
            sandbox = self.sandbox(wanted["environment_id"], wanted["deployment_id"], wanted["sandbox_id"])
            if wanted["external_id"] and self._external_id_taken(wanted):
                raise ApiError(
                    409,
                    "ERROR: duplicate key value violates unique constraint"
                    ' "workspaces_external_id_idx" (SQLSTATE 23505)',
                )
            workspace = self.create(
                sandbox,
                wanted["environment_id"],
                wanted["project_id"],
                self.clock.now(),
                external_id=wanted["external_id"] or None,
                metadata=wanted["metadata"],
                tags=wanted["tags"],
            )
            if key:
                self.db.replace(  # an expired one
                    "workspace_create_keys",
                    {
                        "environment_id": wanted["environment_id"],
                        "idempotency_key": key,
                        "fingerprint": wanted["fingerprint"],
                        "workspace_id": workspace["id"],
                        "expires_at": add_nanoseconds(self.clock.now(), ttl),
                    },
                )
            return workspace, False

    def _created(self, wanted: _WantedWorkspace, key: str) -> WorkspaceRow | None:
        known = self.db.one(
            "SELECT fingerprint, workspace_id FROM workspace_create_keys"
            " WHERE environment_id = ? AND idempotency_key = ? AND expires_at > ?",
            (wanted["environment_id"], key, self.clock.now()),
        )
        if known is None:
            return None
        if known["fingerprint"] != wanted["fingerprint"]:
            raise conflict(
                "idempotency_fingerprint_mismatch",
                "idempotency_key was already used with different workspace create parameters",
            )
        return self.require(known["workspace_id"])

    def _external_id_taken(self, wanted: _WantedWorkspace) -> bool:
        return (
            self.db.one(
                "SELECT 1 FROM workspaces WHERE environment_id = ? AND external_id = ?",
                (wanted["environment_id"], wanted["external_id"]),
            )
            is not None
        )

    def _key(self, fields: dict[str, Any]) -> tuple[str, int]:
        """Return the idempotency key and its lifetime in nanoseconds; an empty key means none."""
        key = trim(fields.get("idempotency_key") or "")
        check_idempotency_key(key)
        text = trim(fields.get("idempotency_key_ttl") or "")
        if not key or not text:
            return key, DEFAULT_WORKSPACE_KEY_TTL_SECONDS * 1_000_000_000
        ttl = go_duration(text)
        if ttl is None or ttl <= 0:
            raise bad_request("idempotency_key_ttl must be a positive duration")
        return key, ttl

    # --- changes -----------------------------------------------------------------------------------

    def _change(self, workspace_id: str, changes: dict[str, Any]) -> WorkspaceRow:
        self.db.update("workspaces", workspace_id, {**changes, "updated_at": self.clock.now()})
        return self.require(workspace_id)

    def _archive(self, workspace_id: str) -> WorkspaceRow:
        with self.db.transaction():
            if self.active_mount(workspace_id) is not None:
                raise ApiError(409, "workspace has an active workspace mount")
            now = self.clock.now()
            archived_at = self.require(workspace_id)["archived_at"]
            return self._change(
                workspace_id,
                {
                    "state": "archived",
                    "desired_state": "archived",
                    "archived_at": now if archived_at is None else archived_at,
                },
            )

    def _active(self, workspace_id: str, environment_id: str) -> WorkspaceRow:
        workspace = self.get(workspace_id, environment_id)
        if workspace is None or workspace["state"] != "active":
            raise _not_found()
        return workspace

    # --- mounts ------------------------------------------------------------------------------------

    def _new_mount(
        self, workspace: WorkspaceRow, now: int, *, state: str = "mounting", heartbeat_at: int | None = None
    ) -> MountRow:
        mount: MountRow = {
            "id": new_id(),
            "workspace_id": workspace["id"],
            "base_version_id": workspace["current_version_id"],
            "state": state,
            "heartbeat_at": heartbeat_at,
            "created_at": now,
            "updated_at": now,
        }
        self.db.add("workspace_mounts", mount)
        return mount

    def _mount_later(self, mount: MountRow) -> None:
        if self.settings.mount_delay is not None:
            self.context.on_machine(
                self.settings.mount_delay, lambda: self.writes.keep(partial(self._mount, mount["id"]))
            )

    def _mount(self, mount_id: str) -> None:
        with self.db.transaction():
            mount = self._mount_row(mount_id)
            if mount["state"] != "mounting":  # stopped in the meantime
                return
            now = self.clock.now()
            changes = {"state": "mounted", "heartbeat_at": now, "updated_at": now}
            self.db.update("workspace_mounts", mount_id, changes)
            self.db.after_commit(
                lambda: self.context.signals.workspace_mounted(mount["workspace_id"], mount_id)
            )

    def _mount_row(self, mount_id: str) -> MountRow:
        mount = self.db.one("SELECT * FROM workspace_mounts WHERE id = ?", (mount_id,), row=MountRow)
        if mount is None:
            raise LookupError(f"mount {mount_id} no longer exists")
        return mount

    def _end_mount(self, mount_id: str, state: str) -> MountRow:
        now = self.clock.now()
        self.db.update("workspace_mounts", mount_id, {"state": state, "updated_at": now})
        self.context.signals.mount_ended(mount_id, state, now)
        return self._mount_row(mount_id)

    # --- stopping ----------------------------------------------------------------------------------

    def _stop_once(self, workspace_id: str, environment_id: str, key: str, ttl: int) -> str:
        with self.db.transaction():
            workspace = self.get(workspace_id, environment_id)
            if workspace is None:
                raise _not_found()
            if key:
                known = self.db.one(
                    "SELECT response FROM workspace_stop_keys"
                    " WHERE workspace_id = ? AND idempotency_key = ? AND expires_at > ?",
                    (workspace_id, key, self.clock.now()),
                )
                if known is not None:
                    return str(known["response"])
            if workspace["state"] != "active":
                raise _not_found()
            view = jsontext.encode(self._stop(workspace)).decode()
            if key:
                self.db.replace(
                    "workspace_stop_keys",
                    {
                        "workspace_id": workspace_id,
                        "idempotency_key": key,
                        "response": view,
                        "expires_at": add_nanoseconds(self.clock.now(), ttl),
                    },
                )
            return view

    def _stop(self, workspace: WorkspaceRow) -> dict[str, Any]:
        mount = self.active_mount(workspace["id"])
        self._change(workspace["id"], {"desired_state": "stopped"})
        view: dict[str, Any] = {"workspace_id": workspace["id"], "state": "no_active_mount"}
        if mount is None:
            return view
        if mount["state"] == "mounting":
            mount = self._end_mount(mount["id"], _STOPPED)
        elif mount["state"] == "mounted":
            if mount["id"] == workspace["own_mount_id"]:  # from now on, it has a row of its own
                self.db.insert("workspace_mounts", mount)
                self.db.update("workspaces", workspace["id"], {"own_mount_id": None})
            self.db.update(
                "workspace_mounts", mount["id"], {"state": "unmounting", "updated_at": self.clock.now()}
            )
            mount = self._mount_row(mount["id"])
            self.db.after_commit(partial(self._begin_unmount, mount))
        return view | {"state": mount["state"], "mount": mount_view(workspace, mount)}

    def _begin_unmount(self, mount: MountRow) -> None:
        self._begin(self._unmount(mount))

    async def _unmount(self, mount: MountRow) -> None:
        """End the processes in a workspace, store its files if they have changed, and remove its
        directory.
        """
        workspace_id = mount["workspace_id"]
        try:
            await self._until_unused(workspace_id)
            packed = None
            if await asyncio.to_thread(self.directories.is_there, workspace_id):
                packed = await asyncio.to_thread(self.directories.store, workspace_id)
            await self.writes.run(lambda: self._unmounted(mount, packed), seconds=math.inf)
        except (asyncio.CancelledError, DatabaseClosedError):
            return  # the next server resumes it
        except Exception as error:
            if not isinstance(error, ArchiveError):
                logger.exception("workspace %s could not be stopped", workspace_id)
            self._capture_failed(mount, error)
            return
        await self._remove_directory(workspace_id)

    async def _remove_directory(self, workspace_id: str) -> None:
        """Remove the directory of a workspace whose files are stored, unless it is mounted again."""
        reason: str | None = None
        for pause in _PAUSES:
            if self.active_mount(workspace_id) is not None:
                return
            try:
                await asyncio.to_thread(self.directories.remove, workspace_id)
                return
            except PermissionError as error:  # on Windows, a file in it is open
                reason = error.strerror
            await asyncio.sleep(pause)
        logger.warning("%s cannot be removed: %s", self.directories.path(workspace_id), reason)

    async def _until_unused(self, workspace_id: str) -> None:
        waiting: list[Awaitable[None]] = []
        self.context.signals.workspace_stopping(workspace_id, waiting)
        for done in waiting:
            await done
        while self._in_use(workspace_id):
            await self._left.setdefault(workspace_id, asyncio.Event()).wait()

    def _in_use(self, workspace_id: str) -> bool:
        """Return whether the function of a run has asked for the directory and has not ended yet."""
        return any(live.id == workspace_id and live.used for live in self._runs.values())

    def _unmounted(self, mount: MountRow, packed: Packed | None) -> None:
        with self.db.transaction():
            workspace = self.require(mount["workspace_id"])
            if packed is not None:
                self._publish(workspace, packed, kind="system", message=CAPTURE)
            self._change(workspace["id"], {"dirty_state": "clean"})
            self._end_mount(mount["id"], _STOPPED)

    def _capture_failed(self, mount: MountRow, error: Exception) -> None:
        """Handle a failure to store the directory's files: they stay there, and the workspace needs manual
        recovery.
        """
        logger.error(
            "the files of workspace %s cannot be stored and are left in %s: %s",
            mount["workspace_id"],
            self.directories.path(mount["workspace_id"]),
            error,
        )

        def record() -> None:
            with self.db.transaction():
                self._change(
                    mount["workspace_id"],
                    {"state": "recovery_required", "dirty_state": "capture_failed"},
                )
                self._end_mount(mount["id"], "failed")

        self.writes.keep(record)

    # --- versions ----------------------------------------------------------------------------------

    def _publish(self, workspace: WorkspaceRow, packed: Packed, *, kind: str, message: str | None) -> None:
        """Make an archive the current version of the workspace, unless it already is."""
        current = self.current_version(workspace)
        if current["content_digest"] == packed.digest:
            return
        version: VersionRow = {
            "id": new_id(),
            "workspace_id": workspace["id"],
            "parent_version_id": current["id"],
            "kind": kind,
            "content_digest": packed.digest,
            "size_bytes": packed.size,
            "entry_count": packed.entries,
            "message": message,
            "created_at": self.clock.now(),
        }
        self.db.add("workspace_versions", version)
        self._change(workspace["id"], {"current_version_id": version["id"]})

    # --- runs --------------------------------------------------------------------------------------

    def of_session(self, session_id: str) -> LiveWorkspace:
        """Return the workspace in which the runs of a session work."""
        row = self.db.one(
            "SELECT w.id, w.current_version_id AS version_id, COALESCE(v.content_digest, ?) AS content_digest"
            " FROM sessions s JOIN workspaces w ON w.id = s.workspace_id"
            " LEFT JOIN workspace_versions v ON v.id = w.current_version_id WHERE s.id = ?",
            (EMPTY_DIGEST, session_id),
        )
        if row is None:
            raise LookupError(f"the workspace of session {session_id} no longer exists")
        return LiveWorkspace(self.directories, row["id"], row["version_id"], row["content_digest"])

    def enter(self, run_id: str, workspace: LiveWorkspace) -> None:
        """Prepare for the start of the run's function. If the function uses the directory, it is kept until
        `leave`.
        """
        self._runs[run_id] = workspace

    def leave(self, run_id: str) -> None:
        """Release the directory: the run's function has ended, or is no longer waited for."""
        live = self._runs.pop(run_id, None)
        if live is not None and live.id in self._left and not self._in_use(live.id):
            self._left.pop(live.id).set()

    def publish(self, workspace: LiveWorkspace, packed: Packed, now: int) -> None:
        """Make the run's workspace files the current version, in the caller's transaction."""
        row = self.require(workspace.id)
        self._publish(row, packed, kind="user", message=None)
        self._change(row["id"], {"dirty_state": "clean", "last_activity_at": now})


class _WantedWorkspace(TypedDict):
    """The workspace that a request asks for, with its fields trimmed and checked."""

    environment_id: str
    project_id: str
    sandbox_id: str
    deployment_id: str
    external_id: str
    metadata: str
    tags: str
    fingerprint: bytes


def _wanted(request: Request, fields: dict[str, Any]) -> _WantedWorkspace:
    sandbox_id = trim(fields.get("sandbox_id") or "")
    if not sandbox_id:
        raise bad_request("sandbox_id is required")
    deployment = trim(fields.get("deployment_id") or "")
    deployment_id = check_uuid(deployment, "deployment_id") if deployment else ""
    external_id = trim(fields.get("external_id") or "")
    check_external_id(external_id)
    metadata = metadata_text(fields["metadata"]) if "metadata" in fields else "{}"
    tags = tags_text(normalised_tags(fields.get("tags") or []))
    same = [sandbox_id, deployment, external_id, jsontext.parse(metadata.encode()), tags]
    return {
        "environment_id": request.environment_id,
        "project_id": request.actor.project_id,
        "sandbox_id": sandbox_id,
        "deployment_id": deployment_id,
        "external_id": external_id,
        "metadata": metadata,
        "tags": tags,
        "fingerprint": hashlib.sha256(jsontext.canonical(same)).digest(),
    }


def _not_found() -> ApiError:
    return ApiError(404, "workspace not found")


def _envelope(workspace: WorkspaceRow) -> Response:
    return json_response(200, {"workspace": workspace_view(workspace)})


def workspace_view(workspace: WorkspaceRow) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": workspace["id"],
        "project_id": workspace["project_id"],
        "environment_id": workspace["environment_id"],
        "deployment_sandbox_id": workspace["deployment_sandbox_id"],
        "sandbox_id": workspace["sandbox_id"],
        "sandbox_fingerprint": workspace["sandbox_fingerprint"],
    }
    if workspace["external_id"] is not None:
        view["external_id"] = workspace["external_id"]
    view |= {
        "current_version_id": workspace["current_version_id"],
        "state": workspace["state"],
        "desired_state": workspace["desired_state"],
        "dirty_state": workspace["dirty_state"],
        "metadata": jsontext.raw(workspace["metadata"]),
    }
    if workspace["tags"] != "[]":
        view["tags"] = jsontext.raw(workspace["tags"])
    view |= {
        "last_activity_at": format_time(workspace["last_activity_at"]),
        "created_at": format_time(workspace["created_at"]),
        "updated_at": format_time(workspace["updated_at"]),
    }
    if workspace["archived_at"] is not None:
        view["archived_at"] = format_time(workspace["archived_at"])
    return view


def mount_view(workspace: WorkspaceRow, mount: MountRow) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": mount["id"],
        "project_id": workspace["project_id"],
        "environment_id": workspace["environment_id"],
        "workspace_id": mount["workspace_id"],
        "deployment_sandbox_id": workspace["deployment_sandbox_id"],
        "base_version_id": mount["base_version_id"],
        "state": mount["state"],
        "claim_attempt": 0,
        "fencing_generation": 1,
        "dirty_generation": 0,
    }
    if mount["heartbeat_at"] is not None:
        view["last_heartbeat_at"] = format_time(mount["heartbeat_at"])
    return view | {
        "created_at": format_time(mount["created_at"]),
        "updated_at": format_time(mount["updated_at"]),
    }
