"""`/api/runs`: list, count, get, cancel, events, logs."""

from __future__ import annotations

import logging
from typing import Any, TypedDict

from helmr_api.constants import API_VERSION, TERMINAL_RUN_STATUSES

from ..document import enumeration
from ..engine.context import Context
from ..engine.rows import RunRow
from ..errors import ApiError, bad_request
from ..http.request import Request
from ..http.response import Response, json_response
from ..ids import new_id
from ..store import UNAVAILABLE
from ..wire import jsontext
from ..wire.strings import trim
from ..wire.times import format_time
from .base import Resource, handles
from .run_addressing import addressed_run, run_id_of
from .run_events import RunEvents
from .run_states import RunStates
from .validation import check_idempotency_key, check_uuid, no_nul

logger = logging.getLogger("helmr_local")


class CancelRow(TypedDict):
    """The record of a cancel."""

    id: str
    run_id: str
    status: str
    reason: str
    idempotency_key: str | None
    request: str
    created_at: int
    applied_at: int | None


class Runs(RunStates, Resource):
    """Runs: their state machine, views and requests."""

    SCHEMA = """
    -- A run and its link to the session share a row, because a run belongs to exactly one session.
    CREATE TABLE IF NOT EXISTS runs (
      no INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      environment_id TEXT NOT NULL,
      project_id TEXT NOT NULL,
      session_id TEXT NOT NULL,
      link_id TEXT NOT NULL,
      turn_index INTEGER NOT NULL,
      previous_run_id TEXT,
      trigger_stream TEXT,
      trigger_record_id TEXT,
      trigger_sequence INTEGER,
      deployment_id TEXT NOT NULL,
      deployment_task_id TEXT NOT NULL,
      version TEXT NOT NULL,
      sdk_version TEXT NOT NULL,
      cli_version TEXT NOT NULL,
      task_id TEXT NOT NULL,
      status TEXT NOT NULL,
      execution_status TEXT NOT NULL,
      terminal_outcome TEXT,
      payload TEXT NOT NULL,
      metadata TEXT NOT NULL,
      first_metadata TEXT,  -- those of the event `run.created`, once the run has changed its metadata
      tags TEXT NOT NULL,
      output TEXT,
      exit_code INTEGER,
      attempt_number INTEGER NOT NULL,
      attempt_id TEXT NOT NULL,
      first_attempt_id TEXT,  -- that of the event `run.created`, once there is another attempt
      error_message TEXT,
      queue_name TEXT NOT NULL,
      concurrency_key TEXT NOT NULL,
      priority INTEGER NOT NULL,
      queued_at INTEGER NOT NULL,
      ready_at INTEGER NOT NULL,
      ttl TEXT,
      ttl_deadline INTEGER,
      max_duration_seconds INTEGER NOT NULL,
      retry TEXT NOT NULL,
      lost_leases INTEGER NOT NULL DEFAULT 0,
      parked INTEGER NOT NULL DEFAULT 0,
      lease_id TEXT,
      lease_span TEXT,
      trace_id TEXT NOT NULL,
      root_span TEXT NOT NULL,
      event_seq INTEGER NOT NULL DEFAULT 0,
      completed_seq INTEGER,  -- the event `run.completed`, which has no row of its own, like `run.created`
      completed_lease_id TEXT,
      completed_span TEXT,
      log_seq INTEGER NOT NULL DEFAULT 0,
      stdout_bytes INTEGER NOT NULL DEFAULT 0,
      stderr_bytes INTEGER NOT NULL DEFAULT 0,
      ended_at INTEGER,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    );
    CREATE INDEX IF NOT EXISTS runs_newest ON runs (environment_id, created_at);
    -- Most runs succeed, so they are found among the newest. Only the others have an index by status.
    CREATE INDEX IF NOT EXISTS runs_not_succeeded
      ON runs (environment_id, status, created_at) WHERE status <> 'succeeded';
    CREATE INDEX IF NOT EXISTS runs_of_session ON runs (session_id, turn_index);
    CREATE INDEX IF NOT EXISTS runs_expiring ON runs (ttl_deadline) WHERE ttl_deadline IS NOT NULL;
    CREATE TABLE IF NOT EXISTS run_operations (
      id TEXT PRIMARY KEY,
      run_id TEXT NOT NULL,
      status TEXT NOT NULL,
      reason TEXT NOT NULL,
      idempotency_key TEXT,
      request TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      applied_at INTEGER
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX IF NOT EXISTS run_operations_key
      ON run_operations (run_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
    """

    def __init__(self, context: Context, events: RunEvents) -> None:
        Resource.__init__(self, context)
        RunStates.__init__(self, context, events)
        self._statuses = enumeration("RunStatus")

    # --- housekeeping ------------------------------------------------------------------------------

    def startup(self) -> None:
        """Recover from the end of an earlier server: executing runs have lost their lease, and parked runs
        their checkpoint.
        """
        now = self.clock.now()
        with self.db.transaction():
            # If the wall clock was set back since, a delay of one second must not become a day.
            self.db.execute(
                "UPDATE runs SET ready_at = ready_at - queued_at + ?, queued_at = ?"
                " WHERE status <> 'succeeded' AND execution_status = 'queued' AND queued_at > ?",
                (now, now, now),
            )
        for run in self.db.all(
            "SELECT * FROM runs WHERE status <> 'succeeded' AND execution_status <> 'finished' ORDER BY no",
            row=RunRow,
        ):
            try:
                if run["parked"]:
                    self.lose_checkpoint(run, now)
                elif run["execution_status"] in ("executing", "pending_cancel"):
                    self.lose_lease(run, now)
            except UNAVAILABLE:
                raise
            except Exception:  # one run must not keep the server from starting
                logger.exception("run %s could not be recovered", run["id"])
                self.give_up(run, now)

    def sweep(self) -> None:
        """Expire the runs whose TTL passed before they were started."""
        now = self.clock.now()
        for run in self.db.all(
            "SELECT * FROM runs WHERE ttl_deadline IS NOT NULL AND ttl_deadline <= ?"
            " AND status = 'queued' LIMIT 1000",
            (now,),
            row=RunRow,
        ):
            self.expire(run, now)

    def next_due(self) -> int:
        """Return the instant at which the next queued run expires."""
        return self._earliest(
            "SELECT min(ttl_deadline) AS at FROM runs WHERE ttl_deadline IS NOT NULL AND status = 'queued'"
        )

    def next_start(self) -> int:
        """Return the instant at which the next run that waits for another attempt becomes ready."""
        return self._earliest(
            "SELECT min(ready_at) AS at FROM runs"
            " WHERE status <> 'succeeded' AND execution_status = 'queued' AND ready_at > ?",
            self.clock.now(),
        )

    # --- requests ----------------------------------------------------------------------------------

    @handles("listRuns")
    async def list_runs(self, request: Request) -> Response:
        status = trim(request.query.get("status", "")) or "live"
        if status not in ("live", "all", *self._statuses):
            raise bad_request("status must be live, all, or a run status")
        limit = request.integer("limit")
        request.refuse_scope_query()
        request.authorize()
        session_id = None
        if session := trim(request.query.get("session_id", "")):
            session_id = check_uuid(session, "session_id")
        live = tuple(one for one in self._statuses if one not in TERMINAL_RUN_STATUSES)
        statuses: dict[str, tuple[str | None, ...]] = {"live": live, "all": (None,)}
        rows = [
            row
            for one in statuses.get(status, (status,))
            for row in self._newest(request.environment_id, one, session_id, limit)
        ]
        rows.sort(key=lambda run: (run["created_at"], run["no"]), reverse=True)
        return json_response(200, {"runs": [run_view(run) for run in rows[:limit]]})

    def _newest(
        self, environment_id: str, status: str | None, session_id: str | None, limit: int
    ) -> list[RunRow]:
        """Return the newest runs, optionally of one status. An index supports each of these queries."""
        filters, parameters = ["environment_id = ?"], [environment_id]
        if status is not None:
            filters.append("status = ?")
            parameters.append(status)
            if status != "succeeded":
                filters.append("status <> 'succeeded'")  # must equal the condition of the index
        source = "runs"
        if session_id is not None:
            source = "runs INDEXED BY runs_of_session"
            filters.append("session_id = ?")
            parameters.append(session_id)
        return self.db.all(
            f"SELECT * FROM {source} WHERE {' AND '.join(filters)}"  # noqa: S608  # the names are constants
            " ORDER BY created_at DESC, no DESC LIMIT ?",
            (*parameters, limit),
            row=RunRow,
        )

    @handles("countRuns")
    async def count_runs(self, request: Request) -> Response:
        request.refuse_scope_query()
        request.authorize()
        db, environment = self.db, (request.environment_id,)
        counts = dict.fromkeys(self._statuses, 0)
        for row in db.all(
            "SELECT status, count(*) AS n FROM runs WHERE environment_id = ? AND status <> 'succeeded'"
            " GROUP BY status",
            environment,
        ):
            counts[row["status"]] = row["n"]
        runs = db.all("SELECT count(*) AS n FROM runs WHERE environment_id = ?", environment)[0]["n"]
        counts["succeeded"] = runs - sum(counts.values())
        return json_response(200, counts)

    @handles("getRun")
    async def get_run(self, request: Request) -> Response:
        return json_response(200, run_view(addressed_run(self.db, request, run_id_of(request))))

    @handles("cancelRun")
    async def cancel_run(self, request: Request) -> Response:
        run_id = run_id_of(request)
        fields = await request.body("invalid cancel request JSON")
        sent_key = fields.get("idempotency_key", "")
        key = trim(sent_key)
        check_idempotency_key(key)
        reason, force = trim(fields.get("reason", "")), fields.get("force", False)
        no_nul(reason, "reason")
        request.check_schema(fields)
        addressed_run(self.db, request, run_id)
        # The stored request keeps the key as sent, so two spellings of one key conflict.
        stored: dict[str, Any] = {"reason": reason} if reason else {}
        stored |= ({"force": True} if force else {}) | ({"idempotency_key": sent_key} if sent_key else {})
        text = jsontext.canonical(stored).decode()
        operation, run = await self.writes.run(lambda: self._cancel_once(run_id, reason, force, key, text))
        return json_response(200, {"run": run_view(run), "operation": operation_view(operation)})

    def _cancel_once(
        self, run_id: str, reason: str, force: bool, key: str, request: str
    ) -> tuple[CancelRow, RunRow]:
        """Return the cancel operation, and the run at that moment."""
        now, run = self.clock.now(), self.require(run_id)
        if key:
            known = self.db.one(
                "SELECT * FROM run_operations WHERE run_id = ? AND idempotency_key = ?",
                (run["id"], key),
                row=CancelRow,
            )
            if known is not None:
                if known["request"] != request:
                    raise ApiError(409, "cancel idempotency key was used with a different request")
                return known, run
        with self.db.transaction():
            applied = self.cancel(run, reason, now, force=force)
            operation: CancelRow = {
                "id": new_id(),
                "run_id": run["id"],
                "status": "applied" if applied else "rejected",
                "reason": reason,
                "idempotency_key": key or None,
                "request": request,
                "created_at": now,
                "applied_at": now if applied else None,
            }
            self.db.insert("run_operations", operation)
            changed = self.require(run_id)
        return operation, changed


