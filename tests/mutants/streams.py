"""Faults of session streams: appending, sequences, keys, listing, reading, and which waits a record wakes."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from .edits import (
    INPUTS,
    LISTS,
    OUTPUTS,
    READS,
    Change,
    as_,
    backwards,
    body_key,
    both,
    chain,
    fails_as,
    field_ignored,
    first_resent_if,
    in_body,
    in_json,
    like_the_first,
    limit_ignored,
    param,
    param_ignored,
    record_of,
    refusal,
    session_path,
    status,
    stored_anyway,
    when,
    whole,
)
from .gateway import Json, Origin, Request, Response, handled, requests, responses
from .mutant import Mutant
from .planting import Patch, all_of, replaced

APPENDS = (*INPUTS, *OUTPUTS)
ALL = (*APPENDS, *LISTS, *READS)
KEY = body_key("idempotency_key", per_path=True)
STREAMS_OF = both("listSessionStreams")
TASK_INPUT = "helmr_local._async_context:AsyncInput."


# Sequences --------------------------------------------------------------------------------------------------


def _sequences(change: Callable[[int], int]) -> Patch:
    """Change the sequence of every record."""
    every = chain(
        as_("record", lambda record: record and record | {"sequence": change(record["sequence"])}),
        as_("records[].sequence", change),
    )
    return responses(in_json(every), *ALL)


def _place(request: Request) -> str:
    """Return the path of the session that an append addresses."""
    return session_path(request)


def _counted_together() -> Patch:
    """Number outputs after the inputs of the session."""
    inputs: Counter[str] = Counter()

    def edit(response: Response) -> None:
        request = response.request
        if response.status == 201 and request.operation in INPUTS:
            inputs[_place(request)] += 1
        elif response.status == 201:
            more = inputs[_place(request)]
            response.json = as_("record.sequence", lambda number: number + more)(response.json)

    return responses(edit, *APPENDS)


def _used_by_replay() -> Patch:
    """Increase the sequences of later records with each replay."""
    replays: Counter[str] = Counter()

    def edit(response: Response) -> None:
        where = response.request.path + response.request.param("external_id")
        if response.status != 201:
            return
        if response.json["idempotency_status"] == "duplicate":
            replays[where] += 1
        else:
            response.json = as_("record.sequence", lambda number: number + replays[where])(response.json)

    return responses(edit, *APPENDS)


def _every_fifth_lost(records: Json) -> Json:
    return [record for record in records if record["sequence"] % 5]


def _twice() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 201 and response.json["idempotency_status"] == "created":
            another = request.copy()
            another.json = {
                name: value for name, value in request.fields.items() if name != "idempotency_key"
            }
            await origin(another)
        return response

    return handled(handler, *OUTPUTS)


# Keys -------------------------------------------------------------------------------------------------------


def _short_key(key: Json) -> Json:
    too_long = isinstance(key, str) and len(key.encode()) > 512
    return hashlib.sha256(key.encode()).hexdigest() if too_long else key


def _known(shared: bool, test: Callable[[Response], bool]) -> Patch:
    """Return the record of a known key (of any stream, if `shared`) if the response matches `test`."""
    first: dict[object, Json] = {}

    async def handler(request: Request, origin: Origin) -> Response:
        key = request.fields.get("idempotency_key")
        where = _place(request) if shared else request.path + request.param("external_id")
        response = await origin(request)
        if key and (where, key) in first and test(response):
            return response.become(201, first[where, key] | {"idempotency_status": "duplicate"})
        if key and response.status == 201:
            first.setdefault((where, key), response.json)
        return response

    return handled(handler, *APPENDS)


# The session's state ----------------------------------------------------------------------------------------


def _overdue_takes_input() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 410:
            session = await origin.get(session_path(request), request)
            if session["status"] == "open":
                response.become(201, record_of(request))
        return response

    return handled(handler, *INPUTS)


def _ended_takes_no_output() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        session = await origin.get(session_path(request), request)
        if response.status == 201 and session["status"] != "open":
            response.fail(409, "session is terminal", "session_terminal")
        return response

    return handled(handler, *OUTPUTS)


# Existing streams -------------------------------------------------------------------------------------------


def _made_on_first_use(response: Response) -> None:
    if response.code == "stream_not_found":
        if response.request.method == "POST":
            response.become(201, record_of(response.request))
        else:
            response.become(200, {"records": []})


def _other_direction() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.code != "stream_not_found":
            return response
        other = request.copy()
        there = "/inputs/" in request.path
        old, new = ("/inputs/", "/outputs/") if there else ("/outputs/", "/inputs/")
        other.path = request.path.replace(old, new)
        return await origin(other)

    return handled(handler, *APPENDS, *LISTS)


def _only_used(streams: Json) -> Json:
    return [stream for stream in streams if stream["sequence"]]


# Reading ----------------------------------------------------------------------------------------------------


def _fifty_by_default(request: Request) -> None:
    if not request.param("limit"):
        request.set_param("limit", "50")


def _latest() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 200:
            page = request.copy()
            page.path = page.path.removesuffix("/read")
            page.set_param("limit", "500")
            records = (await origin(page)).json["records"]
            response.json = {"record": records[-1] if records else None}
        return response

    return handled(handler, *READS)


def _consumed() -> Patch:
    read: set[str] = set()

    def reading(response: Response) -> None:
        if response.status == 200 and response.json["record"] is not None:
            read.add(response.json["record"]["id"])

    def left(records: Json) -> Json:
        return [record for record in records if record["id"] not in read]

    return all_of(responses(reading, *READS), responses(in_json(as_("records", left)), *LISTS))


# Which waits a record wakes ---------------------------------------------------------------------------------


def _task_waits(change: Callable[[Any, dict[str, Any]], Any]) -> Patch:
    """Change the arguments of a task's wait for a record, or run something before it."""

    def make(wait: Callable[..., Any]) -> Callable[..., Any]:
        async def waited(stream: Any, **options: Any) -> Any:
            before = change(stream, options)
            if before is not None:
                await before
            return await wait(stream, **options)

        return waited

    return replaced(TASK_INPUT + "wait", make)


