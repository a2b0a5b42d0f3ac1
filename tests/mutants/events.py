"""Faults of run events and run logs: pages, snapshots and event streams."""

from __future__ import annotations

import re

from .mutant import Mutant
from .planting import as_, frames, header, in_json, renamed, responses, rewritten, without

EVENTS = "helmr_local.engine.events:Events."
LOGS = "helmr_local.engine.logs:"
HTTP = "helmr_local.http.runs:"
STREAM = "helmr_local.http.event_stream:"

STREAMS = ("listRunEvents", "getRunLogs")


MUTANTS = [
    # --- which events, in which order --------------------------------------------------------------
    Mutant(
        "event-sequence-gaps",
        "every second event number is left out",
        ("runs.md 6.2", "runs.md 6.3"),
        rewritten(EVENTS + "append", ("event_seq = event_seq + 1", "event_seq = event_seq + 2")),
    ),
    Mutant(
        "event-missing-retry",
        "a retry is not told",
        ("runs.md 6.4", "runs.md 2.1"),
        rewritten(
            EVENTS + "append",
            (
                "db, fixed = self._core.db, KINDS[kind]",
                'if kind == "run.retry_scheduled":\n        return\n'
                "    db, fixed = self._core.db, KINDS[kind]",
            ),
        ),
    ),
    Mutant(
        "event-missing-cancel-request",
        "a graceful cancel is not told until the worker has stopped",
        ("runs.md 6.4", "runs.md 5.3"),
        rewritten(
            EVENTS + "append",
            (
                "db, fixed = self._core.db, KINDS[kind]",
                'if kind == "run.cancel_requested":\n        return\n'
                "    db, fixed = self._core.db, KINDS[kind]",
            ),
        ),
    ),
    Mutant(
        "event-missing-lost-worker",
        "a lost worker is not told",
        ("runs.md 6.4", "runs.md 2.1"),
        rewritten("helmr_local.engine.runs:Runs.lose_lease", ('lost="worker lease expired",', "lost=None,")),
    ),
    Mutant(
        "event-twice",
        "the completion of a run is told twice",
        ("runs.md 2.1", "runs.md 6.4"),
        rewritten(
            "helmr_local.engine.runs:Runs.complete",
            (
                'self.events.append(lease, "run.completed", {"exit_code": 0}, at=now, leased=True, seq=seq)',
                "for again in (seq, None):\n"
                '            self.events.append(lease, "run.completed", {"exit_code": 0}, at=now,'
                " leased=True, seq=again)",
            ),
        ),
    ),
    Mutant(
        "event-order-retry-first",
        "a retry is told before the failure that it follows",
        ("runs.md 2.1", "runs.md 6.4"),
        rewritten(
            "helmr_local.engine.runs:Runs.fail",
            (
                'self.events.append(run, "run.failed", attributes, at=now, leased=leased, source=source)\n',
                'if not again:\n            self.events.append(run, "run.failed", attributes, at=now,'
                " leased=leased, source=source)\n",
            ),
            (
                "self._retry(run, policy, retry_reason, now)",
                "self._retry(run, policy, retry_reason, now)\n"
                '            self.events.append(run, "run.failed", attributes, at=now, leased=leased,'
                " source=source)",
            ),
        ),
    ),
    # --- members of an event -----------------------------------------------------------------------
    Mutant(
        "event-severity",
        "a failure is told with severity warn",
        ("runs.md 6.4", "runs.md 6.5"),
        rewritten(
            EVENTS + "append",
            (
                "severity or fixed.severity,",
                '"warn" if kind == "run.failed" else severity or fixed.severity,',
            ),
        ),
    ),
    Mutant(
        "event-source",
        "log events name control as their source",
        ("runs.md 6.4",),
        rewritten(
            EVENTS + "append",
            ("source or fixed.source,", '"control" if fixed.category == "log" else source or fixed.source,'),
        ),
    ),
    Mutant(
        "event-id-number",
        "an event's id is a number",
        ("runs.md 6.3",),
        rewritten(HTTP + "event_view", ('{"id": str(row["seq"]),', '{"id": row["seq"],')),
    ),
    Mutant(
        "event-message-in-words",
        "an event's message differs from its kind",
        ("runs.md 6.3",),
        rewritten(
            HTTP + "event_view", ('"message": row["kind"],', '"message": row["kind"].replace(".", " "),')
        ),
    ),
    Mutant(
        "event-not-redacted",
        "the text of log entries is shown",
        ("runs.md 6.3", "runs.md 6.4"),
        rewritten(
            HTTP + "event_view",
            ('"attributes": {"redacted": True}', '"attributes": jsontext.raw(row["attributes"])'),
        ),
    ),
    Mutant(
        "event-not-redacted-in-stream",
        "the text of log entries is shown in event streams",
        ("runs.md 6.3", "runs.md 6.4", "runs.md 6.6"),
        rewritten(
            HTTP + "_follow_events",
            (
                "event_view(row, run)",
                'event_view(row, run) | {"attributes": jsontext.raw(row["attributes"])}',
            ),
        ),
    ),
    Mutant(
        "event-created-hides-payload",
        "run.created does not tell the payload",
        ("runs.md 6.4",),
        responses(in_json(without("events[].attributes.payload")), "listRunEvents"),
    ),
    Mutant(
        "event-cause-missing",
        "run.created of a follow-up run does not tell the record that caused it",
        ("runs.md 6.4", "sessions.md 17.3"),
        responses(in_json(as_("events[].attributes.cause", lambda _: {})), "listRunEvents"),
    ),
    Mutant(
        "event-lease-on-created",
        "run.created names a lease",
        ("runs.md 6.3", "runs.md 6.4"),
        rewritten(
            HTTP + "event_view",
            (
                'if row["lease_id"] is not None:',
                'if row["kind"] == "run.created":\n        view["run_lease_id"] = row["attempt_id"]\n'
                '    if row["lease_id"] is not None:',
            ),
        ),
    ),
    Mutant(
        "event-lease-missing",
        "events of a lease do not name it",
        ("runs.md 6.3", "runs.md 6.4"),
        rewritten(HTTP + "event_view", ('if row["lease_id"] is not None:', "if False:")),
    ),
    Mutant(
        "event-attempt-of-retry",
        "run.retry_scheduled carries the failed attempt's number",
        ("runs.md 6.4",),
        rewritten("helmr_local.engine.runs:Runs._retry", ("dict(run) | following,", "dict(run),")),
    ),
    Mutant(
        "event-trace-flat",
        "an event's trace is its trace id",
        ("runs.md 6.3",),
        responses(in_json(as_("events[].trace", lambda trace: trace["trace_id"])), "listRunEvents"),
        operations=("listRunEvents",),
    ),
    Mutant(
        "event-occurred-at-missing",
        "events do not say when they occurred",
        ("runs.md 6.3",),
        responses(in_json(without("events[].occurred_at")), "listRunEvents"),
        operations=("listRunEvents",),
    ),
    Mutant(
        "event-failure-kind",
        "a non-zero exit is told as worker_failed",
        ("runs.md 6.5",),
        rewritten(
            "helmr_local.engine.worker:Worker._exit",
            ('"failure_kind": "task_failed"', '"failure_kind": "worker_failed"'),
        ),
    ),
    Mutant(
        "event-cancel-origin",
        "run.cancelled after a graceful cancel does not tell its origin",
        ("runs.md 6.5",),
        rewritten(
            "helmr_local.engine.runs:Runs.release_cancelled", ("if requested else {})", "if False else {})")
        ),
    ),
    # --- pages -------------------------------------------------------------------------------------
    Mutant(
        "events-cursor-inclusive",
        "a page begins with the cursor's own event",
        ("runs.md 6.1", "runs.md 6.2"),
        rewritten(EVENTS + "page", ("seq > ?", "seq >= ?")),
    ),
    Mutant(
        "events-newest-first",
        "events are listed newest first",
        ("runs.md 6.2",),
        rewritten(
            HTTP + "list_run_events", ("for row in rows[:limit]]", "for row in reversed(rows[:limit])]")
        ),
    ),
    Mutant(
        "events-limit-ignored",
        "the limit of a page of events is ignored",
        ("runs.md 6.1", "runs.md 6.2"),
        rewritten(
            HTTP + "list_run_events",
            ("cursor, limit + 1)", "cursor, 500)"),
            ("for row in rows[:limit]]", "for row in rows]"),
        ),
    ),
    Mutant(
        "events-next-cursor-missing",
        "a page of events that is not the last has no next_cursor",
        ("runs.md 6.2",),
        rewritten(HTTP + "list_run_events", ("if len(rows) > limit:", "if False:")),
    ),
    Mutant(
        "events-next-cursor-off-by-one",
        "next_cursor is one too high: an event is left out",
        ("runs.md 6.2",),
        responses(in_json(as_("next_cursor", lambda cursor: cursor + 1)), "listRunEvents"),
    ),
    Mutant(
        "events-next-cursor-always",
        "the last page of events has a next_cursor",
        ("runs.md 6.2",),
        rewritten(
            HTTP + "list_run_events",
            ("if len(rows) > limit:", "if rows:"),
            ("rows[limit - 1]", "rows[:limit][-1]"),
        ),
    ),
    Mutant(
        "events-cursor-not-echoed",
        "a page of events says cursor 0 whatever was asked",
        ("runs.md 6.2",),
        responses(in_json(as_("cursor", lambda _: 0)), "listRunEvents"),
    ),
    Mutant(
        "events-last-event-id-ignored",
        "Last-Event-ID is ignored",
        ("runs.md 6.1",),
        rewritten(HTTP + "_cursor", ('trim(call.headers.get("last-event-id", "")) or', "")),
    ),
    Mutant(
        "events-cursor-wins",
        "the query's cursor wins over Last-Event-ID",
        ("runs.md 6.1",),
        rewritten(
            HTTP + "_cursor",
            (
                'trim(call.headers.get("last-event-id", "")) or trim(call.query.get("cursor", ""))',
                'trim(call.query.get("cursor", "")) or trim(call.headers.get("last-event-id", ""))',
            ),
        ),
    ),
    Mutant(
        "events-bad-cursor-taken",
        "a negative cursor is taken",
        ("runs.md 6.1",),
        rewritten(HTTP + "_cursor", ("or number < 0:", "or number < -9:")),
    ),
    Mutant(
        "events-follow-true",
        "follow=true selects the stream too",
        ("runs.md 6", "runs.md 6.1"),
        rewritten(
            "helmr_local.http.call:Call.wants_stream",
            ('self.query.get("follow") == "1"', 'self.query.get("follow") in ("1", "true")'),
        ),
    ),
    Mutant(
        "events-accept-ignored",
        "Accept: text/event-stream does not select the stream",
        ("runs.md 6", "runs.md 6.1"),
        rewritten(
            "helmr_local.http.call:Call.wants_stream",
            (' or "text/event-stream" in self.headers.get("accept", "")', ""),
        ),
    ),
    # --- event streams -----------------------------------------------------------------------------
    Mutant(
        "sse-id-missing",
        "frames have no id",
        ("runs.md 6.6",),
        responses(frames(lambda piece: re.sub(rb"id: \d+\n", b"", piece)), "listRunEvents"),
    ),
    Mutant(
        "sse-event-missing",
        "frames do not name their event",
        ("runs.md 6.6",),
        responses(frames(lambda piece: piece.replace(b"event: run_event\n", b"")), "listRunEvents"),
    ),
    Mutant(
        "sse-event-name",
        "frames name their kind, not run_event",
        ("runs.md 6.6",),
        responses(
            frames(lambda piece: piece.replace(b"event: run_event\n", b"event: message\n")), "listRunEvents"
        ),
    ),
    Mutant(
        "sse-crlf",
        "frames end their lines with CR LF",
        ("runs.md 6.6",),
        responses(frames(lambda piece: piece.replace(b"\n", b"\r\n")), "listRunEvents"),
    ),
    Mutant(
        "sse-one-blank-line-too-few",
        "frames are not parted by a blank line",
        ("runs.md 6.6",),
        responses(frames(lambda piece: piece.replace(b"\n\n", b"\n")), "listRunEvents"),
    ),
    Mutant(
        "sse-retry-line",
        "frames carry a retry line",
        ("runs.md 6.6",),
        responses(frames(lambda piece: piece.replace(b"id: ", b"retry: 100\nid: ")), "listRunEvents"),
    ),
    Mutant(
        "sse-greeting",
        "a stream begins with a comment",
        ("runs.md 6.6",),
        rewritten(
            STREAM + "EventStream._pump",
            (
                "async for piece in source:",
                'await send({"type": "http.response.body", "body": b": hello\\n\\n", "more_body": True})\n'
                "        async for piece in source:",
            ),
        ),
    ),
    Mutant(
        "sse-end-frame",
        "a stream ends with a frame of its own",
        ("runs.md 6.6",),
        rewritten(STREAM + "EventStream._pump", ('"body": b""}', '"body": b"event: end\\ndata: {}\\n\\n"}')),
    ),
    Mutant(
        "sse-with-charset",
        "the content type of a stream names a charset",
        ("runs.md 6.6",),
        rewritten(
            STREAM + "EventStream.send", ('b"text/event-stream"', 'b"text/event-stream; charset=utf-8"')
        ),
    ),
    Mutant(
        "sse-cacheable",
        "a stream does not say no-cache",
        ("runs.md 6.6",),
        responses(header("cache-control", None), *STREAMS),
    ),
    Mutant(
        "sse-without-version",
        "a stream lacks the version header",
        ("runs.md 6.6", "tokens-auth-errors.md 1.3"),
        responses(lambda wire: wire.header(b"helmr-api-version", None) if wire.streaming else None),
    ),
    Mutant(
        "sse-no-keep-alive",
        "a silent stream sends nothing",
        ("runs.md 6.6",),
        rewritten(HTTP + "_follow_events", ("yield KEEP_ALIVE", "pass")),
    ),
    Mutant(
        "sse-keep-alive-text",
        "the keep-alive comment has another text",
        ("runs.md 6.6",),
        responses(frames(lambda piece: piece.replace(b": keep-alive", b":")), *STREAMS),
    ),
    Mutant(
        "sse-never-ends",
        "a stream goes on after the run's last event",
        ("runs.md 6.6",),
        rewritten(
            HTTP + "_follow_events", ('if any(row["kind"] in TERMINAL_KINDS for row in batch):', "if False:")
        ),
    ),
    Mutant(
        "sse-ends-when-caught-up",
        "a stream ends when it has sent what is stored",
        ("runs.md 6.6",),
        rewritten(
            HTTP + "_follow_events",
            ("if not await news_within(", "return\n            if not await news_within("),
        ),
    ),
    Mutant(
        "sse-ends-on-cancel-request",
        "a stream ends with run.cancel_requested",
        ("runs.md 6.6",),
        rewritten(
            HTTP + "_follow_events",
            (
                'row["kind"] in TERMINAL_KINDS for row',
                'row["kind"] in (*TERMINAL_KINDS, "run.cancel_requested") for row',
            ),
        ),
    ),
    Mutant(
        "sse-ends-by-status",
        "a stream of an ended run closes although nothing follows the cursor",
        ("runs.md 6.6",),
        rewritten(
            HTTP + "_follow_events",
            (
                "if not await news_within(",
                'if engine.runs.require(run["id"])["status"] in TERMINAL:\n                return\n'
                "            if not await news_within(",
            ),
        ),
    ),
    Mutant(
        "sse-drops-batch-after-terminal",
        "what follows the failure of an attempt in its batch is not sent",
        ("runs.md 6.6",),
        rewritten(
            HTTP + "_follow_events",
            (
                "            if batch:",
                "            for place, row in enumerate(batch):\n"
                '                if row["kind"] in TERMINAL_KINDS:\n'
                "                    batch = batch[: place + 1]\n"
                "                    break\n"
                "            if batch:",
            ),
        ),
    ),
    Mutant(
        "sse-terminal-not-sent",
        "a stream ends without the run's last event",
        ("runs.md 6.6",),
        responses(
            frames(
                lambda piece: re.sub(
                    rb'id: \d+\nevent: run_event\ndata: [^\n]*"kind":"run.completed"[^\n]*\n\n', b"", piece
                )
            ),
            "listRunEvents",
        ),
    ),
    Mutant(
        "sse-repeats-on-resume",
        "a resumed stream sends the cursor's own event again",
        ("runs.md 6.6", "runs.md 6.1"),
        rewritten(
            HTTP + "_follow_events",
            ("settings, loop = ", "cursor = max(0, cursor - 1)\n    settings, loop = "),
        ),
    ),
    Mutant(
        "sse-skips-on-resume",
        "a resumed stream leaves an event out",
        ("runs.md 6.6", "runs.md 6.1"),
        rewritten(
            HTTP + "_follow_events", ("settings, loop = ", "cursor += bool(cursor)\n    settings, loop = ")
        ),
    ),
    Mutant(
        "sse-cursor-ignored",
        "a stream always begins with the first event",
        ("runs.md 6.6", "runs.md 6.1"),
        rewritten(
            HTTP + "list_run_events",
            ("_follow_events(call.engine, run, cursor)", "_follow_events(call.engine, run, 0)"),
        ),
    ),
    Mutant(
        "sse-one-batch",
        "of more than 200 stored events only 200 are sent",
        ("runs.md 6.6",),
        rewritten(
            HTTP + "_follow_events",
            (
                "if len(batch) == PAGE:",
                "if len(batch) == PAGE:\n                    return\n                if False:",
            ),
        ),
    ),
    Mutant(
        "sse-limit-bounds-stream",
        "the limit bounds a stream",
        ("runs.md 6.1", "runs.md 6.6"),
        rewritten(
            HTTP + "list_run_events",
            (
                'run = _run(call, run_id, "runs:read")',
                'run = _run(call, run_id, "runs:read")\n    if call.wants_stream() and limit < PAGE:\n'
                "        return json_answer(200, {})",
            ),
        ),
    ),
    # --- logs --------------------------------------------------------------------------------------
    Mutant(
        "logs-head-not-tail",
        "a snapshot keeps the first mebibyte, not the last",
        ("runs.md 7.1",),
        rewritten(
            LOGS + "Logs._tail",
            ("[-limit:]", "[:limit]"),
            (" ORDER BY seq DESC LIMIT 64", " ORDER BY seq LIMIT 6400"),
            ("seq < ?", "seq <= ?"),
            ("reversed(parts)", "parts"),
            ("before = rows", "break\n        before = rows"),
        ),
    ),
    Mutant(
        "logs-not-cut",
        "a snapshot is not cut",
        ("runs.md 7.1",),
        rewritten(
            LOGS + "Logs._tail",
            (
                "limit, have, before = self._core.settings.snapshot_limit, 0, 2**62",
                "limit, have, before = 2**40, 0, 2**62",
            ),
        ),
    ),
    Mutant(
        "logs-not-truncated",
        "a snapshot that is cut does not say so",
        ("runs.md 7.1",),
        responses(in_json(as_("truncated", lambda _: False)), "getRunLogs"),
    ),
    Mutant(
        "logs-plain-text",
        "a snapshot has plain text in place of base64",
        ("runs.md 7.1",),
        responses(in_json(renamed("stdout_base64", "stdout")), "getRunLogs"),
    ),
    Mutant(
        "logs-streams-swapped",
        "stdout and stderr are swapped",
        ("runs.md 7.1",),
        rewritten(
            LOGS + "Logs.snapshot", ('self._tail(run["no"], "stdout")', 'self._tail(run["no"], "stderr")')
        ),
    ),
    Mutant(
        "logs-size-of-answer",
        "the sizes of a snapshot are those of what it shows",
        ("runs.md 7.1",),
        rewritten(
            LOGS + "Logs.snapshot",
            ('"stdout_bytes": run["stdout_bytes"],', '"stdout_bytes": min(limit, run["stdout_bytes"]),'),
        ),
    ),
    Mutant(
        "logs-cursor-number",
        "the cursor of a snapshot is a number",
        ("runs.md 7.1",),
        responses(in_json(as_("cursor", int)), "getRunLogs"),
    ),
    Mutant(
        "logs-cursor-zero",
        "the cursor of a snapshot is always 0",
        ("runs.md 7.1",),
        responses(in_json(as_("cursor", lambda _: "0")), "getRunLogs"),
    ),
    Mutant(
        "logs-last-attempt-only",
        "a snapshot shows the last attempt only",
        ("runs.md 7.1",),
        rewritten(
            LOGS + "Logs._tail",
            (
                "AND stream = ? AND seq < ?",
                "AND stream = ? AND seq < ? AND attempt_number = (SELECT attempt_number FROM runs WHERE"
                " no = run_no)",
            ),
        ),
    ),
    Mutant(
        "log-frame-event-name",
        "frames of a log stream are called run_event",
        ("runs.md 7.2",),
        responses(frames(lambda piece: piece.replace(b"event: run_log", b"event: run_event")), "getRunLogs"),
    ),
    Mutant(
        "log-frame-bytes",
        "the size of a chunk is that of its base64",
        ("runs.md 7.2",),
        rewritten(
            LOGS + "chunk_frame",
            ('"bytes": len(row["content"]),', '"bytes": len(base64.b64encode(row["content"])),'),
        ),
    ),
    Mutant(
        "log-chunk-lost",
        "every third chunk of a log stream is left out",
        ("runs.md 7.2",),
        rewritten(
            HTTP + "_follow_logs",
            (
                'yield b"".join(chunk_frame(row, run_id) for row in batch)',
                'yield b"".join(chunk_frame(row, run_id) for row in batch if row["seq"] % 3)',
            ),
        ),
    ),
    Mutant(
        "log-cursor-inclusive",
        "a resumed log stream sends the cursor's own chunk again",
        ("runs.md 7.2",),
        rewritten(
            HTTP + "_follow_logs",
            ("until = loop.time()", "cursor = max(0, cursor - 1)\n    until = loop.time()"),
        ),
    ),
    Mutant(
        "log-cursor-is-event-id",
        "the ids of a log stream count up from those of the events",
        ("runs.md 7", "runs.md 7.2"),
        responses(
            frames(
                lambda piece: re.sub(rb"id: (\d+)\n", lambda found: b"id: %d\n" % (int(found[1]) + 1), piece)
            ),
            "getRunLogs",
        ),
    ),
    Mutant(
        "log-stream-never-ends",
        "a log stream goes on after the run's end",
        ("runs.md 7.2",),
        rewritten(
            HTTP + "_follow_logs", ('if current is None or current["status"] in TERMINAL:', "if False:")
        ),
    ),
    Mutant(
        "log-stream-ends-when-caught-up",
        "a log stream ends when it has sent what is stored",
        ("runs.md 7.2",),
        rewritten(
            HTTP + "_follow_logs", ('if current is None or current["status"] in TERMINAL:', "if True:")
        ),
    ),
    Mutant(
        "log-stream-ignores-cancel",
        "a log stream waits for the worker of a cancelled run",
        ("runs.md 7.2",),
        rewritten(
            HTTP + "_follow_logs",
            ('current["status"] in TERMINAL:', 'current["execution_status"] == "finished":'),
        ),
    ),
    Mutant(
        "log-stream-no-keep-alive",
        "a silent log stream sends nothing",
        ("runs.md 7.2",),
        rewritten(HTTP + "_follow_logs", ("yield KEEP_ALIVE", "pass")),
    ),
    Mutant(
        "log-cursor-judged-first",
        "a bad log cursor is judged before the run is looked up",
        ("runs.md 7.2", "runs.md 1.4"),
        rewritten(HTTP + "get_run_logs", ("run = _run(", "_cursor(call)\n    run = _run(")),
    ),
]
