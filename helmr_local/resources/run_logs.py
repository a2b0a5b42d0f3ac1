"""`/api/runs/{run_id}/logs`: chunks of stdout and stderr in a single order."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator
from typing import Any, TypedDict

from helmr_api.constants import TERMINAL_RUN_STATUSES

from ..engine.context import Context
from ..engine.notifier import logs_topic, run_topic
from ..engine.rows import Attempt, RunRow
from ..http.event_stream import KEEP_ALIVE, EventStream
from ..http.request import Request
from ..http.response import Reply, json_response
from ..wire import jsontext
from ..wire.times import format_time
from .base import Resource, handles
from .following import event_cursor
from .run_addressing import addressed_run, run_id_of
from .run_events import RunEvents

CHUNK = 131_072  # keeps a chunk's JSON below the worker's 262144 bytes
_BATCH = 100


class ChunkRow(TypedDict):
    """A chunk of a run's output."""

    run_no: int
    seq: int
    stream: str
    lease_id: str
    attempt_number: int
    observed_seq: int
    content: bytes
    at: int


class RunLogs(Resource):
    """The logs of runs."""

    SCHEMA = """
    CREATE TABLE IF NOT EXISTS run_logs (
      run_no INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      stream TEXT NOT NULL,
      lease_id TEXT NOT NULL,
      attempt_number INTEGER NOT NULL,
      observed_seq INTEGER NOT NULL,
      content BLOB NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (run_no, seq)
    );
    CREATE INDEX IF NOT EXISTS run_logs_of_stream ON run_logs (run_no, stream, seq);
    """

    def __init__(self, context: Context, events: RunEvents) -> None:
        super().__init__(context)
        self._events = events

    def append(
        self, run: Attempt, stream: str, content: bytes, observed_seq: int, now: int, *, event: bool = True
    ) -> None:
        """Store one chunk.

        Args:
            run: The run and lease that wrote it.
            event: Also add an event to the run.
        """
        db = self.db
        with db.transaction():
            counted = db.one(
                "UPDATE runs SET log_seq = log_seq + 1,"
                " stdout_bytes = stdout_bytes + ?, stderr_bytes = stderr_bytes + ?"
                " WHERE no = ? RETURNING log_seq",
                (
                    len(content) if stream == "stdout" else 0,
                    len(content) if stream == "stderr" else 0,
                    run["no"],
                ),
            )
            assert counted is not None
            db.insert(
                "run_logs",
                {
                    "run_no": run["no"],
                    "seq": counted["log_seq"],
                    "stream": stream,
                    "lease_id": run["lease_id"],
                    "attempt_number": run["attempt_number"],
                    "observed_seq": observed_seq,
                    "content": content,
                    "at": now,
                },
            )
            if event:
                self._events.append(
                    run,
                    "log." + stream,
                    {
                        "bytes": len(content),
                        "observed_seq": observed_seq,
                        "run_id": run["id"],
                        "stream": stream,
                    },
                    at=now,
                    leased=True,
                )
            run_id = run["id"]
            db.after_commit(lambda: self.notifier.notify(logs_topic(run_id)))

    def after(self, run_no: int, cursor: int, limit: int) -> list[ChunkRow]:
        """Return the chunks after a sequence number, oldest first."""
        return self.db.all(
            "SELECT * FROM run_logs WHERE run_no = ? AND seq > ? ORDER BY seq LIMIT ?",
            (run_no, cursor, limit),
            row=ChunkRow,
        )

    def _tail(self, run_no: int, stream: str) -> bytes:
        """Return the end of a stream, reading backwards so that its length does not matter."""
        limit, have, before = self.settings.snapshot_limit, 0, 2**62
        parts: list[bytes] = []
        while have < limit:
            rows = self.db.all(
                "SELECT seq, content FROM run_logs WHERE run_no = ? AND stream = ? AND seq < ?"
                " ORDER BY seq DESC LIMIT 64",
                (run_no, stream, before),
            )
            if not rows:
                break
            for row in rows:
                parts.append(row["content"])
                have += len(row["content"])
                if have >= limit:
                    break
            before = rows[-1]["seq"]
        return b"".join(reversed(parts))[-limit:]

    def snapshot(self, run: RunRow) -> dict[str, Any]:
        """Return a snapshot of the logs: the end of each stream."""
        limit = self.settings.snapshot_limit
        return {
            "stdout_base64": base64.b64encode(self._tail(run["no"], "stdout")).decode(),
            "stderr_base64": base64.b64encode(self._tail(run["no"], "stderr")).decode(),
            "cursor": str(run["log_seq"]),
            "stdout_bytes": run["stdout_bytes"],
            "stderr_bytes": run["stderr_bytes"],
            "truncated": run["stdout_bytes"] > limit or run["stderr_bytes"] > limit,
        }

    @handles("getRunLogs")
    async def get_run_logs(self, request: Request) -> Reply:
        run = addressed_run(self.db, request, run_id_of(request))
        if not request.wants_stream():
            return json_response(200, self.snapshot(run))
        return EventStream(self._follow(run, event_cursor(request)))

    async def _follow(self, run: RunRow, cursor: int) -> AsyncGenerator[bytes, None]:
        """Yield frames of the run's log chunks until the run is terminal and everything is sent."""
        settings, run_id = self.settings, run["id"]
        with (
            self.notifier.following(logs_topic(run_id)) as chunks,
            self.notifier.following(run_topic(run_id)) as changes,
            self.context.limit(changes, settings.stream_limit) as limit,
        ):
            while not self.notifier.closing and not limit.over:
                chunks.clear()
                changes.clear()
                current = self.db.one("SELECT status FROM runs WHERE id = ?", (run_id,))
                batch = self.after(run["no"], cursor, _BATCH)
                if batch:
                    cursor = batch[-1]["seq"]
                    yield b"".join(chunk_frame(row, run_id) for row in batch)
                    if len(batch) == _BATCH:
                        continue
                if current is None or current["status"] in TERMINAL_RUN_STATUSES:
                    # More chunks may have been added since the last read.
                    while rest := self.after(run["no"], cursor, _BATCH):
                        cursor = rest[-1]["seq"]
                        yield b"".join(chunk_frame(row, run_id) for row in rest)
                    return
                if not await _either(chunks, changes, settings.log_tick):
                    yield KEEP_ALIVE


def chunk_frame(row: ChunkRow, run_id: str) -> bytes:
    """Return the event-stream frame of a chunk."""
    data = jsontext.wire_line(
        {
            "id": str(row["seq"]),
            "run_id": run_id,
            "run_lease_id": row["lease_id"],
            "attempt_number": row["attempt_number"],
            "stream": row["stream"],
            "content_base64": base64.b64encode(row["content"]).decode(),
            "bytes": len(row["content"]),
            "observed_seq": row["observed_seq"],
            "at": format_time(row["at"]),
        }
    )
    return b"id: %d\nevent: run_log\ndata: %b\n\n" % (row["seq"], data)


async def _either(one: asyncio.Event, other: asyncio.Event, seconds: float) -> bool:
    waits = [asyncio.ensure_future(one.wait()), asyncio.ensure_future(other.wait())]
    try:
        done, _ = await asyncio.wait(waits, timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return bool(done)
