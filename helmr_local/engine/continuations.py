"""Follow-up runs: an input record that no run was waiting for is owed one."""

from __future__ import annotations

from ..clock import MICROSECOND
from ..store import UNAVAILABLE, Row
from .core import Core, logger
from .runs import TERMINAL, Runs


class Continuations:
    """The requests for follow-up runs, and the loop that grants them."""

    def __init__(self, core: Core, runs: Runs) -> None:
        self._core = core
        self._runs = runs

    def request(self, session_id: str, stream_no: int, record: Row, now: int) -> None:
        self._core.db.insert(
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
            self._core.db.one(
                "SELECT 1 FROM continuation_requests WHERE session_id = ? LIMIT 1", (session_id,)
            )
            is not None
        )

    def consume(self, run_id: str, record: Row, now: int) -> None:
        """An active run has read the record, so nothing more is owed for it."""
        db = self._core.db
        with db.transaction():
            dropped = db.execute("DELETE FROM continuation_requests WHERE record_id = ?", (record["id"],))
            if dropped:
                return
            other = db.one(
                "SELECT r.* FROM runs me JOIN runs r ON r.session_id = me.session_id AND r.id <> me.id"
                " WHERE me.id = ? AND r.trigger_record_id = ?",
                (run_id, record["id"]),
            )
            if other is None or other["status"] in TERMINAL:
                return
            self._runs.cancel(other, "stream record consumed by active run", now, force=False)
            db.execute(
                "UPDATE sessions SET current_run_id = ?, updated_at = ? WHERE id = ?",
                (run_id, now, other["session_id"]),
            )

    def process(self, session_id: str) -> int:
        """Grant what is due in this session; the number of runs made."""
        now = self._core.clock.now()
        return sum(self._grant(request, now) for request in self._due(now, session_id))

    def process_all(self) -> None:
        """Grant whatever is due; one that cannot be granted does not keep the others waiting."""
        now = self._core.clock.now()
        for request in self._due(now):
            try:
                self._grant(request, now)
            except UNAVAILABLE:
                raise
            except Exception:
                logger.exception("a follow-up run could not be made; it will be tried again")
                self._put_off(request, now)

    def _due(self, now: int, session_id: str | None = None) -> list[Row]:
        where, parameters = ("session_id = ? AND ", (session_id,)) if session_id else ("", ())
        return self._core.db.all(
            f"SELECT * FROM continuation_requests WHERE {where}due_at <= ?"  # noqa: S608  # constants only
            " ORDER BY due_at, no LIMIT ?",
            (*parameters, now, self._core.settings.continuation_batch),
        )

    def _put_off(self, request: Row, now: int) -> None:
        due = now + round(self._core.settings.continuation_interval * MICROSECOND)
        with self._core.db.transaction():
            self._core.db.execute(
                "UPDATE continuation_requests SET due_at = ? WHERE no = ?", (due, request["no"])
            )

    def _grant(self, request: Row, now: int) -> int:
        db = self._core.db
        with db.transaction():
            session = db.one("SELECT * FROM sessions WHERE id = ?", (request["session_id"],))
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
            if current["status"] not in TERMINAL:
                self._put_off(request, now)
                return 0
            task = db.one(
                "SELECT t.*, d.version FROM deployment_tasks t JOIN deployments d ON d.id = t.deployment_id"
                " WHERE t.deployment_id = ? AND t.task_id = ?",
                (session["active_deployment_id"], session["task_id"]),
            )
            stream = db.one("SELECT * FROM streams WHERE no = ?", (request["stream_no"],))
            assert task is not None
            assert stream is not None
            ttl_deadline = None
            if task["ttl"]:
                ttl_deadline = task_ttl_deadline(task["ttl"], now)
            run = self._runs.create(
                session,
                task,
                payload=current["payload"],
                reason="input",
                now=now,
                options={"ttl_deadline": ttl_deadline},
                previous=current,
                trigger={
                    "stream": stream["name"],
                    "stream_id": stream["id"],
                    "record_id": request["record_id"],
                    "sequence": request["sequence"],
                },
            )
            db.execute(
                "UPDATE sessions SET current_run_id = ?, updated_at = ? WHERE id = ?",
                (run["id"], now, session["id"]),
            )
            db.execute("DELETE FROM continuation_requests WHERE no = ?", (request["no"],))
        return 1


def task_ttl_deadline(ttl: str, now: int) -> int | None:
    from ..golang import positive_duration

    nanoseconds = positive_duration(ttl)
    return None if nanoseconds is None else min(now + nanoseconds // 1_000, 2**62)