def run_view(run: RunRow) -> dict[str, Any]:
    """Return the run object used in all responses."""
    view: dict[str, Any] = {
        "id": run["id"],
        "project_id": run["project_id"],
        "environment_id": run["environment_id"],
        "deployment_id": run["deployment_id"],
        "deployment_task_id": run["deployment_task_id"],
        "session_id": run["session_id"],
        "version": run["version"],
        "deployment_version": run["version"],
        "api_version": API_VERSION,
    }
    if run["sdk_version"]:
        view["sdk_version"] = run["sdk_version"]
    if run["cli_version"]:
        view["cli_version"] = run["cli_version"]
    view["task_id"] = run["task_id"]
    view["status"] = run["status"]
    view["metadata"] = jsontext.raw(run["metadata"])
    view["attempt_number"] = run["attempt_number"]
    view["exit_code"] = run["exit_code"]
    if run["output"] is not None:
        view["output"] = jsontext.raw(run["output"])
    view["created_at"] = format_time(run["created_at"])
    view["updated_at"] = format_time(run["updated_at"])
    return view


def session_run_view(run: RunRow) -> dict[str, Any]:
    view: dict[str, Any] = {"id": run["link_id"], "run_id": run["id"], "deployment_id": run["deployment_id"]}
    if run["previous_run_id"] is not None:
        view["previous_run_id"] = run["previous_run_id"]
    view["turn_index"] = run["turn_index"]
    view["status"] = run["status"]
    view["execution_status"] = run["execution_status"]
    if run["terminal_outcome"] is not None:
        view["terminal_outcome"] = run["terminal_outcome"]
    view["created_at"] = format_time(run["created_at"])
    if run["ended_at"] is not None:
        view["ended_at"] = format_time(run["ended_at"])
    return view


def operation_view(operation: CancelRow) -> dict[str, Any]:
    """Return the record of a cancel."""
    view: dict[str, Any] = {
        "id": operation["id"],
        "run_id": operation["run_id"],
        "kind": "cancel",
        "status": operation["status"],
    }
    if operation["reason"]:
        view["reason"] = operation["reason"]
    view["created_at"] = format_time(operation["created_at"])
    if operation["applied_at"] is not None:
        view["applied_at"] = format_time(operation["applied_at"])
    return view
