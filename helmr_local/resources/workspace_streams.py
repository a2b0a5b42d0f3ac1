"""The byte streams of execs and PTYs, stored by offset, read in pages, and followed as they grow."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncGenerator, Callable
from typing import Any, NamedTuple, TypedDict

from ..errors import ApiError, bad_request, conflict
from ..http.event_stream import EventStream
from ..http.request import Request
from ..http.response import Reply, json_response
from ..ids import new_id
from ..wire import jsontext
from ..wire.strings import trim
from ..wire.times import format_time
from .base import Resource
from .following import News, follow
from .validation import position

_BATCH = 8
"""The number of chunks read from the database at once while following a stream."""
_CHUNK = (
    "SELECT id, stream, offset_start, offset_end, data, observed_at, created_at FROM workspace_stream_chunks"
    " WHERE owner_id = ? AND stream = ?"
)
_EXPIRED = "workspace_stream_cursor_expired"


class ByteChunkRow(TypedDict):
    """A chunk of a stream. The data of input is deleted once the program has received it."""

    id: str
    stream: str
    offset_start: int
    offset_end: int
    data: bytes | None
    observed_at: int
    created_at: int


class Position(NamedTuple):
    """The progress of a stream's owner: its state, the reason for it, and whether it is final."""

    state: str
    error: str
    is_terminal: bool


class ProcessOutput(NamedTuple):
    """An output that can be followed.

    Args:
        owner_id: The exec or PTY.
        stream: `stdout`, `stderr` or `output`.
        kind: The owner's name in the last event of the stream.
        position: Reads the progress of the owner.
    """

    owner_id: str
    stream: str
    kind: str
    position: Callable[[], Position]


