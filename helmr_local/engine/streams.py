"""Session streams: records in order, and what an input record sets off."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from .. import jsontext
from ..errors import ApiError, bad_request, session_expired, session_terminal, stream_not_found
from ..ids import new_id
from ..store import Row
from ..times import format_time
from .continuations import Continuations
from .core import Core
from .waits import Outcome, Waits

STREAM_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,255}", re.ASCII)
STREAM_NAME_MESSAGE = "stream name must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$"


def overdue(session: Row, now: int) -> bool:
    return session["expires_at"] is not None and session["expires_at"] <= now


def accepts_input(session: Row, now: int) -> None:
    """Refuse what a session that is over cannot take."""
    if session["status"] == "expired" or (session["status"] == "open" and overdue(session, now)):
        raise session_expired()
    if session["status"] != "open":
        raise session_terminal()


class Streams:
    """Streams and their records."""

    def __init__(self, core: Core, waits: Waits, continuations: Continuations) -> None:
        self._core = core
        self._waits = waits
        self._continuations = continuations

    def find(self, session: Row, name: str, direction: str) -> Row | None:
        """The stream, if the session has it already."""
        return self._core.db.one(
            "SELECT * FROM streams WHERE session_id = ? AND name = ? AND direction = ?",
            (session["id"], name, direction),
        )

    def known(self, session: Row, name: str, direction: str) -> Row | None:
        """The stream; None when the deployment declares it and nothing was written to it yet.

        Raises:
            ApiError: 404, neither is the case.
        """
        stream = self.find(session, name, direction)
        if stream is None:
            declared = self._core.db.one(
                "SELECT 1 FROM deployment_streams WHERE deployment_id = ? AND name = ? AND direction = ?",
                (session["active_deployment_id"], name, direction),
            )
            if declared is None:
                raise stream_not_found()
        return stream

    def resolve(self, session: Row, name: str, direction: str) -> Row:
        """The stream, made now if the deployment declares it.

        Raises:
            ApiError: 404, neither is the case.
        """
        return self.known(session, name, direction) or self._make(session["id"], name, direction)

    def _make(self, session_id: str, name: str, direction: str) -> Row:
        with self._core.db.transaction():
            self._core.db.execute(
                "INSERT INTO streams (id, session_id, name, direction, created_at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (new_id(), session_id, name, direction, self._core.clock.now()),
            )
            stream = self._core.db.one(
                "SELECT * FROM streams WHERE session_id = ? AND name = ? AND direction = ?",
                (session_id, name, direction),
            )
        assert stream is not None
        return stream

    def missing(self, session: Row) -> list[Row]:
        """The streams that the deployment declares and the session does not have yet."""
        return self._core.db.all(
            "SELECT d.name, d.direction FROM deployment_streams d WHERE d.deployment_id = ? AND NOT EXISTS"
            " (SELECT 1 FROM streams s"
            " WHERE s.session_id = ? AND s.name = d.name AND s.direction = d.direction)",
            (session["active_deployment_id"], session["id"]),
        )

    def make_missing(self, session: Row) -> None:
        """Make the streams that the deployment declares."""
        with self._core.db.transaction():
            for declared in self.missing(session):
                self._make(session["id"], declared["name"], declared["direction"])

    def all(self, session: Row) -> list[Row]:
        """Every stream that the session has."""
        # Names are ASCII; the database of the real server sorts them without regard to case first.
        return self._core.db.all(
            "SELECT * FROM streams WHERE session_id = ? ORDER BY name COLLATE NOCASE, name, direction",
            (session["id"],),
        )

    # --- records -----------------------------------------------------------------------------------

    def append(
        self,
        stream: Row,
        *,
        data: Any,
        content_type: str = "application/json",
        correlation_id: str = "",
        idempotency_key: str = "",
    ) -> tuple[Row, bool]:
        """Add a record; the record and whether it is new. Part of the open transaction.

        Raises:
            ApiError: 409, the key stands for another record; 400, the database cannot hold the data.
        """
        db = self._core.db
        fingerprint = None
        if idempotency_key:
            fingerprint = hashlib.sha256(
                jsontext.canonical(
                    {"content_type": content_type, "correlation_id": correlation_id, "data": data}
                )
            ).digest()
            known = db.one(
                "SELECT * FROM stream_records WHERE stream_no = ? AND idempotency_key = ?",
                (stream["no"], idempotency_key),
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
            text = jsontext.stored(data)
        except jsontext.JsonError as error:
            raise bad_request(f"data cannot be stored: {error}") from None
        with db.transaction():
            counted = db.one(
                "UPDATE streams SET sequence = sequence + 1 WHERE no = ? RETURNING sequence", (stream["no"],)
            )
            assert counted is not None
            record = db.one(
                "INSERT INTO stream_records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
                (
                    stream["no"],
                    counted["sequence"],
                    new_id(),
                    text,
                    correlation_id,
                    content_type,
                    idempotency_key or None,
                    fingerprint,
                    self._core.clock.now(),
                ),
            )
        assert record is not None
        return record, True

    def append_input(
        self,
        session: Row,
        stream: Row,
        *,
        data: Any,
        content_type: str,
        correlation_id: str,
        idempotency_key: str,
    ) -> tuple[Row, bool, str | None]:
        """Add an input record and let it have its effect.

        Returns:
            The record, whether it is new, and the continuation status.
        """
        db, now = self._core.db, self._core.clock.now()
        with db.transaction():
            record, new = self.append(
                stream,
                data=data,
                content_type=content_type,
                correlation_id=correlation_id,
                idempotency_key=idempotency_key,
            )
            waits = self._waits.for_record(stream["no"], record["sequence"], correlation_id) if new else []
            for wait in waits:
                self._waits.end(wait, Outcome("completed", record))
            if new and not waits:
                self._continuations.request(session["id"], stream["no"], record, now)
            created = self._continuations.process(session["id"])
        if created:
            return record, new, "created"
        if not new:
            return record, new, "duplicate"
        return record, new, None if waits else "accepted_run_pending"

    def records(self, stream: Row, *, after: int, limit: int, correlation_id: str = "") -> list[Row]:
        """Records after a sequence, oldest first."""
        if correlation_id:
            return self._core.db.all(
                "SELECT * FROM stream_records"
                " WHERE stream_no = ? AND correlation_id = ? AND correlation_id <> ''"
                " AND sequence > ? ORDER BY sequence LIMIT ?",
                (stream["no"], correlation_id, after, limit),
            )
        return self._core.db.all(
            "SELECT * FROM stream_records WHERE stream_no = ? AND sequence > ? ORDER BY sequence LIMIT ?",
            (stream["no"], after, limit),
        )

    def first(self, stream: Row, *, after: int, correlation_id: str = "") -> Row | None:
        records = self.records(stream, after=after, limit=1, correlation_id=correlation_id)
        return records[0] if records else None


def stream_view(stream: Row) -> dict[str, Any]:
    return {
        "id": stream["id"],
        "session_id": stream["session_id"],
        "name": stream["name"],
        "direction": stream["direction"],
        "sequence": stream["sequence"],
        "metadata": jsontext.raw(stream["metadata"]),
        "created_at": format_time(stream["created_at"]),
    }


def record_view(record: Row, stream_id: str) -> dict[str, Any]:
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
