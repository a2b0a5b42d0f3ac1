"""Run logs: chunks of stdout and stderr in one order."""

from __future__ import annotations

import base64
from typing import Any

from .. import jsontext
from ..store import Row
from ..times import format_time
from .core import Core
from .events import Events, logs_topic

CHUNK = 131_072  # keeps a chunk's JSON below the worker's 262144 bytes


class Logs:
    """Writes and reads log chunks."""

    def __init__(self, core: Core, events: Events) -> None:
        self._core = core
        self._events = events

    def append(
        self, run: Row, stream: str, content: bytes, observed_seq: int, now: int, *, event: bool = True
    ) -> None:
        """Store one chunk.

        Args:
            run: What names the lease that it comes from.
            event: Tell of it in the run's events too.
        """
        db = self._core.db
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
            db.execute(
                "INSERT INTO run_logs VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    run["no"],
                    counted["log_seq"],
                    stream,
                    run["lease_id"],
                    run["attempt_number"],
                    observed_seq,
                    content,
                    now,
                ),
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
            db.after_commit(lambda: self._core.notifier.notify(logs_topic(run_id)))

    def after(self, run_no: int, cursor: int, limit: int) -> list[Row]:
        return self._core.db.all(
            "SELECT * FROM run_logs WHERE run_no = ? AND seq > ? ORDER BY seq LIMIT ?",
            (run_no, cursor, limit),
        )

    def _tail(self, run_no: int, stream: str) -> bytes:
        """The end of a stream, read from the end so that its length does not matter."""
        limit, have, before = self._core.settings.snapshot_limit, 0, 2**62
        parts: list[bytes] = []
        while have < limit:
            rows = self._core.db.all(
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

    def snapshot(self, run: Row) -> dict[str, Any]:
        limit = self._core.settings.snapshot_limit
        return {
            "stdout_base64": base64.b64encode(self._tail(run["no"], "stdout")).decode(),
            "stderr_base64": base64.b64encode(self._tail(run["no"], "stderr")).decode(),
            "cursor": str(run["log_seq"]),
            "stdout_bytes": run["stdout_bytes"],
            "stderr_bytes": run["stderr_bytes"],
            "truncated": run["stdout_bytes"] > limit or run["stderr_bytes"] > limit,
        }


def chunk_frame(row: Row, run_id: str) -> bytes:
    """One event-stream frame."""
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