class ByteStreams(Resource):
    """The chunks of all streams."""

    SCHEMA = """
    CREATE TABLE IF NOT EXISTS workspace_stream_chunks (
      no INTEGER PRIMARY KEY,
      id TEXT NOT NULL,
      owner_id TEXT NOT NULL,
      stream TEXT NOT NULL,
      offset_start INTEGER NOT NULL,
      offset_end INTEGER NOT NULL,
      data BLOB,
      digest BLOB,
      observed_at INTEGER NOT NULL,
      created_at INTEGER NOT NULL
    );
    CREATE UNIQUE INDEX IF NOT EXISTS workspace_stream_chunks_in_order
      ON workspace_stream_chunks (owner_id, stream, offset_end);
    """

    # --- writing, in a transaction -----------------------------------------------------------------

    def append_output(self, owner_id: str, stream: str, offset: int, data: bytes) -> None:
        """Store output, and delete the oldest output beyond what the contract keeps."""
        self._insert(owner_id, stream, offset, data, digest=None)
        kept_from = offset + len(data) - self.settings.retained_output
        if kept_from > 0:
            self.db.execute(
                "DELETE FROM workspace_stream_chunks WHERE owner_id = ? AND stream = ? AND offset_end <= ?",
                (owner_id, stream, kept_from),
            )

    def write_input(self, owner_id: str, stream: str, cursor: int, offset: int, data: bytes) -> ByteChunkRow:
        """Store input and return its chunk, or return the equal chunk that is already stored.

        Args:
            cursor: The number of bytes written before.

        Raises:
            ApiError: 409 if the offset is not the end of the input and the data differs from what was written
                there.
        """
        digest = hashlib.sha256(data).digest()
        if offset == cursor:
            return self._insert(owner_id, stream, offset, data, digest=digest)
        known = self.db.one(
            _CHUNK + " AND offset_end = ? AND offset_start = ? AND digest = ?",
            (owner_id, stream, offset + len(data), offset, digest),
            row=ByteChunkRow,
        )
        if known is None:
            raise conflict("workspace_stream_offset_conflict")
        known["data"] = data  # the stored copy is deleted once the program has received it
        return known

    def passed_on(self, owner_id: str, stream: str, offset_end: int) -> None:
        """Delete input that the program has received; its digest stays, for clients that send the same input
        again.
        """
        self.db.execute(
            "UPDATE workspace_stream_chunks SET data = NULL"
            " WHERE owner_id = ? AND stream = ? AND offset_end = ?",
            (owner_id, stream, offset_end),
        )

    def _insert(
        self, owner_id: str, stream: str, offset: int, data: bytes, *, digest: bytes | None
    ) -> ByteChunkRow:
        now = self.clock.now()
        chunk: ByteChunkRow = {
            "id": new_id(),
            "stream": stream,
            "offset_start": offset,
            "offset_end": offset + len(data),
            "data": data,
            "observed_at": now,
            "created_at": now,
        }
        self.db.insert("workspace_stream_chunks", {"owner_id": owner_id, "digest": digest, **chunk})
        self.db.after_commit(lambda: self.notifier.notify(process_topic(owner_id)))
        return chunk

    # --- reading -----------------------------------------------------------------------------------

    def after(self, owner_id: str, stream: str, cursor: int, limit: int) -> list[ByteChunkRow]:
        """Return the chunks that end after an offset, in order."""
        return self.db.all(
            _CHUNK + " AND offset_end > ? ORDER BY offset_end LIMIT ?",
            (owner_id, stream, cursor, limit),
            row=ByteChunkRow,
        )

    def _expiry(self, output: ProcessOutput, cursor: int) -> str | None:
        """Return the error for a cursor before the oldest chunk; None if everything after it is kept."""
        first = self.after(output.owner_id, output.stream, 0, 1)
        if not first or cursor >= first[0]["offset_start"]:
            return None
        earliest = first[0]["offset_start"]
        return f"workspace stream cursor expired; earliest available cursor is {earliest}"

    def respond(self, request: Request, output: ProcessOutput) -> Reply:
        """Return a page of an output, or the stream of its frames.

        Raises:
            ApiError: 400 or 410.
        """
        cursor = _cursor(request)
        limit = check_limit(request)
        expiry = self._expiry(output, cursor)
        if expiry is not None:
            raise ApiError(410, expiry, _EXPIRED)
        if request.wants_stream():
            return EventStream(self._follow(output, cursor))
        chunks = self.after(output.owner_id, output.stream, cursor, limit)
        return json_response(200, {"chunks": [chunk_view(chunk) for chunk in chunks]})

    def _follow(self, output: ProcessOutput, cursor: int) -> AsyncGenerator[bytes, None]:
        def read() -> News:
            nonlocal cursor
            now = output.position()  # read before the chunks: once the owner has ended, no more are added
            expiry = self._expiry(output, cursor)
            if expiry is not None:
                error = {"code": _EXPIRED, "message": expiry} | ({"cursor": cursor} if cursor else {})
                return News(_frame(cursor, "workspace_stream_error", error), is_last=True)
            chunks = self.after(output.owner_id, output.stream, cursor, _BATCH)
            frames: list[bytes] = []
            for chunk in chunks:
                cursor = chunk["offset_end"]
                frames.append(_frame(cursor, "workspace_stream_chunk", chunk_view(chunk)))
            is_all = len(chunks) < _BATCH
            is_last = is_all and now.is_terminal
            if is_last:
                name = "workspace_stream_lost" if now.state == "lost" else "workspace_stream_terminal"
                frames.append(_frame(cursor, name, _end(output, now, cursor)))
            return News(b"".join(frames), is_last, is_all)

        return follow(self.context, process_topic(output.owner_id), read)


def process_topic(owner_id: str) -> str:
    """Return the topic of the state and output of an exec or PTY."""
    return "process:" + owner_id


def chunk_view(chunk: ByteChunkRow) -> dict[str, Any]:
    return {
        "id": chunk["id"],
        "stream": chunk["stream"],
        "offset_start": chunk["offset_start"],
        "offset_end": chunk["offset_end"],
        "data": base64.b64encode(chunk["data"] or b"").decode(),
        "observed_at": format_time(chunk["observed_at"]),
        "created_at": format_time(chunk["created_at"]),
    }


def _end(output: ProcessOutput, position: Position, cursor: int) -> dict[str, Any]:
    return {
        "resource_kind": output.kind,
        "resource_id": output.owner_id,
        "stream": output.stream,
        "state": position.state,
        "cursor": cursor,
        "error": jsontext.raw(position.error),
    }


def _frame(cursor: int, event: str, data: dict[str, Any]) -> bytes:
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (cursor, event.encode(), jsontext.wire_line(data))


def _cursor(request: Request) -> int:
    text = trim(request.query.get("cursor", "")) or trim(request.headers.get("last-event-id", ""))
    return position(text, "cursor")


def check_limit(request: Request) -> int:
    """Return the `limit` of the query; its default and its bound come from the document.

    Raises:
        ApiError: 400.
    """
    schema = request.route.query["limit"]
    limit = request.number("limit")
    if limit is None or limit < schema["minimum"]:
        raise bad_request("limit must be a positive integer")
    if limit > schema["maximum"]:
        raise bad_request(f"limit must be at most {schema['maximum']}")
    return limit
