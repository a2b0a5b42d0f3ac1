"""`/api/runs/{run_id}/events`: the events of a run, in order, kept forever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypedDict

from helmr_api.constants import MAX_EVENTS_LIMIT, RUN_END_EVENT_KINDS

from ..engine.notifier import run_topic
from ..engine.rows import Attempt, RunRow
from ..http.event_stream import EventStream
from ..http.request import Request
from ..http.response import Reply, json_response
from ..wire import jsontext
from ..wire.times import format_time
from .base import Resource, handles
from .following import News, event_cursor, follow
from .run_addressing import addressed_run, run_id_of

# The event of a dead letter is excluded: the real server does not end the stream for it.
TERMINAL_KINDS = RUN_END_EVENT_KINDS - {"run.dead_lettered"}
PAGE = MAX_EVENTS_LIMIT


@dataclass(frozen=True)
class EventKind:
    """The constant fields of all events of a kind; `severity` and `source` have variants."""

    category: str
    severity: str
    source: str
    sensitive: bool = False


KINDS: dict[str, EventKind] = {
    "run.created": EventKind("lifecycle", "info", "control"),
    "log.stdout": EventKind("log", "info", "worker", sensitive=True),
    "log.stderr": EventKind("log", "info", "worker", sensitive=True),
    "log": EventKind("log", "info", "worker", sensitive=True),
    "run.metadata.updated": EventKind("guest", "info", "worker", sensitive=True),
    "run.completed": EventKind("lifecycle", "info", "control"),
    "run.failed": EventKind("lifecycle", "error", "control"),
    "run.cancel_requested": EventKind("lifecycle", "warn", "control"),
    "run.cancelled": EventKind("lifecycle", "warn", "control"),
    "run.expired": EventKind("lifecycle", "warn", "control"),
    "run.retry_scheduled": EventKind("lifecycle", "warn", "control"),
    "run.execution_lost": EventKind("worker", "warn", "lease_sweeper"),
    "run.dead_lettered": EventKind("lifecycle", "error", "dispatcher"),
}


def _constants(kind: str) -> str:
    fixed = KINDS[kind]
    return (
        f"'{kind}' AS kind, '{fixed.category}' AS category, '{fixed.severity}' AS severity,"
        f" '{fixed.source}' AS source, {int(fixed.sensitive)} AS sensitive"
    )


# The attributes of `run.created`, as JSON.
_CREATED = """
  '{"cause":' || CASE WHEN trigger_record_id IS NULL THEN '{}' ELSE json_object(
      'kind', 'stream_record', 'record_id', trigger_record_id, 'stream_id',
      (SELECT s.id FROM streams s
       WHERE s.session_id = runs.session_id AND s.name = trigger_stream AND s.direction = 'input'),
      'sequence', trigger_sequence) END
    || ',"max_duration_seconds":' || max_duration_seconds
    || ',"metadata":' || COALESCE(first_metadata, metadata)
    || ',"payload":' || payload
    || ',"reason":' || CASE WHEN trigger_record_id IS NULL THEN '"initial"' ELSE '"input"' END
    || ',"retry_policy":' || retry
    || ',"secret_names":'
    || COALESCE((SELECT t.secrets FROM deployment_tasks t WHERE t.id = runs.deployment_task_id), '[]')
    || ',"tags":' || tags
    || ',"task_id":' || json_quote(task_id) || '}'
"""
# The events that most runs have, `run.created` and `run.completed`, are part of the run's row, which saves 9%
# of the instructions of a start and its execution.
_PAGE = f"""
  SELECT * FROM run_events WHERE run_no = ?1 AND seq > ?2
  UNION ALL
  SELECT no AS run_no, 1 AS seq, {_constants("run.created")},
    COALESCE(first_attempt_id, attempt_id) AS attempt_id, 1 AS attempt_number, NULL AS lease_id,
    root_span AS span, {_CREATED} AS attributes, created_at AS at
  FROM runs WHERE no = ?1 AND ?2 < 1
  UNION ALL
  SELECT no AS run_no, completed_seq AS seq, {_constants("run.completed")},
    attempt_id, attempt_number, completed_lease_id AS lease_id,
    completed_span AS span, '{{"exit_code":0}}' AS attributes, ended_at AS at
  FROM runs WHERE no = ?1 AND completed_seq > ?2
  ORDER BY seq LIMIT ?3
