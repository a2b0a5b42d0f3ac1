"""`/api/sessions`: list, get, update, close, cancel; activity and expiry. Starts are in `starts`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from helmr_api.constants import TERMINAL_RUN_STATUSES

from ..engine.context import Context
from ..engine.rows import RunRow, RunState
from ..engine.waits import Waits
from ..errors import ApiError, bad_request, conflict, session_not_found, session_terminal
from ..http.request import Request
from ..http.response import Response, json_response
from ..wire import jsontext
from ..wire.strings import trim
from ..wire.times import LATEST, format_time
from .base import Resource, both, handles
from .continuations import Continuations
from .rows import SessionRow
from .runs import Runs, session_run_view
from .validation import check_external_id, check_uuid, metadata_text, no_nul, normalised_tags, tags_text

_EXPIRING = (
    "FROM sessions s LEFT JOIN runs r ON r.id = s.current_run_id"
    " WHERE s.status = 'open' AND s.expires_at IS NOT NULL"
    " AND (r.id IS NULL OR r.status IN ('succeeded', 'failed', 'cancelled', 'expired'))"
    " AND NOT EXISTS (SELECT 1 FROM continuation_requests c WHERE c.session_id = s.id)"
)
"""Matches sessions that end at `expires_at`, because nothing else keeps them open."""


class Sessions(Resource):
    """The session state machine, and the views and requests of sessions."""

    SCHEMA = """
    CREATE TABLE IF NOT EXISTS sessions (
      no INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      environment_id TEXT NOT NULL,
      project_id TEXT NOT NULL,
      task_id TEXT NOT NULL,
      initial_deployment_id TEXT NOT NULL,
      active_deployment_id TEXT NOT NULL,
      external_id TEXT,
      status TEXT NOT NULL,
      current_run_id TEXT,
      workspace_id TEXT NOT NULL,
      metadata TEXT NOT NULL,
      tags TEXT NOT NULL,
      error TEXT,
      terminal_reason TEXT NOT NULL DEFAULT '{}',
      fingerprint BLOB NOT NULL,
      expires_at INTEGER,
      expired_at INTEGER,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    );
    CREATE UNIQUE INDEX IF NOT EXISTS sessions_external_id
      ON sessions (environment_id, external_id) WHERE external_id IS NOT NULL;
    CREATE INDEX IF NOT EXISTS sessions_newest ON sessions (environment_id, updated_at);
    CREATE INDEX IF NOT EXISTS sessions_of_task
      ON sessions (environment_id, task_id, updated_at);
    CREATE INDEX IF NOT EXISTS sessions_not_open
      ON sessions (environment_id, status, updated_at) WHERE status <> 'open';
    CREATE INDEX IF NOT EXISTS sessions_of_workspace ON sessions (workspace_id);
    CREATE INDEX IF NOT EXISTS sessions_overdue
      ON sessions (expires_at) WHERE status = 'open' AND expires_at IS NOT NULL;
    """

    def __init__(self, context: Context, runs: Runs, waits: Waits, continuations: Continuations) -> None:
        super().__init__(context)
        self._runs = runs
        self._waits = waits
        self._continuations = continuations

    def get(self, session_id: str, environment_id: str) -> SessionRow | None:
        return self.db.one(
            "SELECT * FROM sessions WHERE id = ? AND environment_id = ?",
            (session_id, environment_id),
            row=SessionRow,
        )

    def by_external_id(self, external_id: str, environment_id: str) -> SessionRow | None:
        return self.db.one(
            "SELECT * FROM sessions WHERE environment_id = ? AND external_id = ?",
            (environment_id, external_id),
            row=SessionRow,
        )

    def require(self, session_id: str) -> SessionRow:
        session = self.db.one("SELECT * FROM sessions WHERE id = ?", (session_id,), row=SessionRow)
        if session is None:
            raise LookupError(f"session {session_id} no longer exists")
        return session

    def current_run(self, session: SessionRow) -> RunRow | None:
        return None if session["current_run_id"] is None else self._runs.get(session["current_run_id"])

    def find(self, address: Address, environment_id: str) -> SessionRow | None:
        """Return the session that a request names, in that environment."""
        if address.id is None:
            return self.by_external_id(address.external_id, environment_id)
        return self.get(address.id, environment_id)

    def addressed(self, request: Request) -> SessionRow:
        """Return the session that a request names, if the key may access it.

        Raises:
            ApiError: 400 if the id is invalid; 404 if there is no such session; 403 if the key lacks the
                scope.
        """
        session = self.find(address_of(request), request.environment_id)
        if session is None:
            raise session_not_found()
        request.authorize()
        return session

    # --- requests ----------------------------------------------------------------------------------

    @handles("listSessions")
    async def list_sessions(self, request: Request) -> Response:
        request.refuse_scope_query()
        request.authorize()
        limit = request.integer("limit")
        external_id = trim(request.query.get("external_id", ""))
        check_external_id(external_id)
        filters, parameters = ["environment_id = ?"], [request.environment_id]
        for name in ("status", "task_id"):
            value = trim(request.query.get(name, ""))
            no_nul(value, name)
            if value:
                filters.append(f"{name} = ?")
                parameters.append(value)
        if external_id:
            filters.append("external_id = ?")
            parameters.append(external_id)
        rows = self.db.all(
            f"SELECT * FROM sessions WHERE {' AND '.join(filters)}"  # noqa: S608  # the names are constants
            " ORDER BY updated_at DESC, no DESC LIMIT ?",
            (*parameters, limit),
            row=SessionRow,
        )
        return json_response(200, {"sessions": [self.view(row) for row in rows]})

    @handles(*both("getSession"))
    async def get_session(self, request: Request) -> Response:
        return json_response(200, self.view(self.addressed(request)))

    @handles(*both("updateSession"))
    async def update_session(self, request: Request) -> Response:
        session = self.addressed(request)
        fields = await request.body("invalid session patch JSON")
        metadata = metadata_text(fields["metadata"]) if "metadata" in fields else None
        tags = tags_text(normalised_tags(fields["tags"])) if "tags" in fields else None
        expires_at = min(fields["expires_at"] // 1_000, LATEST) if "expires_at" in fields else None
        request.check_schema(fields)
        updated = await self.writes.run(
            lambda: self.patch(
                self.require(session["id"]), metadata=metadata, tags=tags, expires_at=expires_at
            )
        )
        return json_response(200, self.view(updated))

    @handles(*both("closeSession"))
    async def close_session(self, request: Request) -> Response:
        session = self.addressed(request)
        fields = await request.body("invalid session close JSON")
        reason = _reason(fields)
        request.check_schema(fields)
        closed = await self.writes.run(lambda: self.close(self.require(session["id"]), reason))
        return json_response(200, self.view(closed))

    @handles(*both("cancelSession"))
    async def cancel_session(self, request: Request) -> Response:
        session = self.addressed(request)
        fields = await request.body("invalid session cancel JSON")
        reason = _reason(fields)
        request.check_schema(fields)
        cancelled = await self.writes.run(lambda: self.cancel(self.require(session["id"]), reason))
        return json_response(200, self.view(cancelled))

    @handles(*both("listSessionRuns"))
    async def list_session_runs(self, request: Request) -> Response:
        session = self.addressed(request)
        runs = self.db.all(
            "SELECT * FROM runs WHERE session_id = ? ORDER BY turn_index, created_at",
            (session["id"],),
            row=RunRow,
        )
        return json_response(200, {"runs": [session_run_view(run) for run in runs]})

    # --- derived -----------------------------------------------------------------------------------

    def activity(self, session: SessionRow, run: RunState | None, pending: bool) -> str:
        """Return the session's activity; the first matching rule decides."""
        if session["status"] != "open":
            return "idle"
        if pending:
            return "queued"
        if run is None or run["status"] in TERMINAL_RUN_STATUSES:
            return "idle"
        if self._waits.unresolved(run["id"]) or "waiting" in (run["status"], run["execution_status"]):
            return "waiting"
        if run["status"] == "queued" or run["execution_status"] in ("created", "queued", "leased"):
            return "queued"
        return "running"

    def view(
        self, session: SessionRow, run: RunState | None = None, *, new: bool = False, replay: bool = False
    ) -> dict[str, Any]:
        """Return the session object used in all responses.

        Args:
            run: Its current run, if already loaded.
            new: True if it was just created, so that nothing has been sent to it yet.
            replay: True for the response to a replayed idempotent start, which lacks `expired_at`.
        """
        is_open = session["status"] == "open"
        pending = is_open and not new and self._continuations.pending(session["id"])
        if run is None or run["id"] != session["current_run_id"]:
            run_id = session["current_run_id"] if is_open else None
            run = None if run_id is None else self._runs.state(run_id)
        idle = run is None or run["status"] in TERMINAL_RUN_STATUSES
        view: dict[str, Any] = {
            "id": session["id"],
            "project_id": session["project_id"],
            "environment_id": session["environment_id"],
            "task_id": session["task_id"],
            "initial_deployment_id": session["initial_deployment_id"],
            "active_deployment_id": session["active_deployment_id"],
        }
        if session["external_id"]:
            view["external_id"] = session["external_id"]
        view["status"] = session["status"]
        view["activity"] = self.activity(session, run, pending)
        view["can_close"] = is_open and idle and not pending and not overdue(session, self.clock.now())
        if session["current_run_id"] is not None:
            view["current_run_id"] = session["current_run_id"]
        view["workspace_id"] = session["workspace_id"]
        view["metadata"] = jsontext.raw(session["metadata"])
        if session["tags"] != "[]":
            view["tags"] = jsontext.raw(session["tags"])
        if session["error"] is not None:
            view["error"] = jsontext.raw(session["error"])
        view["terminal_reason"] = jsontext.raw(session["terminal_reason"])
        if session["expires_at"] is not None:
            view["expires_at"] = format_time(session["expires_at"])
        if session["expired_at"] is not None and not replay:
            view["expired_at"] = format_time(session["expired_at"])
        view["created_at"] = format_time(session["created_at"])
        view["updated_at"] = format_time(session["updated_at"])
        return view

    # --- changes -----------------------------------------------------------------------------------

    def patch(
        self, session: SessionRow, *, metadata: str | None, tags: str | None, expires_at: int | None
    ) -> SessionRow:
        now = self.clock.now()
        if expires_at is not None:
            current = session["expires_at"]
            if current is None or expires_at <= now or expires_at <= current:
                raise ApiError(
                    400,
                    "session expires_at can only extend an existing future expiry",
                    "session_expires_at_not_extendable",
                )
            if current <= now:
                raise session_terminal()
        if session["status"] != "open":
            raise session_terminal()
        values: dict[str, Any] = {"updated_at": now}
        if metadata is not None:
            values["metadata"] = metadata
        if tags is not None:
            values["tags"] = tags
        if expires_at is not None:
            values["expires_at"] = expires_at
        with self.db.transaction():
            self.db.update("sessions", session["id"], values)
        return self.require(session["id"])

    def close(self, session: SessionRow, reason: str) -> SessionRow:
        if session["status"] != "open":
            raise session_terminal()
        now, run = self.clock.now(), self.current_run(session)
        if (run is not None and run["status"] not in TERMINAL_RUN_STATUSES) or self._continuations.pending(
            session["id"]
        ):
            raise conflict("close_run_active")
        if overdue(session, now):
            self.expire(session, "api", now)
        else:
            self._end(session, now, "closed", {"reason": reason or "closed", "origin": "api"})
        return self.require(session["id"])

    def cancel(self, session: SessionRow, reason: str) -> SessionRow:
        if session["status"] == "cancelled":
            return session
        if session["status"] != "open":
            raise session_terminal()
        now, why = self.clock.now(), reason or "cancelled"
        with self.db.transaction():
            run = self.current_run(session)
            if run is not None:
                self._runs.cancel(run, why, now, force=False, end_link=True)
            self._end(
                session,
                now,
                "cancelled",
                {"reason": why, "origin": "api"},
                error={"name": "TaskCancelled", "message": why, "details": {"origin": "api"}},
            )
        return self.require(session["id"])

    def expire(self, session: SessionRow, origin: str, now: int) -> None:
        self._end(
            session,
            now,
            "expired",
            {"reason": "session_expired", "origin": origin},
            error={"name": "SessionExpired", "message": "session expired", "details": {"origin": origin}},
            expired_at=now,
        )

    def sweep(self) -> None:
        """Expire overdue sessions that nothing keeps open."""
        now = self.clock.now()
        due = self.db.all(f"SELECT s.* {_EXPIRING} AND s.expires_at <= ?", (now,), row=SessionRow)
        with self.db.transaction():
            for session in due:
                self.expire(session, "sweeper", now)

    def next_due(self) -> int:
        return self._earliest(f"SELECT min(s.expires_at) AS at {_EXPIRING}")

    def _end(
        self,
        session: SessionRow,
        now: int,
        status: str,
        terminal_reason: dict[str, str],
        error: dict[str, Any] | None = None,
        expired_at: int | None = None,
    ) -> None:
        with self.db.transaction():
            self.db.update(
                "sessions",
                session["id"],
                {
                    "status": status,
                    "terminal_reason": jsontext.encode(terminal_reason).decode(),
                    "error": None if error is None else jsontext.encode(error).decode(),
                    "expired_at": expired_at,
                    "updated_at": now,
                },
            )


@dataclass(frozen=True)
class Address:
    """The session that a request names, by exactly one of the two fields."""

    id: str | None = None
    external_id: str = ""


def address_of(request: Request) -> Address:
    """Return the session that the path names or, if the session id there is empty, that the query names.

    Raises:
        ApiError: 400 if the id or the external id is invalid.
    """
    text = trim(request.parameters.get("session_id", ""))
    if not text:
        return Address(external_id=external_id_of(request))
    return Address(check_uuid(text, "sessionID"))


def external_id_of(request: Request) -> str:
    """Return the external id in the query."""
    external_id = trim(request.query.get("external_id", ""))
    if not external_id:
        raise bad_request("external_id is required")
    check_external_id(external_id)
    return external_id


def overdue(session: SessionRow, now: int) -> bool:
    """Return whether the session's expiry has passed."""
    return session["expires_at"] is not None and session["expires_at"] <= now


def _reason(fields: dict[str, Any]) -> str:
    reason = trim(fields.get("reason", ""))
    no_nul(reason, "reason")
    return reason
