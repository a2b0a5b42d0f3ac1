"""Streams of sessions: ordered records, and the effects of an input record."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from ..engine.context import Context
from ..engine.waits import Outcome, Waits
from ..errors import ApiError, bad_request, session_expired, session_terminal, stream_not_found
from ..http.request import Request
from ..http.response import Response, json_response
from ..ids import new_id
from ..store import Row
from ..wire import jsontext
from ..wire.strings import trim
from ..wire.times import format_time
from .base import Resource, both, handles
from .continuations import Continuations
from .rows import RecordRow, SessionRow, StreamRow
from .sessions import Sessions, overdue
from .validation import check_idempotency_key, check_stream_name, no_nul, position

BAD_RECORD = "invalid stream record request JSON"


@dataclass(frozen=True)
class NewRecord:
    """A record to append."""

    data: Any
    content_type: str = "application/json"
    correlation_id: str = ""
    idempotency_key: str = ""

    @classmethod
    def of(cls, fields: dict[str, Any]) -> NewRecord:
        """Parse the record that a request sends."""
        return cls(
            fields.get("data"),
            trim(fields.get("content_type", "")) or "application/json",
            trim(fields.get("correlation_id", "")),
            trim(fields.get("idempotency_key", "")),
        )

    def check(self) -> None:
        """Refuse values that the database cannot store.

        Raises:
            ApiError: 400.
        """
        check_idempotency_key(self.idempotency_key)
        no_nul(self.content_type, "content_type")
        no_nul(self.correlation_id, "correlation_id")


class Streams(Resource):
    """Streams and their records."""

    SCHEMA = """
    CREATE TABLE IF NOT EXISTS streams (
      no INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      session_id TEXT NOT NULL,
      name TEXT NOT NULL,
      direction TEXT NOT NULL,
      sequence INTEGER NOT NULL DEFAULT 0,
      metadata TEXT NOT NULL DEFAULT '{}',
      created_at INTEGER NOT NULL,
      UNIQUE (session_id, name, direction)
    );
    CREATE TABLE IF NOT EXISTS stream_records (
      stream_no INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      id TEXT NOT NULL,
      data TEXT NOT NULL,
      correlation_id TEXT NOT NULL,
      content_type TEXT NOT NULL,
      idempotency_key TEXT,
      fingerprint BLOB,
      created_at INTEGER NOT NULL,
      PRIMARY KEY (stream_no, sequence)
    );
    CREATE UNIQUE INDEX IF NOT EXISTS stream_records_key
      ON stream_records (stream_no, idempotency_key) WHERE idempotency_key IS NOT NULL;
    CREATE INDEX IF NOT EXISTS stream_records_correlation
      ON stream_records (stream_no, correlation_id, sequence)
      WHERE correlation_id <> '';
    """

    def __init__(
        self, context: Context, waits: Waits, continuations: Continuations, sessions: Sessions
    ) -> None:
        super().__init__(context)
        self._waits = waits
        self._continuations = continuations
        self._sessions = sessions

    def find(self, session: SessionRow, name: str, direction: str) -> StreamRow | None:
        """Return the stream, if the session already has it."""
        return self.db.one(
            "SELECT * FROM streams WHERE session_id = ? AND name = ? AND direction = ?",
            (session["id"], name, direction),
            row=StreamRow,
        )

    def known(self, session: SessionRow, name: str, direction: str) -> StreamRow | None:
        """Return the stream; None if the deployment declares it but nothing was written to it yet.

        Raises:
            ApiError: 404 if the stream neither exists nor is declared.
        """
        stream = self.find(session, name, direction)
        if stream is None:
            declared = self.db.one(
                "SELECT 1 FROM deployment_streams WHERE deployment_id = ? AND name = ? AND direction = ?",
                (session["active_deployment_id"], name, direction),
            )
            if declared is None:
                raise stream_not_found()
        return stream

    def resolve(self, session: SessionRow, name: str, direction: str) -> StreamRow:
        """Return the stream, creating it if the deployment declares it.

        Raises:
            ApiError: 404 if the stream neither exists nor is declared.
        """
        return self.known(session, name, direction) or self._make(session["id"], name, direction)

    def _make(self, session_id: str, name: str, direction: str) -> StreamRow:
        with self.db.transaction():
            self.db.execute(
                "INSERT INTO streams (id, session_id, name, direction, created_at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (new_id(), session_id, name, direction, self.clock.now()),
            )
            stream = self.db.one(
                "SELECT * FROM streams WHERE session_id = ? AND name = ? AND direction = ?",
                (session_id, name, direction),
                row=StreamRow,
            )
        assert stream is not None
        return stream

    def missing(self, session: SessionRow) -> list[Row]:
        """Return the streams that the deployment declares and the session does not have yet."""
        return self.db.all(
            "SELECT d.name, d.direction FROM deployment_streams d WHERE d.deployment_id = ? AND NOT EXISTS"
            " (SELECT 1 FROM streams s"
            " WHERE s.session_id = ? AND s.name = d.name AND s.direction = d.direction)",
            (session["active_deployment_id"], session["id"]),
        )

    def make_missing(self, session: SessionRow) -> None:
        """Create the streams that the deployment declares."""
        with self.db.transaction():
            for declared in self.missing(session):
                self._make(session["id"], declared["name"], declared["direction"])

    def all(self, session: SessionRow) -> list[StreamRow]:
        """Return every stream of the session."""
        # Names are ASCII; the real server's database first sorts them case-insensitively.
        return self.db.all(
            "SELECT * FROM streams WHERE session_id = ? ORDER BY name COLLATE NOCASE, name, direction",
            (session["id"],),
            row=StreamRow,
        )

    # --- records -----------------------------------------------------------------------------------

    def append(self, stream: StreamRow, new: NewRecord) -> tuple[RecordRow, bool]:
        """Append a record in the open transaction; return it and whether it is new.

        Raises:
            ApiError: 409 if the key belongs to another record; 400 if the database cannot store the data.
        """
        db = self.db
        fingerprint = None
        if new.idempotency_key:
            fingerprint = hashlib.sha256(
                jsontext.canonical(
                    {"content_type": new.content_type, "correlation_id": new.correlation_id, "data": new.data}
                )
            ).digest()
            known = db.one(
                "SELECT * FROM stream_records WHERE stream_no = ? AND idempotency_key = ?",
                (stream["no"], new.idempotency_key),
                row=RecordRow,
            )
            if known is not None:
                if known["fingerprint"] != fingerprint:
                    raise ApiError(
                        409,
                        "idempotency_key was already used with different request parameters",
                        "idempotency_fingerprint_mismatch",
                    )
                return known, False
        try:
            text = jsontext.stored(new.data)
        except jsontext.JsonError as error:
            raise bad_request(f"data cannot be stored: {error}") from None
        with db.transaction():
            counted = db.one(
                "UPDATE streams SET sequence = sequence + 1 WHERE no = ? RETURNING sequence", (stream["no"],)
            )
            assert counted is not None
            record: RecordRow = {
                "stream_no": stream["no"],
                "sequence": counted["sequence"],
                "id": new_id(),
                "data": text,
                "correlation_id": new.correlation_id,
                "content_type": new.content_type,
                "idempotency_key": new.idempotency_key or None,
                "fingerprint": fingerprint,
                "created_at": self.clock.now(),
            }
            db.insert("stream_records", record)
        return record, True

    def append_input(
        self, session: SessionRow, stream: StreamRow, record: NewRecord
    ) -> tuple[RecordRow, bool, str | None]:
        """Append an input record and trigger its effects.

        Returns:
            The record, whether it is new, and the continuation status.
        """
        db, now = self.db, self.clock.now()
        with db.transaction():
            stored, new = self.append(stream, record)
            waits = (
                self._waits.for_record(stream["no"], stored["sequence"], record.correlation_id) if new else []
            )
            for wait in waits:
                self._waits.end(wait, Outcome("completed", stored))
            if new and not waits:
                self._continuations.request(session["id"], stream["no"], stored, now)
            created = self._continuations.process(session["id"])
        if created:
            return stored, new, "created"
        if not new:
            return stored, new, "duplicate"
        return stored, new, None if waits else "accepted_run_pending"

    def records(
        self, stream: StreamRow, *, after: int, limit: int, correlation_id: str = ""
    ) -> list[RecordRow]:
        """Return the records after a sequence number, oldest first."""
        if correlation_id:
            return self.db.all(
                "SELECT * FROM stream_records"
                " WHERE stream_no = ? AND correlation_id = ? AND correlation_id <> ''"
                " AND sequence > ? ORDER BY sequence LIMIT ?",
                (stream["no"], correlation_id, after, limit),
                row=RecordRow,
            )
        return self.db.all(
            "SELECT * FROM stream_records WHERE stream_no = ? AND sequence > ? ORDER BY sequence LIMIT ?",
            (stream["no"], after, limit),
            row=RecordRow,
        )

    def first(self, stream: StreamRow, *, after: int, correlation_id: str = "") -> RecordRow | None:
        records = self.records(stream, after=after, limit=1, correlation_id=correlation_id)
        return records[0] if records else None

    # --- requests ----------------------------------------------------------------------------------

    def _addressed(self, request: Request, direction: str) -> tuple[SessionRow, str, StreamRow | None]:
        """Return the session, the stream's name, and the stream, or None if nothing was written to it yet."""
        session = self._sessions.addressed(request)
        name = stream_name(request)
        return session, name, self.known(session, name, direction)

    @handles(*both("listSessionStreams"))
    async def list_session_streams(self, request: Request) -> Response:
        session = self._sessions.addressed(request)
        if self.missing(session):
            await self.writes.run(lambda: self.make_missing(session))
        return json_response(200, {"streams": [stream_view(stream) for stream in self.all(session)]})

    def send_input(self, session: SessionRow, stream: StreamRow, record: NewRecord) -> dict[str, Any]:
        """Append an input record in the open transaction; return the response body.

        Raises:
            ApiError: The session accepts no input, or the record is invalid.
        """
        accepts_input(session, self.clock.now())
        record.check()
        stored, new, continuation = self.append_input(session, stream, record)
        view = _append_view(stored, stream, new)
        if continuation is not None:
            view["continuation_status"] = continuation
        return view

    @handles(*both("appendInputRecord"))
    async def append_input_record(self, request: Request) -> Response:
        session, name, _ = self._addressed(request, "input")
        fields = await request.body(BAD_RECORD)
        accepts_input(self._sessions.require(session["id"]), self.clock.now())
        record = NewRecord.of(fields)
        record.check()
        request.check_schema(fields)

        def append() -> dict[str, Any]:
            now = self._sessions.require(session["id"])
            return self.send_input(now, self.resolve(now, name, "input"), record)

        return json_response(201, await self.writes.run(append))

    @handles(*both("appendOutputRecord"))
    async def append_output_record(self, request: Request) -> Response:
        session, name, _ = self._addressed(request, "output")
        fields = await request.body(BAD_RECORD)
        record = NewRecord.of(fields)
        record.check()
        request.check_schema(fields)

        def append() -> dict[str, Any]:
            stream = self.resolve(session, name, "output")
            stored, new = self.append(stream, record)
            return _append_view(stored, stream, new)

        return json_response(201, await self.writes.run(append))

    @handles(*both("listInputRecords"))
    async def list_input_records(self, request: Request) -> Response:
        return self._list(request, "input")

    @handles(*both("listOutputRecords"))
    async def list_output_records(self, request: Request) -> Response:
        return self._list(request, "output")

    def _list(self, request: Request, direction: str) -> Response:
        stream = self._addressed(request, direction)[2]
        after, limit = after_sequence(request), request.integer("limit")
        correlation_id = correlation_filter(request)
        if stream is None:
            return json_response(200, {"records": []})
        records = self.records(stream, after=after, limit=limit, correlation_id=correlation_id)
        return json_response(200, {"records": [record_view(record, stream["id"]) for record in records]})

    @handles(*both("readOutputRecord"))
    async def read_output_record(self, request: Request) -> Response:
        stream = self._addressed(request, "output")[2]
        return json_response(200, self.read_output(request, stream))

    def read_output(self, request: Request, stream: StreamRow | None) -> dict[str, Any]:
        """Return the body of the response with the first record after the cursor."""
        after, correlation_id = after_sequence(request), correlation_filter(request)
        if stream is None:
            return {"record": None}
        record = self.first(stream, after=after, correlation_id=correlation_id)
        return {"record": None if record is None else record_view(record, stream["id"])}


