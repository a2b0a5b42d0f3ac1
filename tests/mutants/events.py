"""Faults of run events and run logs: pages, snapshots and event streams."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable
from typing import Any

from .edits import (
    Change,
    all_events,
    as_,
    backwards,
    each_event,
    frame_items,
    frames,
    header,
    in_json,
    limit_ignored,
    of_kind,
    param,
    renamed,
    settings,
    when,
    whole,
    without,
)
from .gateway import Json, Origin, Request, Response, handled, held, requests, responses
from .mutant import Mutant
from .planting import Patch, all_of

EVENTS = "listRunEvents"
LOGS = "getRunLogs"
FOLLOWS = (EVENTS, LOGS)
END_KINDS = ("run.completed", "run.failed", "run.cancelled", "run.expired")
KEEP_ALIVE = b": keep-alive\n\n"
MEBIBYTE = 1 << 20


# Which events, in which order -------------------------------------------------------------------------------


def _doubled(event: Json) -> Json:
    return event | {"id": str(int(event["id"]) * 2)}


def _completed_twice(events: list[Json]) -> list[Json]:
    more = [event | {"id": str(int(event["id"]) + 1)} for event in events if event["kind"] == "run.completed"]
    return [*events, *more]


def _retry_first(events: list[Json]) -> list[Json]:
    """Swap a retry event with the failure before it, keeping the numbering."""
    events = list(events)
    for place in range(1, len(events)):
        failed, retry = events[place - 1], events[place]
        if (failed["kind"], retry["kind"]) == ("run.failed", "run.retry_scheduled"):
            events[place - 1] = retry | {"id": failed["id"]}
            events[place] = failed | {"id": retry["id"]}
    return events


def _never(kind: str) -> Patch:
    return each_event(lambda event: None if event["kind"] == kind else event)


# Fields of an event -----------------------------------------------------------------------------------------


def _with_fields(kind: str, **fields: Json) -> Change:
    return of_kind(kind, lambda event: event | fields)


def _from_control(event: Json) -> Json:
    return event | ({"source": "control"} if event["category"] == "log" else {})


def _shown(event: Json) -> Json:
    hidden = event["redaction_class"] == "sensitive"
    return event | ({"attributes": {"message": "what was logged"}} if hidden else {})


def _with_lease(event: Json) -> Json:
    return event | {"run_lease_id": event["attempt_id"]}


def _of_failed_attempt(event: Json) -> Json:
    return event | {"attempt_number": event["attempt_number"] - 1}


# Pages ------------------------------------------------------------------------------------------------------


def _cursor(change: Callable[[int], int], *, following: bool | None = None) -> Callable[[Request], None]:
    """Change a cursor above 0, in the query and in Last-Event-ID, for streams, pages or both."""

    def edit(request: Request) -> None:
        if following is not None and request.follows is not following:
            return
        param("cursor", whole(1, 10**6, change))(request)
        last = request.header("last-event-id") or ""
        if last.isdigit() and int(last) > 0:
            request.set_header("last-event-id", str(change(int(last))))

    return edit


def _without_last_event_id(request: Request) -> None:
    request.set_header("last-event-id", None)


def _query_wins(request: Request) -> None:
    if request.param("cursor"):
        request.set_header("last-event-id", None)


def _always_next(page: Json) -> Json:
    more = {"next_cursor": int(page["events"][-1]["id"])} if page["events"] else {}
    return page | more


def _follow_true(request: Request) -> None:
    if request.param("follow") == "true":
        request.set_param("follow", "1")


# Event streams ----------------------------------------------------------------------------------------------


def _ending(test: Callable[[Response], bool], *operations: str) -> Patch:
    """End a stream with the first chunk that matches `test`."""

    def edit(response: Response) -> None:
        if response.streaming and test(response):
            response.end = True

    return responses(edit, *operations)


def _caught_up(response: Response) -> bool:
    return bool(response.body)


def _up_to_terminal(events: list[Json]) -> list[Json]:
    for place, event in enumerate(events):
        if event["kind"] in END_KINDS:
            return events[: place + 1]
    return events


def _greeting(response: Response) -> None:
    if response.streaming and not response.started:
        response.body = b": hello\n\n" + response.body


def _farewell(response: Response) -> None:
    if response.streaming and response.last:
        response.body += b"event: end\ndata: {}\n\n"


def _from_the_beginning(request: Request) -> None:
    if request.follows:
        request.set_header("last-event-id", None)
        request.set_param("cursor", "0")


async def _for_ever(request: Request, origin: Origin) -> None:
    del request, origin
    await asyncio.Event().wait()


def _limit_bounds() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response | None:
        if not (request.follows and request.param("limit").isdigit() and int(request.param("limit")) < 200):
            return None
        page = request.copy()
        page.set_param("follow", None)
        page.set_header("accept", None)
        return await origin(page)

    return handled(handler, EVENTS, streams=True)


# Logs -------------------------------------------------------------------------------------------------------


def _content(change: Callable[[bytes], bytes]) -> Change:
    def changed(encoded: Json) -> Json:
        return base64.b64encode(change(base64.b64decode(encoded))).decode()

    return lambda logs: as_("stdout_base64", changed)(as_("stderr_base64", changed)(logs))


def _head(logs: Json) -> Json:
    cut = max(logs["stdout_bytes"], logs["stderr_bytes"]) > MEBIBYTE
    return _content(lambda content: content[:MEBIBYTE])(logs) | {"truncated": cut}


def _swapped(logs: Json) -> Json:
    return logs | {"stdout_base64": logs["stderr_base64"], "stderr_base64": logs["stdout_base64"]}


def _size_of_response(logs: Json) -> Json:
    return logs | {"stdout_bytes": min(logs["stdout_bytes"], MEBIBYTE)}


def _last_attempt_only() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        run = await origin.get(request.path.removesuffix("/logs"), request)
        if response.status != 200 or run["status"] not in ("succeeded", "failed"):
            return response
        followed = await origin.send("GET", f"{request.path}?follow=1", request)
        content = b""

        def collect(chunks: list[Json]) -> list[Json]:
            nonlocal content
            for chunk in chunks:
                if chunk["attempt_number"] == run["attempt_number"] and chunk["stream"] == "stdout":
                    content += base64.b64decode(chunk["content_base64"])
            return chunks

        frame_items(collect)(followed.body)
        response.json = response.json | {"stdout_base64": base64.b64encode(content).decode()}
        return response

    return handled(handler, LOGS)


def _chunks(change: Callable[[Json], Json | None]) -> Patch:
    def changed(chunks: list[Json]) -> list[Json]:
        return [one for chunk in chunks if (one := change(chunk)) is not None]

    return responses(frames(frame_items(changed)), LOGS)


async def _until_the_worker_is_done(request: Request, origin: Origin) -> None:
    run = await origin.get(request.path.removesuffix("/logs"), request)
    while True:
        entries = await origin.get(f"/api/sessions/{run['session_id']}/runs", request)
        if all(entry["execution_status"] == "finished" for entry in entries["runs"]):
            return
        await asyncio.sleep(0.02)


def _bad_cursor_first() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response | None:
        cursor = request.param("cursor")
        if not request.follows or not cursor or cursor.isdigit():
            return None
        refused = await origin.send("GET", request.path, request)
        return refused.fail(400, "cursor must be a non-negative integer")

    return handled(handler, LOGS, streams=True)


def _without_frame_of(kind: bytes) -> Callable[[bytes], bytes]:
    pattern = rb'id: \d+\nevent: run_event\ndata: [^\n]*"kind":"' + kind + rb'"[^\n]*\n\n'
    return lambda piece: re.sub(pattern, b"", piece)


def _replaced(old: bytes, new: bytes) -> Any:
    return frames(lambda piece: piece.replace(old, new))


MUTANTS = [
    # --- which events, in which order --------------------------------------------------------------
    Mutant(
        "event-sequence-gaps",
        "every second event number is skipped",
        ("runs.md 6.2", "runs.md 6.3"),
        each_event(_doubled),
    ),
    Mutant(
        "event-missing-retry",
        "a retry has no event",
        ("runs.md 6.4", "runs.md 2.1"),
        _never("run.retry_scheduled"),
    ),
    Mutant(
        "event-missing-cancel-request",
        "a graceful cancel has no event until the worker has stopped",
        ("runs.md 6.4", "runs.md 5.3"),
        _never("run.cancel_requested"),
    ),
    Mutant(
        "event-missing-lost-worker",
        "a lost worker has no event",
        ("runs.md 6.4", "runs.md 2.1"),
        _never("run.execution_lost"),
    ),
    Mutant(
        "event-twice",
        "the completion of a run has two events",
        ("runs.md 2.1", "runs.md 6.4"),
        all_events(_completed_twice),
    ),
    Mutant(
        "event-order-retry-first",
        "the event of a retry comes before that of the failure",
        ("runs.md 2.1", "runs.md 6.4"),
        all_events(_retry_first),
    ),
    # --- fields of an event ------------------------------------------------------------------------
    Mutant(
        "event-severity",
        "the event of a failure has severity warn",
        ("runs.md 6.4", "runs.md 6.5"),
        each_event(_with_fields("run.failed", severity="warn")),
    ),
    Mutant(
        "event-source",
        "log events have the source control",
        ("runs.md 6.4",),
        each_event(_from_control),
    ),
    Mutant(
        "event-id-number",
        "an event's id is a number",
        ("runs.md 6.3",),
        each_event(as_("id", int)),
    ),
    Mutant(
        "event-message-in-words",
        "an event's message is not its kind",
        ("runs.md 6.3",),
        each_event(as_("message", lambda message: message.replace(".", " "))),
    ),
    Mutant(
        "event-not-redacted",
        "the attributes of log entries are shown",
        ("runs.md 6.3", "runs.md 6.4"),
        each_event(_shown, streams=False),
    ),
    Mutant(
        "event-not-redacted-in-stream",
        "the attributes of log entries are shown in event streams",
        ("runs.md 6.3", "runs.md 6.4", "runs.md 6.6"),
        each_event(_shown, pages=False),
    ),
    Mutant(
        "event-created-hides-payload",
        "run.created does not contain the payload",
        ("runs.md 6.4",),
        each_event(without("attributes.payload")),
    ),
    Mutant(
        "event-cause-missing",
        "run.created of a follow-up run does not contain the record that caused it",
        ("runs.md 6.4", "sessions.md 17.3"),
        each_event(as_("attributes.cause", lambda _: {})),
    ),
    Mutant(
        "event-lease-on-created",
        "run.created has a lease id",
        ("runs.md 6.3", "runs.md 6.4"),
        each_event(of_kind("run.created", _with_lease)),
    ),
    Mutant(
        "event-lease-missing",
        "events of a lease have no lease id",
        ("runs.md 6.3", "runs.md 6.4"),
        each_event(without("run_lease_id")),
    ),
    Mutant(
        "event-attempt-of-retry",
        "run.retry_scheduled has the number of the failed attempt",
        ("runs.md 6.4",),
        each_event(of_kind("run.retry_scheduled", _of_failed_attempt)),
    ),
    Mutant(
        "event-trace-flat",
        "an event's trace is its trace id",
        ("runs.md 6.3",),
        each_event(as_("trace", lambda trace: trace["trace_id"])),
        operations=(EVENTS,),
    ),
    Mutant(
        "event-occurred-at-missing",
        "events have no time",
        ("runs.md 6.3",),
        each_event(without("occurred_at")),
        operations=(EVENTS,),
    ),
    Mutant(
        "event-failure-kind",
        "a non-zero exit is reported as worker_failed",
        ("runs.md 6.5",),
        each_event(as_("attributes.failure_kind", lambda _: "worker_failed")),
    ),
    Mutant(
        "event-cancel-origin",
        "run.cancelled after a graceful cancel has no origin",
        ("runs.md 6.5",),
        each_event(of_kind("run.cancelled", without("attributes.origin"))),
    ),
    # --- pages -------------------------------------------------------------------------------------
    Mutant(
        "events-cursor-inclusive",
        "a page begins with the cursor's own event",
        ("runs.md 6.1", "runs.md 6.2"),
        requests(_cursor(lambda cursor: cursor - 1, following=False), EVENTS),
    ),
    Mutant(
        "events-newest-first",
        "events are listed newest first",
        ("runs.md 6.2",),
        responses(in_json(as_("events", backwards)), EVENTS),
    ),
    Mutant(
        "events-limit-ignored",
        "the limit of a page of events is ignored",
        ("runs.md 6.1", "runs.md 6.2"),
        limit_ignored(200, EVENTS),
    ),
    Mutant(
        "events-next-cursor-missing",
        "a page of events that is not the last has no next_cursor",
        ("runs.md 6.2",),
        responses(in_json(without("next_cursor")), EVENTS),
    ),
    Mutant(
        "events-next-cursor-off-by-one",
        "next_cursor is one too high, so an event is skipped",
        ("runs.md 6.2",),
        responses(in_json(as_("next_cursor", lambda cursor: cursor + 1)), EVENTS),
    ),
    Mutant(
        "events-next-cursor-always",
        "the last page of events has a next_cursor",
        ("runs.md 6.2",),
        responses(in_json(_always_next), EVENTS),
    ),
    Mutant(
        "events-cursor-not-echoed",
        "a page of events always has cursor 0",
        ("runs.md 6.2",),
        responses(in_json(as_("cursor", lambda _: 0)), EVENTS),
    ),
    Mutant(
        "events-last-event-id-ignored",
        "Last-Event-ID is ignored",
        ("runs.md 6.1",),
        requests(_without_last_event_id, EVENTS),
    ),
    Mutant(
        "events-cursor-wins",
        "the query's cursor wins over Last-Event-ID",
        ("runs.md 6.1",),
        requests(_query_wins, EVENTS),
    ),
    Mutant(
        "events-bad-cursor-taken",
        "a negative cursor is accepted",
        ("runs.md 6.1",),
        requests(param("cursor", lambda cursor: "0" if cursor.startswith("-") else cursor), EVENTS),
    ),
    Mutant(
        "events-follow-true",
        "follow=true selects the stream too",
        ("runs.md 6", "runs.md 6.1"),
        requests(_follow_true, EVENTS),
    ),
    Mutant(
        "events-accept-ignored",
        "Accept: text/event-stream does not select the stream",
        ("runs.md 6", "runs.md 6.1"),
        requests(lambda request: request.set_header("accept", None), EVENTS),
    ),
    # --- event streams -----------------------------------------------------------------------------
    Mutant(
        "sse-id-missing",
        "frames have no id",
        ("runs.md 6.6",),
        responses(frames(lambda piece: re.sub(rb"id: \d+\n", b"", piece)), EVENTS),
    ),
    Mutant(
        "sse-event-missing",
        "frames have no event name",
        ("runs.md 6.6",),
        responses(_replaced(b"event: run_event\n", b""), EVENTS),
    ),
    Mutant(
        "sse-event-name",
        "frames have the event name message, not run_event",
        ("runs.md 6.6",),
        responses(_replaced(b"event: run_event\n", b"event: message\n"), EVENTS),
    ),
    Mutant(
        "sse-crlf",
        "frames end their lines with CR LF",
        ("runs.md 6.6",),
        responses(_replaced(b"\n", b"\r\n"), EVENTS),
    ),
    Mutant(
        "sse-one-blank-line-too-few",
        "there is no blank line between frames",
        ("runs.md 6.6",),
        responses(_replaced(b"\n\n", b"\n"), EVENTS),
    ),
    Mutant(
        "sse-retry-line",
        "frames have a retry line",
        ("runs.md 6.6",),
        responses(_replaced(b"id: ", b"retry: 100\nid: "), EVENTS),
    ),
    Mutant(
        "sse-greeting",
        "a stream begins with a comment",
        ("runs.md 6.6",),
        responses(_greeting, EVENTS),
    ),
    Mutant(
        "sse-end-frame",
        "a stream ends with an extra frame",
        ("runs.md 6.6",),
        responses(_farewell, EVENTS),
    ),
    Mutant(
        "sse-with-charset",
        "the content type of an event stream has a charset",
        ("runs.md 6.6",),
        responses(
            when(
                lambda response: response.streaming,
                header("content-type", "text/event-stream; charset=utf-8"),
            ),
            *FOLLOWS,
        ),
    ),
    Mutant(
        "sse-cacheable",
        "a stream has no Cache-Control: no-cache",
        ("runs.md 6.6",),
        responses(header("cache-control", None), *FOLLOWS),
    ),
    Mutant(
        "sse-without-version",
        "a stream lacks the version header",
        ("runs.md 6.6", "tokens-auth-errors.md 1.3"),
        responses(when(lambda response: response.streaming, header("helmr-api-version", None)), *FOLLOWS),
    ),
    Mutant(
        "sse-no-keep-alive",
        "a silent stream sends no keep-alive comment",
        ("runs.md 6.6",),
        responses(_replaced(KEEP_ALIVE, b""), EVENTS),
    ),
    Mutant(
        "sse-keep-alive-other",
        "the keep-alive comment has another text",
        ("runs.md 6.6",),
        responses(_replaced(b": keep-alive", b":"), *FOLLOWS),
    ),
    Mutant(
        "sse-never-ends",
        "a stream continues after the run's last event",
        ("runs.md 6.6",),
        held(_for_ever, EVENTS),
    ),
    Mutant(
        "sse-ends-when-caught-up",
        "a stream ends after the stored events",
        ("runs.md 6.6",),
        _ending(_caught_up, EVENTS),
    ),
    Mutant(
        "sse-ends-on-cancel-request",
        "a stream ends with run.cancel_requested",
        ("runs.md 6.6",),
        _ending(lambda response: b'"kind":"run.cancel_requested"' in response.body, EVENTS),
    ),
    Mutant(
        "sse-ends-when-silent",
        "an idle stream ends with its first keep-alive comment",
        ("runs.md 6.6",),
        _ending(lambda response: response.body == KEEP_ALIVE, EVENTS),
    ),
    Mutant(
        "sse-drops-batch-after-terminal",
        "events after a failed attempt in the same batch are not sent",
        ("runs.md 6.6",),
        all_events(_up_to_terminal, pages=False),
    ),
    Mutant(
        "sse-terminal-not-sent",
        "a stream ends without the run's last event",
        ("runs.md 6.6",),
        responses(frames(_without_frame_of(rb"run\.completed")), EVENTS),
    ),
    Mutant(
        "sse-repeats-on-resume",
        "a resumed stream sends the cursor's own event again",
        ("runs.md 6.6", "runs.md 6.1"),
        requests(_cursor(lambda cursor: cursor - 1, following=True), EVENTS),
    ),
    Mutant(
        "sse-skips-on-resume",
        "a resumed stream skips an event",
        ("runs.md 6.6", "runs.md 6.1"),
        requests(_cursor(lambda cursor: cursor + 1, following=True), EVENTS),
    ),
    Mutant(
        "sse-cursor-ignored",
        "a stream always begins with the first event",
        ("runs.md 6.6", "runs.md 6.1"),
        requests(_from_the_beginning, EVENTS),
    ),
    Mutant(
        "sse-one-batch",
        "of more than 200 stored events only 200 are sent",
        ("runs.md 6.6",),
        _ending(lambda response: response.body.count(b"event: run_event\n") >= 200, EVENTS),
    ),
    Mutant(
        "sse-limit-bounds-stream",
        "a limit turns a stream into a page",
        ("runs.md 6.1", "runs.md 6.6"),
        _limit_bounds(),
    ),
    # --- logs --------------------------------------------------------------------------------------
    Mutant(
        "logs-head-not-tail",
        "a snapshot contains the first mebibyte, not the last",
        ("runs.md 7.1",),
        all_of(settings(snapshot_limit=1 << 40), responses(in_json(_head), LOGS)),
    ),
    Mutant("logs-not-cut", "a snapshot is not truncated", ("runs.md 7.1",), settings(snapshot_limit=1 << 40)),
    Mutant(
        "logs-not-truncated",
        "a truncated snapshot is not marked as truncated",
        ("runs.md 7.1",),
        responses(in_json(as_("truncated", lambda _: False)), LOGS),
    ),
    Mutant(
        "logs-field-renamed",
        "the stdout of a snapshot is called stdout",
        ("runs.md 7.1",),
        responses(in_json(renamed("stdout_base64", "stdout")), LOGS),
    ),
    Mutant(
        "logs-streams-swapped",
        "stdout and stderr are swapped",
        ("runs.md 7.1",),
        responses(in_json(_swapped), LOGS),
    ),
    Mutant(
        "logs-size-of-response",
        "the sizes of a snapshot count only the returned bytes",
        ("runs.md 7.1",),
        responses(in_json(_size_of_response), LOGS),
    ),
    Mutant(
        "logs-cursor-number",
        "the cursor of a snapshot is a number",
        ("runs.md 7.1",),
        responses(in_json(as_("cursor", int)), LOGS),
    ),
    Mutant(
        "logs-cursor-zero",
        "the cursor of a snapshot is always 0",
        ("runs.md 7.1",),
        responses(in_json(as_("cursor", lambda _: "0")), LOGS),
    ),
    Mutant(
        "logs-last-attempt-only",
        "a snapshot shows the last attempt only",
        ("runs.md 7.1",),
        _last_attempt_only(),
    ),
    Mutant(
        "log-frame-event-name",
        "frames of a log stream are called run_event",
        ("runs.md 7.2",),
        responses(_replaced(b"event: run_log", b"event: run_event"), LOGS),
    ),
    Mutant(
        "log-frame-bytes",
        "the size of a chunk is that of its base64",
        ("runs.md 7.2",),
        _chunks(lambda chunk: chunk | {"bytes": len(chunk["content_base64"])}),
    ),
    Mutant(
        "log-chunk-lost",
        "every third chunk of a log stream is skipped",
        ("runs.md 7.2",),
        _chunks(lambda chunk: chunk if int(chunk["id"]) % 3 else None),
    ),
    Mutant(
        "log-cursor-inclusive",
        "a resumed log stream sends the cursor's own chunk again",
        ("runs.md 7.2",),
        requests(_cursor(lambda cursor: cursor - 1, following=True), LOGS),
    ),
    Mutant(
        "log-id-off-by-one",
        "the ids of a log stream are one too high",
        ("runs.md 7", "runs.md 7.2"),
        _chunks(as_("id", lambda number: str(int(number) + 1))),
    ),
    Mutant(
        "log-stream-never-ends",
        "a log stream continues after the end of the run",
        ("runs.md 7.2",),
        held(_for_ever, LOGS),
    ),
    Mutant(
        "log-stream-ends-when-caught-up",
        "a log stream ends after the stored chunks",
        ("runs.md 7.2",),
        _ending(_caught_up, LOGS),
    ),
    Mutant(
        "log-stream-ignores-cancel",
        "a log stream waits for the worker of a cancelled run",
        ("runs.md 7.2",),
        held(_until_the_worker_is_done, LOGS),
    ),
    Mutant(
        "log-stream-no-keep-alive",
        "a silent log stream sends no keep-alive comment",
        ("runs.md 7.2",),
        responses(_replaced(KEEP_ALIVE, b""), LOGS),
    ),
    Mutant(
        "log-cursor-judged-first",
        "an invalid log cursor is rejected before the run is looked up",
        ("runs.md 7.2", "runs.md 1.4"),
        _bad_cursor_first(),
    ),
]
