"""Faults of starts and appends: idempotency keys, payloads, durations and times."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from ..planting import Patch, instead, replaced, returning, with_argument
from .common import DURATIONS, IDEMPOTENCY, JSON_TEXT, LAYER, REQUESTS, SDK, TIMES, mutant


def _started(change: Callable[[Any, dict[str, Any]], None]) -> Patch:
    """Change the body of a start; `change` gets it and the options of the start."""

    def make(start_request: Callable[..., Any]) -> Callable[..., Any]:
        def made(kind: Any, task: Any, payload: Any, options: dict[str, Any]) -> Any:
            body = start_request(kind, task, payload, options)
            change(body, options)
            return body

        return made

    return replaced(LAYER + "_sessions:start_request", make)


def _unhashed(body: Any, options: dict[str, Any]) -> None:
    key = options.get("idempotency_key")
    body.idempotency_key = key if isinstance(key, str) else body.idempotency_key


def _without_own_key(body: Any, options: dict[str, Any]) -> None:
    if options.get("idempotency_key") is None:
        body.idempotency_key = None


def _always_with_key(body: Any, options: dict[str, Any]) -> None:
    del options
    body.idempotency_key = body.idempotency_key or "helmr-python-1"


def _hash_of(**style: Any) -> Patch:
    """Hash an idempotency key in another style of JSON."""

    def make(init: Callable[..., None]) -> Callable[..., None]:
        def made(self: Any, key: Any) -> None:
            init(self, key)
            text = json.dumps({"scope": self.scope, "key": self.key}, **style)
            self.value = sha256(text.encode()).hexdigest()

        return made

    return replaced(LAYER + "idempotency:IdempotencyKey.__init__", make)


def _appended_without_own_key(append_request: Callable[..., Any]) -> Callable[..., Any]:
    def made(stream: Any, data: Any, correlation_id: Any, idempotency_key: Any, content_type: Any) -> Any:
        body = append_request(stream, data, correlation_id, idempotency_key, content_type)
        body.idempotency_key = idempotency_key
        return body

    return made


def _unchanged(task: Any, value: Any) -> Any:
    del task
    return value


def _default_duration_unknown(seconds: Callable[[Any], int]) -> Callable[[Any], int | None]:
    return lambda task: None if task.max_duration is None else seconds(task)


def _own_duration_in_milliseconds(seconds: Callable[[Any], int]) -> Callable[[Any], int]:
    return lambda task: seconds(task) * (1 if task.max_duration is None else 1000)


def _minutes_as_seconds(duration_text: Callable[..., str]) -> Callable[..., str]:
    def text(value: Any, *rest: Any) -> str:
        written = duration_text(value, *rest)
        if isinstance(value, timedelta) and written.endswith("m"):
            return f"{int(written[:-1]) * 60}m"
        return written

    return text


def _short_days(nanoseconds: Callable[[str, str], int]) -> Callable[[str, str], int]:
    def parsed(text: str, what: str) -> int:
        return nanoseconds(text, what) // (60 if text.strip().endswith("d") else 1)

    return parsed


def _numbers_accepted(duration_text: Callable[..., str]) -> Callable[..., str]:
    def text(value: Any, *rest: Any) -> str:
        return f"{value}s" if isinstance(value, (int, float)) else duration_text(value, *rest)

    return text


def _in_utc(moment: Any) -> Any:
    is_naive = isinstance(moment, datetime) and moment.utcoffset() is None
    return moment.replace(tzinfo=UTC) if is_naive else moment


MUTANTS = [
    mutant(
        "start-key-not-hashed",
        "the idempotency key of a start is sent unhashed",
        SDK + "7",
        _started(_unhashed),
        REQUESTS,
    ),
    mutant(
        "start-key-hashed-with-blanks",
        "the idempotency key is a hash of JSON with spaces",
        SDK + "7",
        _hash_of(ensure_ascii=False),
        IDEMPOTENCY,
    ),
    mutant(
        "start-key-hashed-escaped",
        "the idempotency key is a hash of JSON with escaped non-ASCII characters",
        SDK + "7",
        _hash_of(separators=(",", ":")),
        IDEMPOTENCY,
    ),
    mutant(
        "start-without-own-key",
        "a start without a key gets no automatic one, so a retry starts a second session",
        "sessions.md 6.6",
        _started(_without_own_key),
        REQUESTS,
        "tests/faults",
    ),
    mutant(
        "external-id-with-own-key",
        "a start with an external id gets an automatic key, so the server looks up the deployment first",
        "sessions.md 6.2",
        _started(_always_with_key),
        REQUESTS,
    ),
    mutant(
        "own-key-always-the-same",
        "every start without a key gets the same automatic key",
        "sessions.md 6.6",
        returning(LAYER + "idempotency:new_key", lambda _: "helmr-python-0"),
        IDEMPOTENCY,
    ),
    mutant(
        "append-without-own-key",
        "an append without a key gets no automatic one, so a retry appends twice",
        "sessions.md 16",
        replaced(LAYER + "_records:append_request", _appended_without_own_key),
        REQUESTS,
    ),
    mutant(
        "append-key-hashed",
        "the idempotency key of an append is hashed",
        SDK + "7",
        with_argument(
            LAYER + "_records:append_request",
            "idempotency_key",
            lambda key: None if key is None else sha256(key.encode()).hexdigest(),
        ),
        REQUESTS,
    ),
    mutant(
        "numbers-as-python-writes-them",
        "whole floats and floats with an exponent are sent as Python writes them",
        SDK + "7",
        instead("helmr_api.formats:_ecmascript", lambda token: token[0]),
        JSON_TEXT,
    ),
    mutant(
        "numbers-in-strings-rewritten",
        "a number inside a string is rewritten",
        SDK + "7",
        returning("helmr_api.formats:_ecmascript", lambda text: re.sub(r"(?<=[0-9])\.0(?=,)", "", text)),
        JSON_TEXT,
    ),
    mutant(
        "payload-not-checked",
        "a payload that does not match the task's type is sent",
        SDK + "9.3",
        replaced(LAYER + "_tasks:Task.encode_payload", lambda _: _unchanged),
        REQUESTS,
    ),
    mutant(
        "duration-in-milliseconds",
        "a task's maximum duration is sent in milliseconds",
        SDK + "7",
        replaced(LAYER + "_tasks:Task.max_duration_seconds", _own_duration_in_milliseconds),
        REQUESTS,
    ),
    mutant(
        "default-duration-not-sent",
        "a task without a maximum duration is sent without the default",
        SDK + "7",
        replaced(LAYER + "_tasks:Task.max_duration_seconds", _default_duration_unknown),
        REQUESTS,
    ),
    mutant(
        "ttl-in-other-unit",
        "a timedelta in minutes is written with the number of seconds",
        SDK + "4",
        replaced(LAYER + "durations:duration_text", _minutes_as_seconds),
        DURATIONS,
    ),
    mutant(
        "days-of-24-minutes",
        "a day in a duration string counts as 24 minutes",
        SDK + "4",
        replaced(LAYER + "durations:_nanoseconds", _short_days),
        DURATIONS,
    ),
    mutant(
        "number-as-duration-sent",
        "a number as duration is sent as a string",
        SDK + "4",
        replaced(LAYER + "durations:duration_text", _numbers_accepted),
        DURATIONS,
    ),
    mutant(
        "naive-time-as-utc",
        "a datetime without time zone is sent as UTC",
        "sessions.md 6.1",
        with_argument(LAYER + "times:to_datetime", "value", _in_utc),
        TIMES,
    ),
]