def _append_view(record: RecordRow, stream: StreamRow, new: bool) -> dict[str, Any]:
    return {
        "record": record_view(record, stream["id"]),
        "idempotency_status": "created" if new else "duplicate",
    }


def accepts_input(session: SessionRow, now: int) -> None:
    """Raise an error if the session is over, because it then accepts no input."""
    if session["status"] == "expired" or (session["status"] == "open" and overdue(session, now)):
        raise session_expired()
    if session["status"] != "open":
        raise session_terminal()


def stream_name(request: Request) -> str:
    """Return the name in the path.

    Raises:
        ApiError: 400.
    """
    return check_stream_name(request.parameters["stream"])


def after_sequence(request: Request) -> int:
    """Return the sequence number to read after, from the query."""
    text = trim(request.query.get("after_sequence", "")) or trim(request.query.get("cursor", ""))
    return position(text, "after_sequence")


def correlation_filter(request: Request) -> str:
    correlation_id = trim(request.query.get("correlation_id", ""))
    no_nul(correlation_id, "correlation_id")
    return correlation_id


def stream_view(stream: StreamRow) -> dict[str, Any]:
    return {
        "id": stream["id"],
        "session_id": stream["session_id"],
        "name": stream["name"],
        "direction": stream["direction"],
        "sequence": stream["sequence"],
        "metadata": jsontext.raw(stream["metadata"]),
        "created_at": format_time(stream["created_at"]),
    }


def record_view(record: RecordRow, stream_id: str) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": record["id"],
        "stream_id": stream_id,
        "sequence": record["sequence"],
        "data": jsontext.raw(record["data"]),
    }
    if record["correlation_id"]:
        view["correlation_id"] = record["correlation_id"]
    view["content_type"] = record["content_type"]
    view["created_at"] = format_time(record["created_at"])
    return view
