"""`/api/runs`: list, count, get, cancel, events, logs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from .. import jsontext
from ..bodies import BOOL, STRING, Body
from ..engine import Engine
from ..engine.events import TERMINAL_KINDS, logs_topic, run_topic
from ..engine.logs import chunk_frame
from ..engine.runs import STATUSES, TERMINAL, run_view
from ..engine.starts import check_idempotency_key, no_nul
from ..errors import ApiError, bad_request, permission_required, run_not_found
from ..golang import trim
from ..ids import new_id, parse_uuid
from ..store import Database, Row
from ..times import format_time
from .call import Answer, Call, Endpoints, Reply, json_answer, whole_number
from .event_stream import KEEP_ALIVE, EventStream, news_within

endpoints = Endpoints()

CANCEL = Body(
    "CancelRunRequest",
    {"reason": STRING, "force": BOOL, "idempotency_key": STRING},
    "invalid cancel request JSON",
)
PAGE = 200
LOG_BATCH = 100


@endpoints.add("listRuns")
async def list_runs(call: Call) -> Answer:
    status = trim(call.query.get("status", "")) or "live"
    if status not in ("live", "all", *STATUSES):
        raise bad_request("status must be live, all, or a run status")
    limit = call.integer("limit", 100, 1, 200)
    call.refuse_scope_query()
    call.require("runs:read")
    session_id = None
    if session := trim(call.query.get("session_id", "")):
        session_id = parse_uuid(session)
        if session_id is None:
            raise bad_request("session_id must be a UUID")
    statuses: dict[str, tuple[str | None, ...]] = {"live": ("queued", "running", "waiting"), "all": (None,)}
    rows = [
        row
        for one in statuses.get(status, (status,))
        for row in _newest(call.engine.db, call.environment_id, one, session_id, limit)
    ]
    rows.sort(key=lambda run: (run["created_at"], run["id"]), reverse=True)
    return json_answer(200, {"runs": [run_view(run) for run in rows[:limit]]})


def _newest(
    db: Database, environment_id: str, status: str | None, session_id: str | None, limit: int
) -> list[Row]:
    """The newest runs of one status, or of all; each choice has an index that is in this order already."""
    filters, parameters = ["environment_id = ?"], [environment_id]
    if status is not None:
        filters.append("status = ?")
        parameters.append(status)
        if status != "succeeded":
            filters.append("status <> 'succeeded'")  # by which SQLite knows the index of these alone
    source = "runs"
    if session_id is not None:
        source = "runs INDEXED BY runs_of_session"
        filters.append("session_id = ?")
        parameters.append(session_id)
    return db.all(
        f"SELECT * FROM {source} WHERE {' AND '.join(filters)}"  # noqa: S608  # the names are constants
        " ORDER BY created_at DESC, id DESC LIMIT ?",
        (*parameters, limit),
    )


@endpoints.add("countRuns")
async def count_runs(call: Call) -> Answer:
    call.refuse_scope_query()
    call.require("runs:read")
    db, environment = call.engine.db, (call.environment_id,)
    counts = dict.fromkeys(STATUSES, 0)
    for row in db.all(
        "SELECT status, count(*) AS n FROM runs WHERE environment_id = ? AND status <> 'succeeded'"
        " GROUP BY status",
        environment,
    ):
        counts[row["status"]] = row["n"]
    runs = db.all("SELECT count(*) AS n FROM runs WHERE environment_id = ?", environment)[0]["n"]
    counts["succeeded"] = runs - sum(counts.values())
    return json_answer(200, counts)


def _run_id(call: Call) -> str:
    run_id = parse_uuid(call.parameters["run_id"])
    if run_id is None:
        raise bad_request("id must be a UUID")
    return run_id


def _run(call: Call, run_id: str, scope: str) -> Row:
    """The run: 404 comes before 403."""
    run = call.engine.runs.get(run_id)
    if run is None or run["environment_id"] != call.environment_id:
        raise run_not_found()
    if scope not in call.actor.scopes:
        raise permission_required()
    return run


@endpoints.add("getRun")
async def get_run(call: Call) -> Answer:
    return json_answer(200, run_view(_run(call, _run_id(call), "runs:read")))


# --- cancel ----------------------------------------------------------------------------------------


@endpoints.add("cancelRun")
async def cancel_run(call: Call) -> Answer:
    run_id = _run_id(call)
    decoded = await call.body(CANCEL)
    sent_key = decoded.get("idempotency_key", "")
    key = trim(sent_key)
    check_idempotency_key(key)
    reason, force = trim(decoded.get("reason", "")), decoded.get("force", False)
    no_nul(reason, "reason")
    call.judge(CANCEL, decoded)
    _run(call, run_id, "runs:manage")
    # The stored request keeps the key as it was sent, so that two spellings of one key conflict.
    request: dict[str, Any] = {"reason": reason} if reason else {}
    request |= ({"force": True} if force else {}) | ({"idempotency_key": sent_key} if sent_key else {})
    stored = jsontext.canonical(request).decode()
    operation, run = await call.engine.writes.run(
        lambda: _cancel(call.engine, run_id, reason, force, key, stored)
    )
    view: dict[str, Any] = {
        "id": operation["id"],
        "run_id": run_id,
        "kind": "cancel",
        "status": operation["status"],
    }
    if operation["reason"]:
        view["reason"] = operation["reason"]
    view["created_at"] = format_time(operation["created_at"])
    if operation["applied_at"] is not None:
        view["applied_at"] = format_time(operation["applied_at"])
    return json_answer(200, {"run": run_view(run), "operation": view})


def _cancel(engine: Engine, run_id: str, reason: str, force: bool, key: str, request: str) -> tuple[Row, Row]:
    """The operation, and the run as it is then."""
    db, now, run = engine.db, engine.clock.now(), engine.runs.require(run_id)
    if key:
        known = db.one(
            "SELECT * FROM run_operations WHERE run_id = ? AND idempotency_key = ?", (run["id"], key)
        )
        if known is not None:
            if known["request"] != request:
                raise ApiError(409, "cancel idempotency key was used with a different request")
            return known, run
    with db.transaction():
        applied = engine.runs.cancel(run, reason, now, force=force)
        operation = db.one(
            "INSERT INTO run_operations VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
            (
                new_id(),
                run["id"],
                "applied" if applied else "rejected",
                reason,
                key or None,
                request,
                now,
                now if applied else None,
            ),
        )
        changed = engine.runs.require(run_id)
    assert operation is not None
    return operation, changed


# --- events ----------------------------------------------------------------------------------------


def event_view(row: Row, run: Row) -> dict[str, Any]:
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


def _cursor(call: Call) -> int:
    text = trim(call.headers.get("last-event-id", "")) or trim(call.query.get("cursor", ""))
    number = whole_number(text) if text else 0
    if number is None or number < 0:
        raise bad_request("cursor must be a non-negative integer")
    return number


@endpoints.add("listRunEvents")
async def list_run_events(call: Call) -> Reply:
    run_id = _run_id(call)
    cursor, limit = _cursor(call), call.integer("limit", PAGE, 1, PAGE)
    run = _run(call, run_id, "runs:read")
    if call.wants_stream():
        return EventStream(_follow_events(call.engine, run, cursor))
    rows = call.engine.events.page(run["no"], cursor, limit + 1)
    page: dict[str, Any] = {"events": [event_view(row, run) for row in rows[:limit]], "cursor": cursor}
    if len(rows) > limit:
        page["next_cursor"] = rows[limit - 1]["seq"]
    return json_answer(200, page)


async def _follow_events(engine: Engine, run: Row, cursor: int) -> AsyncGenerator[bytes, None]:
    """Frames of the run's events; only a terminal event that is sent ends them before their time."""
    settings, loop = engine.settings, asyncio.get_running_loop()
    until = loop.time() + settings.stream_limit
    idle_until = loop.time() + settings.sse_keep_alive
    with engine.notifier.following(run_topic(run["id"])) as news:
        while not engine.notifier.closing:
            news.clear()
            batch = engine.events.page(run["no"], cursor, PAGE)
            if batch:
                cursor = batch[-1]["seq"]
                yield b"".join(
                    b"id: %d\nevent: run_event\ndata: %b\n\n"
                    % (row["seq"], jsontext.wire_line(event_view(row, run)))
                    for row in batch
                )
                if any(row["kind"] in TERMINAL_KINDS for row in batch):
                    return
                idle_until = loop.time() + settings.sse_keep_alive
                if len(batch) == PAGE:
                    continue
            if not await news_within(news, min(idle_until, until) - loop.time()):
                if loop.time() >= until:
                    return
                idle_until = loop.time() + settings.sse_keep_alive
                yield KEEP_ALIVE


