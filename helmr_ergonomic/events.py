# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""A run's events, by kind. Kinds that a newer server adds are plain `RunEvent` objects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from . import _events
from ._events import RunEvent as RunEvent
from ._public import public
from ._types import JSON, JSONObject


class LogEntry(RunEvent):
    """A structured log entry arrived."""

    __slots__ = ()


class LogWritten(_events.LogWritten):
    """A chunk of output arrived."""

    __slots__ = ()


class MetadataUpdated(RunEvent):
    """The task changed the run's metadata."""

    __slots__ = ()


class RunCancelRequested(RunEvent):
    """An executing run was cancelled and its worker asked to stop."""

    __slots__ = ()

    @property
    def reason(self) -> str | None:
        """Reason of the cancel."""
        return self._text("reason")

    @property
    def force(self) -> bool | None:
        """Always false."""
        return self._value("force", bool)


class RunCancelled(RunEvent):
    """The run is cancelled and has ended."""

    __slots__ = ()

    @property
    def reason(self) -> str | None:
        """The reason of the cancel (`run cancelled` when none was given), or, after a worker stopped, the
        worker's text."""
        return self._text("reason")

    @property
    def force(self) -> bool | None:
        """Only when the cancel ended the run at once."""
        return self._value("force", bool)

    @property
    def origin(self) -> str | None:
        """`cancel_operation`: the worker stopped after a cancel. `lease_sweeper`: its lease expired instead.
        Otherwise omitted."""
        return self._text("origin")


class RunCompleted(_events.RunCompleted):
    """The run succeeded."""

    __slots__ = ()


class RunCreated(RunEvent):
    """The run was created."""

    __slots__ = ()

    @property
    def cause(self) -> JSONObject:
        """Why the run was created; empty for the run of a start."""
        return self._object("cause")

    @property
    def max_duration_seconds(self) -> int | None:
        """How long the run may execute."""
        return self._value("max_duration_seconds", int)

    @property
    def metadata(self) -> JSONObject:
        """Your own data. Numbers pass through 64-bit floats: integers beyond 2^53 lose precision, and numbers
        outside the range of a float are refused (400)."""
        return self._object("metadata")

    @property
    def payload(self) -> JSON:
        """The input of the task: any JSON."""
        return self.attributes.get("payload")

    @property
    def reason(self) -> str | None:
        """`initial`: a start or a schedule. `input`: a continuation."""
        return self._text("reason")

    @property
    def retry_policy(self) -> JSONObject:
        """The retry policy that applies to the run, with the fields of `RetryPolicy`."""
        return self._object("retry_policy")

    @property
    def secret_names(self) -> JSON:
        """Names of the secrets that the task declares, sorted."""
        return self.attributes.get("secret_names")

    @property
    def tags(self) -> JSON:
        """The run's tags."""
        return self.attributes.get("tags")

    @property
    def task_id(self) -> str | None:
        """The task."""
        return self._text("task_id")


class RunDeadLettered(RunEvent):
    """Leases were lost too often; the run is `failed`, no `run.failed` follows."""

    __slots__ = ()

    @property
    def reason(self) -> str | None:
        """`max_dispatch_attempts_exceeded`."""
        return self._text("reason")

    @property
    def queue_dispatch_attempt(self) -> int | None:
        """The number of this delivery."""
        return self._value("queue_dispatch_attempt", int)

    @property
    def max_dispatch_attempts(self) -> int | None:
        """The maximum number of deliveries."""
        return self._value("max_dispatch_attempts", int)


class RunExecutionLost(RunEvent):
    """The worker's lease expired."""

    __slots__ = ()

    @property
    def reason(self) -> str | None:
        """`worker lease expired before execution started` or `worker lease expired`."""
        return self._text("reason")

    @property
    def origin(self) -> str | None:
        """`lease_sweeper`."""
        return self._text("origin")


class RunExpired(_events.RunExpired):
    """`ttl` passed before the first start."""

    __slots__ = ()

    @property
    def ttl(self) -> str | None:
        """The `ttl` as given."""
        return self._text("ttl")


class RunFailed(_events.RunFailed):
    """An attempt failed, even if it is retried."""

    __slots__ = ()

    @property
    def failure_kind(self) -> str | None:
        """See the table. Omitted when `origin` is `workspace_mount` or `runtime_resume_wait`."""
        return self._text("failure_kind")

    @property
    def detail(self) -> JSONObject:
        """More about a failure."""
        return self._object("detail")

    @property
    def origin(self) -> str | None:
        """`workspace_mount`: the workspace could not be mounted. `runtime_resume_wait`: the checkpoint of a
        parked run could not be used."""
        return self._text("origin")

    @property
    def workspace_id(self) -> str | None:
        """With `workspace_mount`."""
        return self._text("workspace_id")

    @property
    def workspace_mount_id(self) -> str | None:
        """With `workspace_mount`."""
        return self._text("workspace_mount_id")

    @property
    def error(self) -> JSONObject:
        """Why a workspace could not be mounted; its fields are free."""
        return self._object("error")

    @property
    def runtime_checkpoint_id(self) -> str | None:
        """With `runtime_resume_wait`."""
        return self._text("runtime_checkpoint_id")

    @property
    def base_workspace_version_id(self) -> str | None:
        """With `runtime_resume_wait`."""
        return self._text("base_workspace_version_id")

    @property
    def current_workspace_version_id(self) -> str | None:
        """With `runtime_resume_wait`."""
        return self._text("current_workspace_version_id")

    @property
    def runtime_checkpoint_expires_at(self) -> datetime | None:
        """With `runtime_resume_wait`."""
        return self._moment("runtime_checkpoint_expires_at")


class RunRetryScheduled(RunEvent):
    """Another attempt follows; attempt fields are the next one's."""

    __slots__ = ()

    @property
    def reason(self) -> str | None:
        """`timeout` (maximum duration), `non_zero_exit`, `transient_error` (other failures in the worker) or
        `infra_lost` (lease expired)."""
        return self._text("reason")

    @property
    def previous_attempt_id(self) -> str | None:
        """The attempt that failed."""
        return self._text("previous_attempt_id")

    @property
    def previous_attempt_number(self) -> int | None:
        """The number of the attempt that failed."""
        return self._value("previous_attempt_number", int)

    @property
    def next_attempt_id(self) -> str | None:
        """The attempt that follows."""
        return self._text("next_attempt_id")

    @property
    def next_attempt_number(self) -> int | None:
        """The number of the attempt that follows."""
        return self._value("next_attempt_number", int)

    @property
    def retry_after(self) -> datetime | None:
        """When it may start."""
        return self._moment("retry_after")

    @property
    def delay_ms(self) -> int | None:
        """The delay in milliseconds."""
        return self._value("delay_ms", int)


CLASSES: Final[Mapping[str, type[RunEvent]]] = {
    "log": LogEntry,
    "log.stdout": LogWritten,
    "log.stderr": LogWritten,
    "run.metadata.updated": MetadataUpdated,
    "run.cancel_requested": RunCancelRequested,
    "run.cancelled": RunCancelled,
    "run.completed": RunCompleted,
    "run.created": RunCreated,
    "run.dead_lettered": RunDeadLettered,
    "run.execution_lost": RunExecutionLost,
    "run.expired": RunExpired,
    "run.failed": RunFailed,
    "run.retry_scheduled": RunRetryScheduled,
}
"""The class of each kind."""
public(
    LogEntry,
    LogWritten,
    MetadataUpdated,
    RunCancelRequested,
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunDeadLettered,
    RunExecutionLost,
    RunExpired,
    RunFailed,
    RunRetryScheduled,
)
