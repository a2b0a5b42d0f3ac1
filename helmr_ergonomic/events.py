"""A run's events, by kind. What a newer server adds comes as a plain `RunEvent`, never as an error."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import attrs

from helmr_api import models
from helmr_api.constants import RUN_END_EVENT_KINDS
from helmr_api.formats import is_object

from ._public import public
from ._types import JSON, JSONObject
from .raw import moment, optional, parsed_object, sequence_of

END_KINDS: Final = RUN_END_EVENT_KINDS
"""Kinds that end an attempt. Whether the run goes on after a `run.failed` only its status tells."""

CANCEL_REQUESTED: Final = "run.cancel_requested"


class RunEvent(models.RunEvent):
    """Something that happened to a run. Events of a known kind have a class of their own.

    `id` is what `cursor` takes. `attributes` is only `{"redacted": true}` where the server withholds them.
    """

    __slots__ = ()

    @property
    def sequence(self) -> int:
        """The event's number in its run, from 1 without gaps."""
        return int(self.id)

    @property
    def trace_id(self) -> str | None:
        """The trace it belongs to (32 hexadecimal digits)."""
        return self.trace.trace_id

    @property
    def redacted(self) -> bool:
        """Whether its attributes are withheld."""
        return self.redaction_class == "sensitive"

    def _text(self, name: str) -> str | None:
        value = self.attributes.get(name)
        return value if isinstance(value, str) else None


class RunCreated(RunEvent):
    """The run was created. Its attributes hold the payload, metadata, tags and policies it was created
    with.
    """

    __slots__ = ()

    @property
    def reason(self) -> str | None:
        """`initial`, or `input` for a run that continues a session because a record came in."""
        return self._text("reason")

    @property
    def payload(self) -> JSON:
        """The payload, as JSON."""
        return self.attributes.get("payload")


class LogWritten(RunEvent):
    """The task wrote to stdout or stderr. The bytes are in the run's logs, not here."""

    __slots__ = ()

    @property
    def stream(self) -> str:
        """`stdout` or `stderr`."""
        return self.kind.removeprefix("log.")


class LogEntry(RunEvent):
    """The task made a structured log entry, which the contract withholds here."""

    __slots__ = ()


class MetadataUpdated(RunEvent):
    """The task changed the run's metadata."""

    __slots__ = ()


class RunCompleted(RunEvent):
    """The task ended well."""

    __slots__ = ()

    @property
    def exit_code(self) -> int:
        """The exit code, 0."""
        return optional(self.attributes, "exit_code", int) or 0


class RunFailed(RunEvent):
    """An attempt failed. A `RunRetryScheduled` follows when there is another one."""

    __slots__ = ()

    @property
    def failure_kind(self) -> str | None:
        """`task_failed`, `max_duration`, `worker_failed`, …; `None` for failures outside a worker."""
        return self._text("failure_kind")

    @property
    def detail(self) -> JSONObject:
        """What belongs to the kind: `exit_code`, or `message` and perhaps `limit_seconds`."""
        return _object(self.attributes, "detail")

    @property
    def exit_code(self) -> int | None:
        """The task's exit code, when it is that which failed."""
        return optional(self.detail, "exit_code", int)

    @property
    def reason(self) -> str:
        """Why, as a string for people."""
        text = self.detail.get("message") or self._text("message") or self._text("reason")
        if text:
            return str(text)
        if self.exit_code is not None:
            return f"the task exited with code {self.exit_code}"
        return self.failure_kind or "no reason is recorded"


class RunCancelRequested(RunEvent):
    """Somebody cancelled the run; its worker has not let go of it yet."""

    __slots__ = ()

    @property
    def reason(self) -> str | None:
        """The reason given."""
        return self._text("reason")


class RunCancelled(RunEvent):
    """The run is cancelled and over."""

    __slots__ = ()

    @property
    def reason(self) -> str | None:
        """Why. After a graceful cancel this is the worker's text, not the caller's."""
        return self._text("reason")


class RunExpired(RunEvent):
    """The run's ttl passed before it was started."""

    __slots__ = ()

    @property
    def ttl(self) -> str | None:
        """The ttl as it was given."""
        return self._text("ttl")

    @property
    def reason(self) -> str | None:
        """Why, as a string for people."""
        return self._text("message")


class RunRetryScheduled(RunEvent):
    """Another attempt will be made; `attempt_number` is already that of the next one."""

    __slots__ = ()

    @property
    def reason(self) -> str | None:
        """`timeout`, `non_zero_exit`, `transient_error` or `infra_lost`."""
        return self._text("reason")

    @property
    def delay_ms(self) -> int | None:
        """Milliseconds until it may start."""
        return optional(self.attributes, "delay_ms", int)

    @property
    def retry_after(self) -> datetime | None:
        """When it may start."""
        return None if self._text("retry_after") is None else moment(self.attributes, "retry_after")

    @property
    def previous_attempt_number(self) -> int | None:
        """The attempt that failed."""
        return optional(self.attributes, "previous_attempt_number", int)

    @property
    def next_attempt_number(self) -> int | None:
        """The attempt that follows."""
        return optional(self.attributes, "next_attempt_number", int)


class RunExecutionLost(RunEvent):
    """A worker's lease ran out."""

    __slots__ = ()

    @property
    def reason(self) -> str | None:
        """What was lost."""
        return self._text("reason")


class RunDeadLettered(RunEvent):
    """The run was handed out too often without getting done: it has failed."""

    __slots__ = ()

    @property
    def reason(self) -> str | None:
        """`max_dispatch_attempts_exceeded`."""
        return self._text("reason")


_FIELDS: Final = tuple(field.name for field in attrs.fields(models.RunEvent))
_CLASSES: Final[dict[str, type[RunEvent]]] = {
    "run.created": RunCreated,
    "log.stdout": LogWritten,
    "log.stderr": LogWritten,
    "log": LogEntry,
    "run.metadata.updated": MetadataUpdated,
    "run.completed": RunCompleted,
    "run.failed": RunFailed,
    "run.cancel_requested": RunCancelRequested,
    "run.cancelled": RunCancelled,
    "run.expired": RunExpired,
    "run.retry_scheduled": RunRetryScheduled,
    "run.execution_lost": RunExecutionLost,
    "run.dead_lettered": RunDeadLettered,
}


def event_from(raw: JSONObject) -> RunEvent:
    """An event from its JSON object, as the class of its kind.

    Raises `UnexpectedResponseError` for any other object.
    """
    return parsed_object(_event, raw)


def typed(event: models.RunEvent) -> RunEvent:
    """The same event, as the class of its kind.

    Raises `UnexpectedResponseError` when its id is not a number.
    """
    sequence_of({"id": event.id})
    fields: dict[str, JSON] = {name: getattr(event, name) for name in _FIELDS}
    return _CLASSES.get(event.kind, RunEvent)(**fields)


def _event(raw: JSONObject) -> RunEvent:
    sequence_of(raw)
    return _CLASSES.get(raw["kind"], RunEvent).from_dict(raw)


def _object(raw: JSONObject, name: str) -> JSONObject:
    value = raw.get(name)
    return value if is_object(value) else {}


public(
    LogEntry,
    LogWritten,
    MetadataUpdated,
    RunCancelled,
    RunCancelRequested,
    RunCompleted,
    RunCreated,
    RunDeadLettered,
    RunEvent,
    RunExecutionLost,
    RunExpired,
    RunFailed,
    RunRetryScheduled,
)