# --- logs ------------------------------------------------------------------------------------------


@endpoints.add("getRunLogs")
async def get_run_logs(call: Call) -> Reply:
    run = _run(call, _run_id(call), "runs:read")
    if not call.wants_stream():
        return json_answer(200, call.engine.logs.snapshot(run))
    return EventStream(_follow_logs(call.engine, run, _cursor(call)))


async def _follow_logs(engine: Engine, run: Row, cursor: int) -> AsyncGenerator[bytes, None]:
    """Frames of the run's log chunks, until the run is terminal and everything is sent."""
    settings, loop, run_id = engine.settings, asyncio.get_running_loop(), run["id"]
    until = loop.time() + settings.stream_limit
    with (
        engine.notifier.following(logs_topic(run_id)) as chunks,
        engine.notifier.following(run_topic(run_id)) as changes,
    ):
        while not engine.notifier.closing and loop.time() < until:
            chunks.clear()
            changes.clear()
            current = engine.runs.get(run_id)
            batch = engine.logs.after(run["no"], cursor, LOG_BATCH)
            if batch:
                cursor = batch[-1]["seq"]
                yield b"".join(chunk_frame(row, run_id) for row in batch)
                if len(batch) == LOG_BATCH:
                    continue
            if current is None or current["status"] in TERMINAL:
                # What was read before the status may lack the last chunks.
                while rest := engine.logs.after(run["no"], cursor, LOG_BATCH):
                    cursor = rest[-1]["seq"]
                    yield b"".join(chunk_frame(row, run_id) for row in rest)
                return
            if not await _either(chunks, changes, min(settings.log_tick, until - loop.time())):
                yield KEEP_ALIVE


async def _either(one: asyncio.Event, other: asyncio.Event, seconds: float) -> bool:
    waits = [asyncio.ensure_future(one.wait()), asyncio.ensure_future(other.wait())]
    try:
        done, _ = await asyncio.wait(waits, timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return bool(done)
