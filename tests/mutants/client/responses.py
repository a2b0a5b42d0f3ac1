"""Faults in the handling of responses: retries, errors and values."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, get_args
from uuid import uuid4

from helmr_api.models import RunStatus

from ..planting import all_of, constant, instead, replaced, returning, stored, with_argument
from .common import ERRORS, LAYER, REQUESTS, RESPONSES, SDK, TRANSPORT, TYPED_RESPONSES, both, mutant


def _never_repeated(failure: Any) -> Any:
    return failure and failure._replace(repeats=False)


def _pending_not_repeated(failure: Any) -> Any:
    return _never_repeated(failure) if failure and failure.is_pending else failure


def _and_409(is_retryable_status: Callable[[int], bool]) -> Callable[[int], bool]:
    return lambda status: status == 409 or is_retryable_status(status)


def _except_429(is_retryable_status: Callable[[int], bool]) -> Callable[[int], bool]:
    return lambda status: status != 429 and is_retryable_status(status)


def _with_other_key(call: Any) -> Any:
    if call.content is not None:
        key = b"helmr-python-" + uuid4().hex.encode()
        call.content = re.sub(rb"helmr-python-[0-9a-f]{32}", key, call.content)
    return call


def _only_numbers(seconds_asked: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    return lambda value, response: seconds_asked(value, response) if value.strip()[:1].isdigit() else None


def _conflict_for_410(status_error: Callable[..., Any]) -> Callable[..., Any]:
    def made(status: int, *rest: Any) -> Any:
        error = status_error(409 if status == 410 else status, *rest)
        error.status = status
        return error

    return made


def _raised(_: object) -> Callable[..., Any]:
    def connection_error(exc: Exception, *rest: Any) -> Any:
        raise exc

    return connection_error


def _known_status_only(from_dict: Callable[..., Any]) -> Callable[..., Any]:
    def read(kind: Any, src_dict: Any) -> Any:
        if src_dict.get("status") not in get_args(RunStatus):
            raise ValueError("unknown status")
        return from_dict(kind, src_dict)

    return read


def _plain(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), moment.timetz())


MUTANTS = [
    # --- retries -----------------------------------------------------------------------------------
    mutant(
        "no-retries",
        "a transient failure is not retried",
        "tokens-auth-errors.md 1.6",
        all_of(
            returning(LAYER + "transport:refused", _never_repeated),
            returning(LAYER + "transport:failed", _never_repeated),
        ),
        TRANSPORT,
    ),
    mutant(
        "retries-without-end",
        "a failure is retried forever",
        "tokens-auth-errors.md 1.6",
        returning(LAYER + "retries:checked_retries", lambda most: most + 5),
        TRANSPORT,
    ),
    mutant(
        "retry-of-unsafe-call",
        "a call that could act twice is retried",
        "tokens-auth-errors.md 3.7",
        stored(LAYER + "transport:Outgoing.repeatable", lambda _: True),
        TRANSPORT,
    ),
    mutant(
        "retry-of-refusal",
        "a 409 is retried",
        "sessions.md 6.3",
        replaced(LAYER + "retries:is_retryable_status", _and_409),
        TRANSPORT,
    ),
    mutant(
        "retry-not-of-429",
        "a 429 is not retried",
        "tokens-auth-errors.md 1.6",
        replaced(LAYER + "retries:is_retryable_status", _except_429),
        TRANSPORT,
    ),
    mutant(
        "retry-with-other-key",
        "a retried start has another key",
        "sessions.md 6.6",
        with_argument(LAYER + "building:Builder.build", "call", _with_other_key),
        TRANSPORT,
    ),
    mutant(
        "retry-after-ignored",
        "Retry-After is ignored",
        SDK + "7",
        with_argument(LAYER + "retries:retry_delay", "minimum", lambda _: None),
        TRANSPORT,
    ),
    mutant(
        "retry-after-date-ignored",
        "a Retry-After that is a date is ignored",
        SDK + "7",
        replaced(LAYER + "retries:_seconds_asked", _only_numbers),
        TRANSPORT,
    ),
    mutant(
        "pending-not-repeated",
        "a 202 idempotency_pending is raised without a retry",
        SDK + "7",
        returning(LAYER + "transport:refused", _pending_not_repeated),
        TRANSPORT,
    ),
    mutant(
        "pending-repeated-for-ever",
        "a 202 idempotency_pending is retried forever",
        SDK + "7",
        both(LAYER + "_async.transport:PENDING_BUDGET", lambda target: constant(target, 90.0)),
        TRANSPORT,
    ),
    mutant(
        "any-202-pending",
        "every 202 is treated as a start in progress",
        SDK + "7",
        instead(LAYER + "transport:is_pending_start", lambda response: response.status_code == 202),
        TRANSPORT,
    ),
    # --- errors and values -------------------------------------------------------------------------
    mutant(
        "error-code-lost",
        "an error does not have the contract's code",
        "tokens-auth-errors.md 1.6",
        with_argument(LAYER + "errors:status_error", "code", lambda _: None),
        TRANSPORT,
    ),
    mutant(
        "gone-is-conflict",
        "a 410 is raised as a conflict",
        "tokens-auth-errors.md 1.6",
        replaced(LAYER + "errors:status_error", _conflict_for_410),
        ERRORS,
    ),
    mutant(
        "httpx-error-leaks",
        "a broken connection raises an httpx error",
        SDK + "2",
        replaced(LAYER + "transport:connection_error", _raised),
        TRANSPORT,
    ),
    mutant(
        "unknown-status-raises",
        "an unknown run status raises an error",
        "runs.md 2.1",
        replaced("helmr_api.models.run:Run.from_dict", _known_status_only),
        TYPED_RESPONSES,
        REQUESTS,
    ),
    mutant(
        "output-null-is-none-given",
        "an output null is treated as no output",
        "runs.md 2",
        instead(LAYER + "_runs:RunSnapshot.has_output", lambda run: bool(run.output_json)),
        REQUESTS,
    ),
    mutant(
        "output-not-typed",
        "the output of a run is not converted to the task's type",
        SDK + "9.3",
        instead(LAYER + "_runs:RunSnapshot.output", lambda run: run.output_json),
        REQUESTS,
    ),
    mutant(
        "nanoseconds-lost",
        "a time with nine fraction digits loses three when serialized",
        "tokens-auth-errors.md 1.5",
        with_argument("helmr_api.formats:format_datetime", "value", _plain),
        RESPONSES,
    ),
]
