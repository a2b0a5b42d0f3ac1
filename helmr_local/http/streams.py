"""Session streams: list, append, read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..bodies import ANY, STRING, Body
from ..engine.starts import check_idempotency_key, no_nul
from ..engine.streams import STREAM_NAME, STREAM_NAME_MESSAGE, accepts_input, record_view, stream_view
from ..errors import bad_request
from ..golang import trim
from ..store import Row
from .call import Answer, Call, Endpoints, json_answer, whole_number
from .sessions import addressed, both

endpoints = Endpoints()

APPEND = Body(
    "AppendStreamRecordRequest",
    {"data": ANY, "content_type": STRING, "correlation_id": STRING, "idempotency_key": STRING},
    "invalid stream record request JSON",
)


@dataclass
class Append:
    """An append request, trimmed."""

    data: Any
    content_type: str
    correlation_id: str
    idempotency_key: str

    @classmethod
    def of(cls, decoded: dict[str, Any]) -> Append:
        return cls(
            decoded.get("data"),
            trim(decoded.get("content_type", "")) or "application/json",
            trim(decoded.get("correlation_id", "")),
            trim(decoded.get("idempotency_key", "")),
        )

    def check(self) -> None:
        check_idempotency_key(self.idempotency_key)
        no_nul(self.content_type, "content_type")
        no_nul(self.correlation_id, "correlation_id")


def stream_name(call: Call) -> str:
    name = trim(call.parameters["stream"])
    if not STREAM_NAME.fullmatch(name):
        raise bad_request(STREAM_NAME_MESSAGE)
    return name


def after_sequence(call: Call) -> int:
    """Where reading begins, from the query."""
    text = trim(call.query.get("after_sequence", "")) or trim(call.query.get("cursor", ""))
    number = whole_number(text) if text else 0
    if number is None or number < 0:
        raise bad_request("after_sequence must be a non-negative integer")
    return number


def correlation_filter(call: Call) -> str:
    correlation_id = trim(call.query.get("correlation_id", ""))
    no_nul(correlation_id, "correlation_id")
    return correlation_id


def _stream(call: Call, scope: str, direction: str) -> tuple[Row, str, Row | None]:
    """The session, the stream's name, and the stream unless nothing was written to it yet."""
    session = addressed(call, scope)
    name = stream_name(call)
    return session, name, call.engine.streams.known(session, name, direction)


@endpoints.add(*both("listSessionStreams"))
async def list_session_streams(call: Call) -> Answer:
    session = addressed(call, "session-streams:read")
    streams = call.engine.streams
    if streams.missing(session):
        await call.engine.writes.run(lambda: streams.make_missing(session))
    return json_answer(200, {"streams": [stream_view(stream) for stream in streams.all(session)]})


def append_input(call: Call, session: Row, stream: Row, request: Append) -> dict[str, Any]:
    """Append an input record; the answer's body."""
    accepts_input(session, call.engine.clock.now())
    request.check()
    record, new, continuation = call.engine.streams.append_input(
        session,
        stream,
        data=request.data,
        content_type=request.content_type,
        correlation_id=request.correlation_id,
        idempotency_key=request.idempotency_key,
    )
    view: dict[str, Any] = {
        "record": record_view(record, stream["id"]),
        "idempotency_status": "created" if new else "duplicate",
    }
    if continuation is not None:
        view["continuation_status"] = continuation
    return view


@endpoints.add(*both("appendInputRecord"))
async def append_input_record(call: Call) -> Answer:
    session, name, _ = _stream(call, "session-input:send", "input")
    decoded = await call.body(APPEND)
    engine = call.engine
    session = engine.sessions.require(session["id"])
    accepts_input(session, engine.clock.now())
    request = Append.of(decoded)
    request.check()
    call.judge(APPEND, decoded)

    def append() -> dict[str, Any]:
        now = engine.sessions.require(session["id"])
        return append_input(call, now, engine.streams.resolve(now, name, "input"), request)

    return json_answer(201, await engine.writes.run(append))


@endpoints.add(*both("appendOutputRecord"))
async def append_output_record(call: Call) -> Answer:
    session, name, _ = _stream(call, "session-output:append", "output")
    decoded = await call.body(APPEND)
    request = Append.of(decoded)
    request.check()
    call.judge(APPEND, decoded)
    streams = call.engine.streams

    def append() -> dict[str, Any]:
        stream = streams.resolve(session, name, "output")
        record, new = streams.append(
            stream,
            data=request.data,
            content_type=request.content_type,
            correlation_id=request.correlation_id,
            idempotency_key=request.idempotency_key,
        )
        status = "created" if new else "duplicate"
        return {"record": record_view(record, stream["id"]), "idempotency_status": status}

    return json_answer(201, await call.engine.writes.run(append))


async def _list(call: Call, direction: str) -> Answer:
    stream = _stream(call, "session-streams:read", direction)[2]
    after, limit = after_sequence(call), call.integer("limit", 100, 1, 500)
    correlation_id = correlation_filter(call)
    if stream is None:
        return json_answer(200, {"records": []})
    records = call.engine.streams.records(stream, after=after, limit=limit, correlation_id=correlation_id)
    return json_answer(200, {"records": [record_view(record, stream["id"]) for record in records]})


@endpoints.add(*both("listInputRecords"))
async def list_input_records(call: Call) -> Answer:
    return await _list(call, "input")


@endpoints.add(*both("listOutputRecords"))
async def list_output_records(call: Call) -> Answer:
    return await _list(call, "output")


def read_output(call: Call, stream: Row | None) -> dict[str, Any]:
    """The first record after the cursor; the answer's body."""
    after, correlation_id = after_sequence(call), correlation_filter(call)
    if stream is None:
        return {"record": None}
    record = call.engine.streams.first(stream, after=after, correlation_id=correlation_id)
    return {"record": None if record is None else record_view(record, stream["id"])}


@endpoints.add(*both("readOutputRecord"))
async def read_output_record(call: Call) -> Answer:
    return json_answer(200, read_output(call, _stream(call, "session-streams:read", "output")[2]))
