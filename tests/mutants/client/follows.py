"""Faults of lists, follows and waits."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from helmr_ergonomic.errors import TokenCancelledError

from ..planting import Patch, all_of, constant, instead, replaced, returning, with_argument
from .common import DURATIONS, LAYER, REQUESTS, RESOURCES, SDK, SSE, WAITING, both, mutant

EVENTS = LAYER + "_async.run_events:AsyncEventResource."
RECORDS = LAYER + "_async.streams:_Records.list"


# Lists ------------------------------------------------------------------------------------------------------


def _one_page(pager: Any) -> Any:
    pager._following = None
    return pager


def _without_next(page: tuple[Any, Any]) -> tuple[Any, None]:
    return page[0], None


def _from_first_record(pager: Any) -> Any:
    following = pager._following

    def from_first(page: Any) -> Any:
        return following(page) and page[0].sequence

    pager._following = from_first
    return pager


# Follows ----------------------------------------------------------------------------------------------------


class _New(int):
    """The number of an event that counts as higher than any other, so that the event seems to be new."""

    def __gt__(self, other: object) -> bool:
        return True


def _all_new(read_all: Callable[..., Any]) -> Callable[..., Any]:
    def read(follower: Any, strings: Any) -> Any:
        each = ((int(raw["id"]), follower._read(raw)) for raw in map(json.loads, strings))
        return [(_New(number), event) for number, event in read_all(follower, strings) or each]

    return read


def _one_lower(cursor: int) -> int:
    return max(0, int(cursor) - 1)


def _one_higher(cursor: int) -> int:
    return cursor + bool(cursor)


def _failed_attempt_ends_wait() -> Patch:
    failed = False

    def note(event: Any) -> Any:
        nonlocal failed
        failed = event is not None and event.get("kind") == "run.failed"
        return event

    def end(run: Any) -> Any:
        nonlocal failed
        if failed and run is not None:
            object.__setattr__(run, "status", "failed")
        failed = False
        return run

    return all_of(
        returning(LAYER + "reconnect:BadFrames.read", note),
        both(
            LAYER + "_async.watching:AsyncRunWatcher.try_snapshot",
            lambda target: returning(target, end),
        ),
    )


# Logs and frames --------------------------------------------------------------------------------------------


def _as_one_stream(chunk: Callable[..., Any]) -> Callable[..., Any]:
    def decoded(decoder: Any, raw: dict[str, Any]) -> Any:
        made = chunk(decoder, {**raw, "stream": "stdout", "run_lease_id": ""})
        for name in ("stream", "run_lease_id"):
            object.__setattr__(made, name, raw[name])
        return made

    return decoded


def _chunk_by_chunk(feed: Callable[[Any, bytes], Any]) -> Callable[[Any, bytes], Any]:
    return lambda decoder, chunk: feed(type(decoder)(decoder._read), chunk)


# Waits ------------------------------------------------------------------------------------------------------


def _numbers_in_milliseconds(to_seconds: Callable[..., float]) -> Callable[..., float]:
    def seconds(value: Any, *rest: Any) -> float:
        return to_seconds(value, *rest) / (1000 if isinstance(value, (int, float)) else 1)

    return seconds


def _cancelled_is_success(result: Any) -> Any:
    if isinstance(result.error, TokenCancelledError):
        result.ok, result.error = True, None
    return result


MUTANTS = [
    # --- lists -------------------------------------------------------------------------------------
    mutant(
        "records-cursor-not-advanced",
        "the second page of records repeats the first",
        "sessions.md 18.1",
        both(RECORDS, lambda target: returning(target, _from_first_record)),
        REQUESTS,
    ),
    mutant(
        "records-first-page-only",
        "only the first page of records is listed",
        "sessions.md 18.1",
        both(RECORDS, lambda target: returning(target, _one_page)),
        REQUESTS,
    ),
    mutant(
        "events-first-page-only",
        "only the first page of events is listed",
        "runs.md 6.2",
        both(
            LAYER + "_async.run_events:_page",
            lambda target: returning(target, lambda request: request.mapped(_without_next)),
        ),
        REQUESTS,
    ),
    mutant(
        "tokens-cursor-not-advanced",
        "only the first page of tokens is listed",
        "tokens-auth-errors.md 3.4",
        both(RESOURCES + "_async.tokens:AsyncTokens.list", lambda target: returning(target, _one_page)),
        REQUESTS,
    ),
    # --- follows -----------------------------------------------------------------------------------
    mutant(
        "follow-repeats-events",
        "a follow repeats events after a broken connection",
        "runs.md 6.6",
        all_of(
            both(EVENTS + "_read_all", lambda target: replaced(target, _all_new)),
            both(EVENTS + "_stream", lambda target: with_argument(target, "cursor", _one_lower)),
        ),
        WAITING,
    ),
    mutant(
        "follow-loses-events",
        "a follow skips an event after a broken connection",
        "runs.md 6.6",
        both(EVENTS + "_stream", lambda target: with_argument(target, "cursor", _one_higher)),
        WAITING,
    ),
    mutant(
        "follow-ends-on-failed-attempt",
        "a follow ends at the failure of the first attempt",
        "runs.md 6.6",
        both(
            LAYER + "_async.event_follower:AsyncEventFollower._last",
            lambda target: constant(target, frozenset({"run.failed"})),
        ),
        WAITING,
    ),
    mutant(
        "logs-cut-a-character",
        "a character split across two chunks is lost",
        "runs.md 7.2",
        instead(LAYER + "_logs:LogChunk.text", lambda chunk: chunk.content.decode("utf-8", "replace")),
        WAITING,
    ),
    mutant(
        "logs-mix-streams",
        "parts of characters of stdout and stderr are joined",
        "runs.md 7.2",
        replaced(LAYER + "_logs:LogDecoder.chunk", _as_one_stream),
        WAITING,
    ),
    mutant(
        "sse-joins-frames",
        "a frame split across two chunks is lost",
        "runs.md 6.6",
        replaced(LAYER + "sse:SSEDecoder.feed", _chunk_by_chunk),
        SSE,
    ),
    mutant(
        "sse-crlf-not-understood",
        "frames with CR LF are not parsed",
        "runs.md 6.6",
        with_argument(LAYER + "sse:SSEDecoder.feed", "chunk", lambda chunk: chunk.replace(b"\r", b" ")),
        SSE,
    ),
    # --- waits -------------------------------------------------------------------------------------
    mutant(
        "wait-ends-on-failed-attempt",
        "a wait ends at the failure of the first attempt",
        "runs.md 6.6",
        _failed_attempt_ends_wait(),
        WAITING,
    ),
    mutant(
        "wait-ignores-cancel-request",
        "a wait does not notice a graceful cancel before the worker has stopped",
        "runs.md 5.3",
        both(LAYER + "_async.watching:CANCEL_REQUESTED", lambda target: constant(target, "no such event")),
        WAITING,
        "tests/e2e/test_client_waiting.py",
    ),
    mutant(
        "wait-without-deadline",
        "a wait does not end at its deadline",
        SDK + "2",
        instead(LAYER + "waiting:Deadline.passed", lambda deadline: False),
        WAITING,
    ),
    mutant(
        "deadline-in-milliseconds",
        "a timeout in seconds is read as milliseconds",
        SDK + "4",
        replaced(LAYER + "durations:to_seconds", _numbers_in_milliseconds),
        DURATIONS,
        WAITING,
    ),
    mutant(
        "token-wait-by-own-clock",
        "a token counts as expired by the client's own clock",
        "tokens-auth-errors.md 3.2",
        instead(LAYER + "retries:server_time", lambda response: datetime.now(UTC)),
        WAITING,
    ),
    mutant(
        "token-cancel-is-success",
        "waiting for a cancelled token raises no error",
        SDK + "8.2",
        returning(LAYER + "_tokens:TokenSnapshot.result", _cancelled_is_success),
        WAITING,
    ),
]