def _without_correlation(stream: Any, options: dict[str, Any]) -> None:
    del stream
    options["correlation_id"] = None


def _without_timeout(stream: Any, options: dict[str, Any]) -> None:
    del stream
    options["timeout"] = None


async def _read_to_the_end(stream: Any) -> None:
    while await stream.read() is not None:
        pass


def _past_what_is_there(stream: Any, options: dict[str, Any]) -> Any:
    del options
    return _read_to_the_end(stream)


def _not_by_records(stream: Any, options: dict[str, Any]) -> Any:
    del stream
    return asyncio.Event().wait() if options.get("timeout") is None else None


def _as_text(path: str) -> Change:
    return as_(path, lambda record: record and record | {"data": json.dumps(record["data"])})


MUTANTS = [
    # --- sequences ---------------------------------------------------------------------------------
    Mutant(
        "sequence-gaps",
        "every second sequence number is skipped",
        ("sessions.md 16",),
        _sequences(lambda number: number * 2),
    ),
    Mutant(
        "sequence-from-zero",
        "sequences start at 0",
        ("sessions.md 16", "sessions.md 4.6"),
        _sequences(lambda number: number - 1),
    ),
    Mutant(
        "sequence-shared-by-directions",
        "the inputs and outputs of a session share a sequence",
        ("sessions.md 15", "sessions.md 16"),
        _counted_together(),
    ),
    Mutant(
        "sequence-used-by-replay",
        "a replayed append uses up a sequence number",
        ("sessions.md 16",),
        _used_by_replay(),
    ),
    Mutant(
        "record-lost",
        "one output record in five is acknowledged and not stored",
        ("sessions.md 16", "sessions.md 18.1"),
        responses(in_json(as_("records", _every_fifth_lost)), *both("listOutputRecords")),
    ),
    Mutant(
        "record-stored-twice",
        "every output record is stored twice",
        ("sessions.md 16", "sessions.md 18.1"),
        _twice(),
    ),
    Mutant(
        "record-data-encoded",
        "a record's data is returned as a JSON string",
        ("sessions.md 16", "sessions.md 4.6"),
        responses(in_json(_as_text("record")), *APPENDS),
    ),
    Mutant(
        "record-content-type-lost",
        "the content type of a record is always application/json",
        ("sessions.md 16", "sessions.md 4.6"),
        field_ignored("content_type", operations=APPENDS),
    ),
    Mutant(
        "record-correlation-lost",
        "the correlation id of a record is not stored",
        ("sessions.md 16", "sessions.md 4.6"),
        field_ignored("correlation_id", operations=APPENDS),
    ),
    # --- keys --------------------------------------------------------------------------------------
    Mutant(
        "append-key-ignored",
        "a known key appends another record",
        ("sessions.md 16", "tokens-auth-errors.md 1.14"),
        field_ignored("idempotency_key", operations=APPENDS),
    ),
    Mutant(
        "append-key-takes-other-data",
        "a known key returns its record for any data",
        ("sessions.md 16",),
        first_resent_if(refusal("idempotency_fingerprint_mismatch"), KEY, *APPENDS),
    ),
    Mutant(
        "append-key-forgets-correlation",
        "another correlation id under one key is accepted",
        ("sessions.md 16",),
        like_the_first("correlation_id", KEY, *APPENDS),
    ),
    Mutant(
        "append-key-says-created",
        "a replayed append returns created",
        ("sessions.md 16", "sessions.md 4.7"),
        responses(in_json(as_("idempotency_status", lambda _: "created")), *APPENDS),
    ),
    Mutant(
        "append-key-shared-by-streams",
        "a key used on one stream is shared by all streams of the session",
        ("sessions.md 16",),
        _known(shared=True, test=lambda response: response.status == 201),
    ),
    Mutant(
        "append-key-length-not-checked",
        "an append accepts a key of any length",
        ("sessions.md 16", "tokens-auth-errors.md 1.14"),
        requests(in_body(as_("idempotency_key", _short_key)), *APPENDS),
    ),
    # --- the session's state -----------------------------------------------------------------------
    Mutant(
        "input-to-ended-session",
        "an ended session accepts input",
        ("sessions.md 14.4", "sessions.md 16"),
        stored_anyway(refusal("session_terminal"), *INPUTS),
    ),
    Mutant(
        "input-to-overdue-session",
        "an overdue session accepts input",
        ("sessions.md 14.4", "sessions.md 14.1"),
        _overdue_takes_input(),
    ),
    Mutant(
        "input-to-expired-session-is-409",
        "input to an expired session gets 409",
        ("sessions.md 14.4", "sessions.md 16"),
        responses(status(409, of=410), *INPUTS),
    ),
    Mutant(
        "output-to-ended-session-refused",
        "an ended session accepts no output",
        ("sessions.md 14.4", "sessions.md 16"),
        _ended_takes_no_output(),
    ),
    Mutant(
        "replay-to-ended-session",
        "a replayed input succeeds after the session has ended",
        ("sessions.md 16", "sessions.md 14.4"),
        _known(shared=False, test=lambda response: response.status in (409, 410)),
    ),
    # --- existing streams --------------------------------------------------------------------------
    Mutant(
        "undeclared-stream-made",
        "an undeclared stream is created on first use",
        ("sessions.md 15",),
        responses(_made_on_first_use, *APPENDS, *LISTS),
    ),
    Mutant(
        "stream-direction-ignored",
        "an input stream can be used as an output stream",
        ("sessions.md 15",),
        _other_direction(),
    ),
    Mutant(
        "stream-name-not-checked",
        "a malformed stream name gets 404, not 400",
        ("sessions.md 15",),
        responses(
            when(
                refusal(error="stream name must match"), fails_as(404, "stream not found", "stream_not_found")
            ),
            *ALL,
        ),
    ),
    Mutant(
        "streams-only-used-ones",
        "the list of streams omits unused streams",
        ("sessions.md 15",),
        responses(in_json(as_("streams", _only_used)), *STREAMS_OF),
    ),
    Mutant(
        "streams-unsorted",
        "the list of streams is not sorted by name",
        ("sessions.md 15",),
        responses(in_json(as_("streams", backwards)), *STREAMS_OF),
    ),
    Mutant(
        "stream-sequence-stale",
        "a listed stream's sequence stays 0",
        ("sessions.md 4.5",),
        responses(in_json(as_("streams[].sequence", lambda _: 0)), *STREAMS_OF),
    ),
    # --- reading -----------------------------------------------------------------------------------
    Mutant(
        "records-newest-first",
        "records are listed newest first",
        ("sessions.md 18.1",),
        responses(in_json(as_("records", backwards)), *LISTS),
    ),
    Mutant(
        "records-cursor-inclusive",
        "records are listed from the cursor on, the cursor's own included",
        ("sessions.md 18.1",),
        requests(param("after_sequence", whole(1, 10**6, lambda number: number - 1)), *LISTS),
    ),
    Mutant(
        "records-cursor-alias-ignored",
        "the query parameter `cursor` is ignored",
        ("sessions.md 18.1", "sessions.md 18.2"),
        param_ignored("cursor", *LISTS, *READS),
    ),
    Mutant(
        "records-limit-ignored",
        "the limit of a list of records is ignored",
        ("sessions.md 18.1",),
        limit_ignored(500, *LISTS),
    ),
    Mutant(
        "records-limit-off-by-one",
        "a list of records has one record more than the limit",
        ("sessions.md 18.1",),
        requests(param("limit", whole(1, 499, lambda number: number + 1)), *LISTS),
    ),
    Mutant(
        "records-default-limit",
        "without a limit 50 records are listed",
        ("sessions.md 18.1",),
        requests(_fifty_by_default, *LISTS),
    ),
    Mutant(
        "records-correlation-ignored",
        "the correlation filter of a list is ignored",
        ("sessions.md 18.1",),
        param_ignored("correlation_id", *LISTS),
    ),
    Mutant(
        "read-gives-latest",
        "read returns the newest record, not the first after the cursor",
        ("sessions.md 18.2",),
        _latest(),
    ),
    Mutant(
        "read-consumes",
        "read removes the record",
        ("sessions.md 18.2", "sessions.md 18.1"),
        _consumed(),
    ),
    Mutant(
        "read-correlation-ignored",
        "the correlation filter of read is ignored",
        ("sessions.md 18.2",),
        param_ignored("correlation_id", *READS),
    ),
    # --- which waits a record wakes ----------------------------------------------------------------
    Mutant(
        "wait-not-woken",
        "a run that waits for input is not woken by it",
        ("sessions.md 17.1",),
        _task_waits(_not_by_records),
    ),
    Mutant(
        "wait-ignores-correlation",
        "a wait for one correlation id accepts any record",
        ("sessions.md 17.1",),
        _task_waits(_without_correlation),
    ),
    Mutant(
        "wait-forgets-earlier-records",
        "a wait ignores records that arrived before it",
        ("sessions.md 17.4", "sessions.md 17.1"),
        _task_waits(_past_what_is_there),
    ),
    Mutant(
        "wait-never-times-out",
        "a wait's own timeout is ignored",
        ("runs.md 2.1", "tokens-auth-errors.md 3.8"),
        _task_waits(_without_timeout),
    ),
]