"""  # noqa: S608  # constants


class EventRow(TypedDict):
    """An event."""

    run_no: int
    seq: int
    kind: str
    category: str
    severity: str
    source: str
    sensitive: int
    attempt_id: str
    attempt_number: int
    lease_id: str | None
    span: str
    attributes: str
    at: int


class RunEvents(Resource):
    """The events of runs."""

    SCHEMA = """
    CREATE TABLE IF NOT EXISTS run_events (
      run_no INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      kind TEXT NOT NULL,
      category TEXT NOT NULL,
      severity TEXT NOT NULL,
      source TEXT NOT NULL,
      sensitive INTEGER NOT NULL,
      attempt_id TEXT NOT NULL,
      attempt_number INTEGER NOT NULL,
      lease_id TEXT,
      span TEXT NOT NULL,
      attributes TEXT NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (run_no, seq)
    ) WITHOUT ROWID;
    """

    def append(
        self,
        run: Attempt,
        kind: str,
        attributes: dict[str, Any],
        *,
        at: int,
        leased: bool = False,
        severity: str | None = None,
        source: str | None = None,
    ) -> None:
        """Add an event of the run's current attempt (and lease, if `leased`), in the open transaction."""
        db, fixed = self.db, KINDS[kind]
        counted = db.one(
            "UPDATE runs SET event_seq = event_seq + 1 WHERE no = ? RETURNING event_seq", (run["no"],)
        )
        assert counted is not None
        lease_id = run["lease_id"] if leased else None
        db.add(
            "run_events",
            {
                "run_no": run["no"],
                "seq": counted["event_seq"],
                "kind": kind,
                "category": fixed.category,
                "severity": severity or fixed.severity,
                "source": source or fixed.source,
                "sensitive": fixed.sensitive,
                "attempt_id": run["attempt_id"],
                "attempt_number": run["attempt_number"],
                "lease_id": lease_id,
                "span": run["lease_span"] if lease_id else run["root_span"],
                "attributes": jsontext.encode(attributes).decode(),
                "at": at,
            },
        )
        run_id = run["id"]
        db.after_commit(lambda: self.notifier.notify(run_topic(run_id)))

    def page(self, run_no: int, after: int, limit: int) -> list[EventRow]:
        """Return the events after a sequence number, oldest first."""
        return self.db.all(_PAGE, (run_no, after, limit), row=EventRow)

    @handles("listRunEvents")
    async def list_run_events(self, request: Request) -> Reply:
        run_id = run_id_of(request)
        cursor, limit = event_cursor(request), request.integer("limit")
        run = addressed_run(self.db, request, run_id)
        if request.wants_stream():
            news = self._news(run, cursor)
            return EventStream(follow(self.context, run_topic(run["id"]), news))
        rows = self.page(run["no"], cursor, limit + 1)
        page: dict[str, Any] = {"events": [event_view(row, run) for row in rows[:limit]], "cursor": cursor}
        if len(rows) > limit:
            page["next_cursor"] = rows[limit - 1]["seq"]
        return json_response(200, page)

    def _news(self, run: RunRow, cursor: int) -> Callable[[], News]:
        """Return a function that reads the events after the cursor, then new ones up to a terminal event."""

        def read() -> News:
            nonlocal cursor
            batch = self.page(run["no"], cursor, PAGE)
            if not batch:
                return News(b"")
            cursor = batch[-1]["seq"]
            frames = b"".join(
                b"id: %d\nevent: run_event\ndata: %b\n\n"
                % (row["seq"], jsontext.wire_line(event_view(row, run)))
                for row in batch
            )
            return News(frames, any(row["kind"] in TERMINAL_KINDS for row in batch), len(batch) < PAGE)

        return read


def event_view(row: EventRow, run: RunRow) -> dict[str, Any]:
    view: dict[str, Any] = {"id": str(row["seq"]), "run_id": run["id"]}
    if row["lease_id"] is not None:
        view["run_lease_id"] = row["lease_id"]
    at = format_time(row["at"])
    view |= {
        "attempt_id": row["attempt_id"],
        "attempt_number": row["attempt_number"],
        "trace": {
            "trace_id": run["trace_id"],
            "span_id": row["span"],
            "traceparent": f"00-{run['trace_id']}-{row['span']}-01",
        },
        "category": row["category"],
        "severity": row["severity"],
        "source": row["source"],
        "kind": row["kind"],
        "message": row["kind"],
        "at": at,
        "occurred_at": at,
    }
    if row["sensitive"]:
        view |= {"redaction_class": "sensitive", "attributes": {"redacted": True}}
    else:
        view |= {"redaction_class": "internal", "attributes": jsontext.raw(row["attributes"])}
    return view
