"""Run snapshots, and logs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeAlias, TypeVar, cast

from helmr_api import models

from . import errors
from ._public import public
from .raw import field, moment, optional, parsed_object

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._tasks import Task
    from .events import RunEvent

__all__ = ["TERMINAL", "LogChunk", "RunCounts", "RunLogs", "RunRef", "RunSnapshot", "RunStatus"]

OutputT = TypeVar("OutputT")

RunStatus: TypeAlias = Literal["queued", "running", "waiting", "succeeded", "failed", "cancelled", "expired"]
"""The statuses the contract knows; a newer server may send others."""

TERMINAL: Final = frozenset({"succeeded", "failed", "cancelled", "expired"})

RunRef: TypeAlias = "str | RunSnapshot[Any] | models.SessionRun"
"""A run's id, or anything that stands for the run."""


class RunSnapshot(Generic[OutputT]):
    """A run as it was when the server answered. `wire` is the generated model, with all that was sent."""

    __slots__ = ("task", "wire")

    def __init__(self, wire: models.Run, task: Task[Any, OutputT] | None = None) -> None:
        self.wire: models.Run = wire
        self.task: Task[Any, OutputT] | None = task
        """The task whose output type this run has; `None` for a run that was asked for by its id alone."""

    @property
    def id(self) -> str:
        """The run's id."""
        return str(self.wire.id)

    @property
    def session_id(self) -> str:
        """The session it belongs to."""
        return str(self.wire.session_id)

    @property
    def task_id(self) -> str:
        """The task it runs."""
        return self.wire.task_id

    @property
    def status(self) -> RunStatus | str:
        """`queued`, `running`, `waiting`, `succeeded`, `failed`, `cancelled` or `expired`."""
        return self.wire.status

    @property
    def is_terminal(self) -> bool:
        """Whether the run has ended, one way or another."""
        return self.wire.status in TERMINAL

    @property
    def is_success(self) -> bool:
        """Whether the run ended well."""
        return self.wire.status == "succeeded"

    @property
    def attempt_number(self) -> int | None:
        """The present attempt, from 1."""
        return self.wire.attempt_number or None

    @property
    def exit_code(self) -> int | None:
        """The task's exit code, once it has one."""
        return self.wire.exit_code

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The run's metadata."""
        return self.wire.metadata

    @property
    def has_output(self) -> bool:
        """Whether the task gave an output; `null` is one."""
        return "output" in self.wire

    @property
    def output(self) -> OutputT | None:
        """The task's output in the type the task declares, `None` while there is none.

        Raises `OutputValidationError` when it does not fit that type; the plain JSON is `wire.output_json`.
        """
        if not self.has_output:
            return None
        return (
            cast(OutputT, self.wire.output_json)
            if self.task is None
            else self.task.decode_output(self.wire.output_json)
        )

    @property
    def created_at(self) -> datetime:
        """When it was created."""
        return self.wire.created_at

    @property
    def updated_at(self) -> datetime:
        """When it last changed."""
        return self.wire.updated_at

    @property
    def deployment_version(self) -> str:
        """The version of the deployment it runs."""
        return self.wire.deployment_version

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self.id!r}, task_id={self.task_id!r}, status={self.status!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunSnapshot) and other.wire == self.wire

    def __hash__(self) -> int:
        return hash((self.id, self.status, self.updated_at))


def run_error(run: RunSnapshot[Any], events: Iterable[RunEvent]) -> errors.RunError:
    """What happened to a run that has no output to give, with the reason its events name."""
    from .events import RunCancelled, RunCancelRequested, RunDeadLettered, RunExpired, RunFailed

    if not run.is_terminal:
        return errors.RunNotFinishedError(f"run {run.id} is {run.status}: wait for it first", run=run)
    ends = [
        event
        for event in events
        if isinstance(event, (RunFailed, RunCancelled, RunCancelRequested, RunDeadLettered, RunExpired))
    ]
    if run.status == "cancelled":
        # The request has the caller's reason; the event after a graceful cancel has only the worker's.
        asked = [event.reason for event in ends if isinstance(event, RunCancelRequested)]
        done = [event.reason for event in ends if isinstance(event, RunCancelled)]
        reason = (asked or done or [None])[-1]
        return errors.RunCancelledError(_sentence(run, "was cancelled", reason), run=run, reason=reason)
    last = ends[-1] if ends else None
    reason = last.reason if last is not None else None
    if run.status == "expired":
        return errors.RunExpiredError(_sentence(run, "expired", reason), run=run, reason=reason)
    kind = last.failure_kind if isinstance(last, RunFailed) else None
    if isinstance(last, RunDeadLettered):
        kind = "dead_lettered"
    return errors.RunFailedError(
        _sentence(run, run.status, reason), run=run, reason=reason, failure_kind=kind
    )


