"""Faults of session streams: appending, sequences, keys, listing and reading, and whom a record wakes."""

from __future__ import annotations

from .mutant import Mutant
from .planting import as_, in_json, responses, rewritten

STREAMS = "helmr_local.engine.streams:Streams."
HTTP = "helmr_local.http.streams:"
WAITS = "helmr_local.engine.waits:Waits."

MUTANTS = [
    # --- sequences ---------------------------------------------------------------------------------
    Mutant(
        "sequence-gaps",
        "every second sequence number is left out",
        ("sessions.md 16",),
        rewritten(STREAMS + "append", ("sequence = sequence + 1", "sequence = sequence + 2")),
    ),
    Mutant(
        "sequence-from-zero",
        "sequences start at 0",
        ("sessions.md 16", "sessions.md 4.6"),
        rewritten(
            "helmr_local.engine.streams:record_view",
            ('"sequence": record["sequence"],', '"sequence": record["sequence"] - 1,'),
        ),
    ),
    Mutant(
        "sequence-shared-by-directions",
        "the inputs and outputs of a session are counted together",
        ("sessions.md 15", "sessions.md 16"),
        rewritten(
            STREAMS + "append",
            (
                '"UPDATE streams SET sequence = sequence + 1 WHERE no = ? RETURNING sequence",'
                ' (stream["no"],)',
                '"UPDATE streams SET sequence = 1 + (SELECT coalesce(max(sequence), 0) FROM streams WHERE'
                " session_id = ?)"
                ' WHERE no = ? RETURNING sequence", (stream["session_id"], stream["no"])',
            ),
        ),
    ),
    Mutant(
        "sequence-used-by-replay",
        "a replayed append uses up a sequence number",
        ("sessions.md 16",),
        rewritten(
            STREAMS + "append",
            (
                "return known, False",
                'db.execute("UPDATE streams SET sequence = sequence + 1 WHERE no = ?", (stream["no"],))\n'
                "            return known, False",
            ),
        ),
    ),
    Mutant(
        "record-lost",
        "one output record in five is acknowledged and not stored",
        ("sessions.md 16", "sessions.md 18.1"),
        rewritten(
            STREAMS + "append",
            (
                "assert record is not None",
                'assert record is not None\n    if record["sequence"] % 5 == 0:\n'
                '        db.execute("DELETE FROM stream_records WHERE id = ?", (record["id"],))',
            ),
        ),
    ),
    Mutant(
        "record-stored-twice",
        "every output record is stored twice",
        ("sessions.md 16", "sessions.md 18.1"),
        rewritten(
            HTTP + "append_output_record",
            (
                'status = "created" if new else "duplicate"',
                "streams.append(stream, data=request.data)\n"
                '        status = "created" if new else "duplicate"',
            ),
        ),
    ),
    Mutant(
        "record-data-as-text",
        "a record's data comes back as JSON text",
        ("sessions.md 16", "sessions.md 4.6"),
        rewritten(
            "helmr_local.engine.streams:record_view",
            ('"data": jsontext.raw(record["data"]),', '"data": record["data"],'),
        ),
    ),
    Mutant(
        "record-content-type-lost",
        "the content type of a record is always application/json",
        ("sessions.md 16", "sessions.md 4.6"),
        rewritten(
            HTTP + "Append.of",
            ('trim(decoded.get("content_type", "")) or "application/json"', '"application/json"'),
        ),
    ),
    Mutant(
        "record-correlation-lost",
        "the correlation id of a record is not kept",
        ("sessions.md 16", "sessions.md 4.6"),
        rewritten(HTTP + "Append.of", ('trim(decoded.get("correlation_id", ""))', '""')),
    ),
    # --- keys --------------------------------------------------------------------------------------
    Mutant(
        "append-key-ignored",
        "a known key appends another record",
        ("sessions.md 16", "tokens-auth-errors.md 1.14"),
        rewritten(
            STREAMS + "append",
            ("if idempotency_key:", 'idempotency_key = ""\n    if idempotency_key:'),
        ),
    ),
    Mutant(
        "append-key-takes-other-data",
        "a known key answers its record whatever the data",
        ("sessions.md 16",),
        rewritten(STREAMS + "append", ('if known["fingerprint"] != fingerprint:', "if False:")),
    ),
    Mutant(
        "append-key-forgets-correlation",
        "another correlation id under one key is no conflict",
        ("sessions.md 16",),
        rewritten(STREAMS + "append", ('"correlation_id": correlation_id, "data": data', '"data": data')),
    ),
    Mutant(
        "append-key-says-created",
        "a replayed append says created",
        ("sessions.md 16", "sessions.md 4.7"),
        responses(
            in_json(as_("idempotency_status", lambda _: "created")), "appendInputRecord", "appendOutputRecord"
        ),
    ),
    Mutant(
        "append-key-shared-by-streams",
        "a key used on one stream is taken on all of the session",
        ("sessions.md 16",),
        rewritten(
            STREAMS + "append",
            (
                '"SELECT * FROM stream_records WHERE stream_no = ? AND idempotency_key = ?",\n'
                '            (stream["no"],',
                '"SELECT r.* FROM stream_records r JOIN streams s ON s.no = r.stream_no"\n'
                '            " WHERE s.session_id = ? AND r.idempotency_key = ?",\n'
                '            (stream["session_id"],',
            ),
        ),
    ),
    Mutant(
        "append-key-length-not-checked",
        "an append takes a key of any length",
        ("sessions.md 16", "tokens-auth-errors.md 1.14"),
        rewritten(HTTP + "Append.check", ("check_idempotency_key(self.idempotency_key)", "pass")),
    ),
    # --- the session's state -----------------------------------------------------------------------
    Mutant(
        "input-to-ended-session",
        "a session that has ended takes input",
        ("sessions.md 14.4", "sessions.md 16"),
        rewritten(
            "helmr_local.engine.streams:accepts_input", ('if session["status"] != "open":', "if False:")
        ),
    ),
    Mutant(
        "input-to-overdue-session",
        "an overdue session takes input",
        ("sessions.md 14.4", "sessions.md 14.1"),
        rewritten(
            "helmr_local.engine.streams:accepts_input",
            (' or (session["status"] == "open" and overdue(session, now))', ""),
        ),
    ),
    Mutant(
        "input-to-expired-session-is-409",
        "input to an expired session is a 409",
        ("sessions.md 14.4", "sessions.md 16"),
        rewritten("helmr_local.errors:session_expired", ("410", "409")),
    ),
    Mutant(
        "output-to-ended-session-refused",
        "a session that has ended takes no output",
        ("sessions.md 14.4", "sessions.md 16"),
        rewritten(
            HTTP + "append_output_record",
            (
                "request = Append.of(decoded)",
                "accepts_input(session, call.engine.clock.now())\n    request = Append.of(decoded)",
            ),
        ),
    ),
    Mutant(
        "replay-to-ended-session",
        "a replayed input is answered although the session has ended",
        ("sessions.md 16", "sessions.md 14.4"),
        rewritten(
            HTTP + "append_input_record",
            (
                "accepts_input(session, engine.clock.now())",
                'key = decoded.get("idempotency_key", "")\n'
                '    stream = engine.streams.resolve(session, name, "input")\n'
                "    known = call.engine.db.one(\n"
                '        "SELECT * FROM stream_records WHERE stream_no = ? AND idempotency_key = ?",'
                ' (stream["no"], key)\n'
                "    )\n"
                "    if known is not None:\n"
                "        return json_answer(\n"
                '            201, {"record": record_view(known, stream["id"]), "idempotency_status":'
                ' "duplicate",'
                ' "continuation_status": "duplicate"}\n'
                "        )\n"
                "    accepts_input(session, engine.clock.now())",
            ),
        ),
    ),
    # --- which streams there are -------------------------------------------------------------------
    Mutant(
        "undeclared-stream-made",
        "a stream that no deployment declares is made on first use",
        ("sessions.md 15",),
        rewritten(STREAMS + "known", ("if declared is None:", "if False:")),
    ),
    Mutant(
        "stream-direction-ignored",
        "an input stream can be used as an output stream",
        ("sessions.md 15",),
        rewritten(
            STREAMS + "known",
            (
                'AND name = ? AND direction = ?",\n'
                '            (session["active_deployment_id"], name, direction),',
                'AND name = ?",\n            (session["active_deployment_id"], name),',
            ),
        ),
    ),
    Mutant(
        "stream-name-not-checked",
        "a malformed stream name is a 404, not a 400",
        ("sessions.md 15",),
        rewritten(HTTP + "stream_name", ("if not STREAM_NAME.fullmatch(name):", "if False:")),
    ),
    Mutant(
        "streams-only-used-ones",
        "the list of streams lacks those that nobody has used",
        ("sessions.md 15",),
        rewritten(
            STREAMS + "make_missing", ("for declared in self.missing(session):", "for declared in ():")
        ),
    ),
    Mutant(
        "streams-unsorted",
        "the list of streams is in the order of their making",
        ("sessions.md 15",),
        rewritten(STREAMS + "all", ("ORDER BY name COLLATE NOCASE, name, direction", "ORDER BY no DESC")),
    ),
    Mutant(
        "stream-sequence-stale",
        "a listed stream's sequence stays 0",
        ("sessions.md 4.5",),
        responses(
            in_json(lambda page: {"streams": [stream | {"sequence": 0} for stream in page["streams"]]}),
            "listSessionStreams",
        ),
    ),
    # --- reading -----------------------------------------------------------------------------------
    Mutant(
        "records-newest-first",
        "records are listed newest first",
        ("sessions.md 18.1",),
        rewritten(
            STREAMS + "records",
            (
                '"SELECT * FROM stream_records WHERE stream_no = ? AND sequence > ? ORDER BY sequence'
                ' LIMIT ?"',
                '"SELECT * FROM stream_records WHERE stream_no = ? AND sequence > ? ORDER BY sequence'
                ' DESC LIMIT ?"',
            ),
        ),
    ),
    Mutant(
        "records-cursor-inclusive",
        "records are listed from the cursor on, the cursor's own included",
        ("sessions.md 18.1",),
        rewritten(
            STREAMS + "records",
            ("stream_no = ? AND sequence > ? ORDER", "stream_no = ? AND sequence >= ? ORDER"),
        ),
    ),
    Mutant(
        "records-cursor-alias-ignored",
        "the query parameter `cursor` is ignored",
        ("sessions.md 18.1", "sessions.md 18.2"),
        rewritten(HTTP + "after_sequence", (' or trim(call.query.get("cursor", ""))', "")),
    ),
    Mutant(
        "records-limit-ignored",
        "the limit of a list of records is ignored",
        ("sessions.md 18.1",),
        rewritten(HTTP + "_list", ("limit=limit", "limit=500")),
    ),
    Mutant(
        "records-limit-off-by-one",
        "a list of records has one more than the limit",
        ("sessions.md 18.1",),
        rewritten(HTTP + "_list", ("limit=limit", "limit=limit + 1")),
    ),
    Mutant(
        "records-default-limit",
        "without a limit 50 records are listed",
        ("sessions.md 18.1",),
        rewritten(HTTP + "_list", ("100, 1, 500", "50, 1, 500")),
    ),
    Mutant(
        "records-correlation-ignored",
        "the correlation filter of a list is ignored",
        ("sessions.md 18.1",),
        rewritten(HTTP + "_list", ("correlation_id=correlation_id", 'correlation_id=""')),
    ),
    Mutant(
        "read-gives-latest",
        "read gives the newest record, not the first after the cursor",
        ("sessions.md 18.2",),
        rewritten(
            STREAMS + "first",
            ("limit=1,", "limit=500,"),
            ("return records[0] if", "return records[-1] if"),
        ),
    ),
    Mutant(
        "read-consumes",
        "read takes the record away",
        ("sessions.md 18.2", "sessions.md 18.1"),
        rewritten(
            HTTP + "read_output",
            (
                'return {"record": None if record',
                'if record is not None:\n        call.engine.db.execute("DELETE FROM stream_records WHERE'
                ' id = ?", (record["id"],))\n'
                '    return {"record": None if record',
            ),
        ),
    ),
    Mutant(
        "read-correlation-ignored",
        "the correlation filter of read is ignored",
        ("sessions.md 18.2",),
        rewritten(HTTP + "read_output", ("correlation_id=correlation_id", 'correlation_id=""')),
    ),
    # --- whom a record wakes -----------------------------------------------------------------------
    Mutant(
        "wait-not-woken",
        "a run that waits for input is not woken by it",
        ("sessions.md 17.1",),
        rewritten(STREAMS + "append_input", ("for wait in waits:", "for wait in ():")),
    ),
    Mutant(
        "wait-ignores-correlation",
        "a wait for one correlation takes any record",
        ("sessions.md 17.1",),
        rewritten(WAITS + "for_record", (' and wait.correlation_id in ("", correlation_id)', "")),
    ),
    Mutant(
        "wait-forgets-earlier-records",
        "a wait does not take a record that came before it",
        ("sessions.md 17.4", "sessions.md 17.1"),
        rewritten(
            "helmr_local.engine.operations:Operations.wait_input",
            ("if buffered is not None:", "if False:"),
        ),
    ),
    Mutant(
        "wait-never-times-out",
        "a wait's own timeout is ignored",
        ("runs.md 2.1", "tokens-auth-errors.md 3.8"),
        rewritten(
            WAITS + "begin", ("if timeout is not None:", 'if timeout is not None and wait.kind == "timer":')
        ),
    ),
]
