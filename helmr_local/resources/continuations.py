"""Follow-up runs, which are created for input records that no run was waiting for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypedDict

from helmr_api.constants import TERMINAL_RUN_STATUSES

from ..catalog import TaskRow
from ..clock import MICROSECOND
from ..engine.context import Context
from ..engine.rows import RunRow
from ..store import UNAVAILABLE
from ..wire.durations import positive_duration
from .base import Resource
from .rows import RecordRow, SessionRow, StreamRow
from .run_states import RunOptions, RunTrigger
from .runs import Runs

logger = logging.getLogger("helmr_local")
_GRANTABLE = (
    "FROM continuation_requests c"
    " LEFT JOIN sessions s ON s.id = c.session_id LEFT JOIN runs r ON r.id = s.current_run_id"
    " WHERE (r.id IS NULL OR s.status <> 'open' OR r.status IN"
    f" ({', '.join('?' * len(TERMINAL_RUN_STATUSES))}))"
)
"""The follow-up requests of sessions whose current run has ended."""


class OwedRow(TypedDict):
    """An input record that needs a follow-up run."""

    no: int
    session_id: str
    stream_no: int
    sequence: int
    record_id: str
    due_at: int


class Continuations(Resource):
    """The requests for follow-up runs, and the chore that creates the runs."""

    SCHEMA = """
    -- Input records that no run was waiting for. Each gets a run, unless an active run reads it first.
    CREATE TABLE IF NOT EXISTS continuation_requests (
      no INTEGER PRIMARY KEY,
      session_id TEXT NOT NULL,
      stream_no INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      record_id TEXT NOT NULL,
      due_at INTEGER NOT NULL
    );
    CREATE INDEX IF NOT EXISTS continuation_requests_of_session
      ON continuation_requests (session_id, due_at, no);
    CREATE INDEX IF NOT EXISTS continuation_requests_due ON continuation_requests (due_at, no);
    """

    def __init__(self, context: Context, runs: Runs) -> None:
        super().__init__(context)
        self._runs = runs

    def chores(self) -> Sequence[tuple[float, Callable[[], None]]]:
        return [(self.settings.continuation_interval, self.process_all)]

    def request(self, session_id: str, stream_no: int, record: RecordRow, now: int) -> None:
        self.db.insert(
            "continuation_requests",
            {
                "session_id": session_id,
                "stream_no": stream_no,
                "sequence": record["sequence"],
                "record_id": record["id"],
                "due_at": now,
            },
        )

    def pending(self, session_id: str) -> bool:
        return (
            self.db.one("SELECT 1 FROM continuation_requests WHERE session_id = ? LIMIT 1", (session_id,))
            is not None
        )

    def consume(self, run_id: str, record: RecordRow, now: int) -> None:
        """Record that an active run has read the record, so that it needs no follow-up run."""
        db = self.db
        with db.transaction():
            dropped = db.execute("DELETE FROM continuation_requests WHERE record_id = ?", (record["id"],))
            if dropped:
                return
            other = db.one(
                "SELECT r.* FROM runs me JOIN runs r ON r.session_id = me.session_id AND r.id <> me.id"
                " WHERE me.id = ? AND r.trigger_record_id = ?",
                (run_id, record["id"]),
                row=RunRow,
            )
            if other is None or other["status"] in TERMINAL_RUN_STATUSES:
                return
            self._runs.cancel(other, "stream record consumed by active run", now, force=False)
            db.execute(
                "UPDATE sessions SET current_run_id = ?, updated_at = ? WHERE id = ?",
                (run_id, now, other["session_id"]),
            )

    def process(self, session_id: str) -> int:
        """Create the runs that are due in this session; return how many."""
        now = self.clock.now()
        return sum(self._grant(request, now) for request in self._due(now, session_id))

    def process_all(self) -> None:
        """Create all runs that are due; a failure of one does not delay the others."""
        now = self.clock.now()
        for request in self._due(now):
            try:
                self._grant(request, now)
            except UNAVAILABLE:
                raise
            except Exception:
                logger.exception("a follow-up run could not be created; it will be retried")
                self._put_off(request, now)

    def next_due(self) -> int:
        return self._earliest(f"SELECT min(c.due_at) AS at {_GRANTABLE}", *TERMINAL_RUN_STATUSES)

    def next_start(self) -> int:
        return self.next_due()

    def _due(self, now: int, session_id: str | None = None) -> list[OwedRow]:
        where, parameters = (" AND c.session_id = ?", (session_id,)) if session_id else ("", ())
        return self.db.all(
            f"SELECT c.* {_GRANTABLE}{where} AND c.due_at <= ? ORDER BY c.due_at, c.no LIMIT ?",
            (*TERMINAL_RUN_STATUSES, *parameters, now, self.settings.continuation_batch),
            row=OwedRow,
        )

    def _put_off(self, request: OwedRow, now: int) -> None:
        due = now + round(self.settings.continuation_interval * MICROSECOND)
        with self.db.transaction():
            self.db.execute("UPDATE continuation_requests SET due_at = ? WHERE no = ?", (due, request["no"]))

    def _grant(self, request: OwedRow, now: int) -> int:
        db = self.db
        with db.transaction():
            session = db.one("SELECT * FROM sessions WHERE id = ?", (request["session_id"],), row=SessionRow)
            gone = (
                session is None
                or session["status"] != "open"
                or (session["expires_at"] is not None and session["expires_at"] <= now)
            )
            current = (
                None
                if session is None or session["current_run_id"] is None
                else self._runs.get(session["current_run_id"])
            )
            if gone or session is None or current is None:
                db.execute("DELETE FROM continuation_requests WHERE no = ?", (request["no"],))
                return 0
            if current["status"] not in TERMINAL_RUN_STATUSES:
                self._put_off(request, now)
                return 0
            task = db.one(
                "SELECT t.*, d.version FROM deployment_tasks t JOIN deployments d ON d.id = t.deployment_id"
                " WHERE t.deployment_id = ? AND t.task_id = ?",
                (session["active_deployment_id"], session["task_id"]),
                row=TaskRow,
            )
            stream = db.one("SELECT * FROM streams WHERE no = ?", (request["stream_no"],), row=StreamRow)
            assert task is not None
            assert stream is not None
            run = self._runs.create(
                self._runs.next_no(),
                session,
                task,
                payload=current["payload"],
                now=now,
                options=RunOptions(ttl_deadline=_ttl_deadline(task["ttl"], now)),
                previous=current,
                trigger=RunTrigger(stream["name"], request["record_id"], request["sequence"]),
            )
            db.execute(
                "UPDATE sessions SET current_run_id = ?, updated_at = ? WHERE id = ?",
                (run["id"], now, session["id"]),
            )
            db.execute("DELETE FROM continuation_requests WHERE no = ?", (request["no"],))
        return 1


def _ttl_deadline(ttl: str | None, now: int) -> int | None:
    nanoseconds = positive_duration(ttl) if ttl else None
    return None if nanoseconds is None else min(now + nanoseconds // 1_000, 2**62)