def _sentence(run: RunSnapshot[Any], verb: str, reason: str | None) -> str:
    return f"run {run.id} of task {run.task_id!r} {verb}" + (f": {reason}" if reason else "")


class RunCounts(models.RunCounts):
    """How many runs the environment has in each status."""

    __slots__ = ()

    @property
    def live(self) -> int:
        """Runs that have not ended."""
        return self.queued + self.running + self.waiting


class RunLogs:
    """The last MiB of what a run's task wrote to stdout and stderr, over all attempts."""

    __slots__ = ("wire",)

    def __init__(self, wire: models.RunLogs) -> None:
        self.wire: models.RunLogs = wire

    @property
    def stdout_bytes(self) -> bytes:
        """Standard output, byte for byte."""
        return _bytes(self.wire.stdout_base64)

    @property
    def stderr_bytes(self) -> bytes:
        """Standard error, byte for byte."""
        return _bytes(self.wire.stderr_base64)

    @property
    def stdout(self) -> str:
        """Standard output as text; what is not UTF-8 shows as U+FFFD."""
        return self.stdout_bytes.decode("utf-8", "replace")

    @property
    def stderr(self) -> str:
        """Standard error as text; what is not UTF-8 shows as U+FFFD."""
        return self.stderr_bytes.decode("utf-8", "replace")

    @property
    def cursor(self) -> str:
        """Where `runs.logs.follow` goes on without a gap."""
        return self.wire.cursor

    @property
    def truncated(self) -> bool:
        """Whether there is more than is shown here."""
        return self.wire.truncated

    def __repr__(self) -> str:
        return f"RunLogs(cursor={self.cursor!r}, truncated={self.truncated})"


class LogChunk:
    """A piece of a run's log: `content` as bytes, `text` with every character whole.

    A character that is cut in two by the pieces comes with the piece that completes it, so that `text` may
    lag behind `content` by up to three bytes.
    """

    __slots__ = ("content", "id", "raw", "text")

    def __init__(self, raw: Mapping[str, Any], content: bytes, text: str) -> None:
        self.raw: Mapping[str, Any] = raw
        self.id: str = field(raw, "id", str)
        self.content: bytes = content
        self.text: str = text

    @property
    def cursor(self) -> str:
        """Where to follow on from, to get the piece after this one."""
        return self.id

    @property
    def stream(self) -> Literal["stdout", "stderr"] | str:
        """`stdout` or `stderr`."""
        return field(self.raw, "stream", str)

    @property
    def attempt_number(self) -> int | None:
        """The attempt that wrote it, from 1."""
        return optional(self.raw, "attempt_number", int)

    @property
    def at(self) -> datetime:
        """When it was stored."""
        return moment(self.raw, "at")

    @property
    def wire(self) -> models.RunLogChunk:
        """The generated model, made anew each time."""
        from helmr_api import models

        return parsed_object(models.RunLogChunk.from_dict, self.raw)

    def __repr__(self) -> str:
        return f"LogChunk(id={self.id!r}, stream={self.stream!r}, bytes={len(self.content)})"


class LogDecoder:
    """Makes chunks of what the stream brings, one decoder for each writer's stream."""

    __slots__ = ("_decoders",)

    def __init__(self) -> None:
        self._decoders: dict[tuple[Any, Any], Any] = {}

    def chunk(self, raw: Mapping[str, Any]) -> LogChunk:
        """The chunk of a JSON object. Raises `UnexpectedResponseError` when it is none."""
        content = _bytes(field(raw, "content_base64", str))
        key = (field(raw, "stream", str), optional(raw, "run_lease_id", str))
        decoder = self._decoders.get(key)
        if decoder is None:
            from codecs import getincrementaldecoder

            decoder = self._decoders[key] = getincrementaldecoder("utf-8")("replace")
        return LogChunk(raw, content, decoder.decode(content))


def _bytes(base64: str) -> bytes:
    from binascii import a2b_base64

    try:
        return a2b_base64(base64)
    except ValueError as exc:
        raise errors.UnexpectedResponseError(f"the server gives logs that are no base64: {exc}") from None


public(LogChunk, RunCounts, RunLogs, RunSnapshot)
