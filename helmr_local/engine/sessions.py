"""Sessions: activity, patch, close, cancel, expiry."""

from __future__ import annotations

from typing import Any

from .. import jsontext
from ..errors import ApiError, conflict, session_terminal
from ..store import Row
from ..times import format_time
from .continuations import Continuations
from .core import Core
from .runs import TERMINAL, Runs
from .streams import overdue
from .waits import Waits


class Sessions:
    """The session state machine."""

    def __init__(self, core: Core, runs: Runs, waits: Waits, continuations: Continuations) -> None:
        self._core = core
        self._runs = runs
        self._waits = waits
        self._continuations = continuations

    def get(self, session_id: str, environment_id: str) -> Row | None:
        return self._core.db.one(
            "SELECT * FROM sessions WHERE id = ? AND environment_id = ?", (session_id, environment_id)
        )

    def by_external_id(self, external_id: str, environment_id: str) -> Row | None:
        return self._core.db.one(
            "SELECT * FROM sessions WHERE environment_id = ? AND external_id = ?",
            (environment_id, external_id),
        )

    def require(self, session_id: str) -> Row:
        session = self._core.db.one("SELECT * FROM sessions WHERE id = ?", (session_id,))
        if session is None:
            raise LookupError(f"session {session_id} is gone")
        return session

    def current_run(self, session: Row) -> Row | None:
        return None if session["current_run_id"] is None else self._runs.get(session["current_run_id"])

    # --- derived -----------------------------------------------------------------------------------

    def activity(self, session: Row, run: Row | None, pending: bool) -> str:
        """What the session is doing; the first rule that matches decides."""
        if session["status"] != "open":
            return "idle"
        if pending:
            return "queued"
        if run is None or run["status"] in TERMINAL:
            return "idle"
        if self._waits.unresolved(run["id"]) or "waiting" in (run["status"], run["execution_status"]):
            return "waiting"
        if run["status"] == "queued" or run["execution_status"] in ("created", "queued", "leased"):
            return "queued"
        return "running"

    def view(
        self, session: Row, run: Row | None = None, *, new: bool = False, replay: bool = False
    ) -> dict[str, Any]:
        """The session object of every answer.

        Args:
            run: Its current run, if at hand.
            new: It was made just now, so that nothing was sent to it yet.
            replay: An idempotent start replay, whose answer lacks `expired_at`.
        """
        is_open = session["status"] == "open"
        pending = is_open and not new and self._continuations.pending(session["id"])
        if run is None or run["id"] != session["current_run_id"]:
            run_id = session["current_run_id"] if is_open else None
            run = None if run_id is None else self._runs.state(run_id)
        idle = run is None or run["status"] in TERMINAL
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
        view["can_close"] = is_open and not overdue(session, self._core.clock.now()) and idle and not pending
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

    def patch(self, session: Row, *, metadata: str | None, tags: str | None, expires_at: int | None) -> Row:
        now = self._core.clock.now()
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
        with self._core.db.transaction():
            self._core.db.update("sessions", session["id"], values)
        return self.require(session["id"])

    def close(self, session: Row, reason: str) -> Row:
        if session["status"] != "open":
            raise session_terminal()
        now, run = self._core.clock.now(), self.current_run(session)
        if (run is not None and run["status"] not in TERMINAL) or self._continuations.pending(session["id"]):
            raise conflict("close_run_active")
        if overdue(session, now):
            self.expire(session, "api", now)
        else:
            self._end(session, now, "closed", {"reason": reason or "closed", "origin": "api"})
        return self.require(session["id"])

    def cancel(self, session: Row, reason: str) -> Row:
        if session["status"] == "cancelled":
            return session
        if session["status"] != "open":
            raise session_terminal()
        now, why = self._core.clock.now(), reason or "cancelled"
        with self._core.db.transaction():
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

    def expire(self, session: Row, origin: str, now: int) -> None:
        self._end(
            session,
            now,
            "expired",
            {"reason": "session_expired", "origin": origin},
            error={"name": "SessionExpired", "message": "session expired", "details": {"origin": origin}},
            expired_at=now,
        )

    def sweep(self) -> None:
        """Expire the overdue sessions that nothing keeps open."""
        now = self._core.clock.now()
        due = self._core.db.all(
            "SELECT s.* FROM sessions s LEFT JOIN runs r ON r.id = s.current_run_id"
            " WHERE s.status = 'open' AND s.expires_at IS NOT NULL AND s.expires_at <= ?"
            " AND (r.id IS NULL OR r.status IN ('succeeded', 'failed', 'cancelled', 'expired'))"
            " AND NOT EXISTS (SELECT 1 FROM continuation_requests c WHERE c.session_id = s.id)",
            (now,),
        )
        with self._core.db.transaction():
            for session in due:
                self.expire(session, "sweeper", now)

    def _end(
        self,
        session: Row,
        now: int,
        status: str,
        terminal_reason: dict[str, str],
        error: dict[str, Any] | None = None,
        expired_at: int | None = None,
    ) -> None:
        with self._core.db.transaction():
            self._core.db.update(
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
