"""Types that task code gets from its context, the same in sync and async functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from attrs import define

from helmr_ergonomic import WaitResult

from .wire.durations import positive_duration

T = TypeVar("T")

Seconds = float | timedelta | str
"""A number of seconds, a `timedelta`, or a string: `"500ms"`, `"90s"`, `"1h30m"`, `"7d"`."""


def seconds(value: Seconds | None, what: str = "timeout") -> float | None:
    """Convert a duration of task code to seconds.

    Raises:
        ValueError: It is not positive, or is not a valid duration.
    """
    if value is None:
        return None
    if isinstance(value, timedelta):
        number = value.total_seconds()
    elif isinstance(value, str):
        nanoseconds = positive_duration(value.strip())
        if nanoseconds is None:
            raise ValueError(
                f'{what} must be a positive duration, such as "90s", "1h30m" or "7d": {value!r:.100}'
            )
        number = nanoseconds / 1e9
    else:
        number = float(value)
    if not 0 < number < float("inf"):
        raise ValueError(f"{what} must be positive and finite, got {value!r:.100}")
    return number


def instant(value: datetime | str | float) -> float:
    """Convert a time to seconds since the epoch.

    Raises:
        ValueError: A datetime without a time zone, or a string that is not a time.
    """
    if isinstance(value, (int, float)):
        return float(value)
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if moment.tzinfo is None:
        raise ValueError("the time must have a time zone")
    return moment.timestamp()


@dataclass(frozen=True, slots=True)
class Trigger:
    """The input record for which a continuation run was created."""

    stream: str
    record_id: str
    sequence: int


@dataclass(frozen=True, slots=True)
class RunInfo:
    """The run that the function executes, as it was when the attempt started."""

    id: str
    session_id: str
    task_id: str
    attempt_number: int
    turn_index: int
    metadata: Mapping[str, Any]
    tags: tuple[str, ...]
    trigger: Trigger | None


@dataclass(frozen=True, slots=True)
class RecordData:
    """A stored record; its data is JSON text."""

    id: str
    sequence: int
    data: str
    correlation_id: str | None
    content_type: str


@dataclass(frozen=True, slots=True)
class TokenData:
    """A created token, with its secrets."""

    id: str
    timeout_at: int
    callback_url: str = field(repr=False)
    public_access_token: str = field(repr=False)


@dataclass(
    frozen=True
)  # no slots: on 3.11, a generic class with slots cannot be called as TaskRecord[int](...)
class TaskRecord(Generic[T]):
    """A record of a stream, with data decoded by the stream's definition."""

    id: str
    sequence: int
    data: T
    correlation_id: str | None
    content_type: str


@define(eq=False)
class InputWaitResult(WaitResult[T]):
    """The result of a wait on an input stream, with the whole record."""

    record: TaskRecord[T] | None = None
    """The record, with its id and sequence; `None` if the wait timed out."""
