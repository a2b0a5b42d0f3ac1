# Derived from helmr_local/_async_context.py. Edit that file, then run `make generate`.
"""The context passed to a task function: payload, streams, tokens, timers, logs and metadata."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, overload

from helmr_ergonomic import InputStream, OutputStream, WaitResult
from helmr_ergonomic.errors import TokenCancelledError, WaitTimeoutError

from . import taskjson
from .engine.endings import current_traceback
from .engine.workspaces import LiveWorkspace
from .implementation import Implementation
from .task_api import TaskApi
from .task_calls import TaskCalls
from .task_types import InputWaitResult, RecordData, RunInfo, Seconds, TaskRecord, TokenData, instant, seconds
from .task_workspace import TaskWorkspace
from .wire import jsontext

PayloadT = TypeVar("PayloadT")
T = TypeVar("T")

__all__ = [
    "Input",
    "Log",
    "LogStream",
    "Metadata",
    "Output",
    "TaskContext",
    "TaskToken",
    "Tokens",
]


class LogStream:
    """The run's stdout or stderr, which can be passed to `print(..., file=...)`."""

    def __init__(self, calls: TaskCalls, stream: str) -> None:
        self._calls = calls
        self._stream = stream

    def write(self, content: str | bytes) -> int:
        """Append text (encoded as UTF-8) or bytes, and return the number of characters or bytes written."""
        raw = content.encode("utf-8", "replace") if isinstance(content, str) else bytes(content)
        if raw:
            self._calls.tell(TaskApi.write, self._stream, raw)
        return len(content)

    def flush(self) -> None:
        """Do nothing, because each write is stored immediately."""


class Log:
    """Structured log entries. Each entry is also written to stdout as one line of JSON."""

    def __init__(self, calls: TaskCalls) -> None:
        self._calls = calls

    def debug(self, *values: object, **fields: object) -> None:
        """Log at level `debug`. Takes the same arguments as `info`."""
        self._write("debug", values, fields)

    def info(self, *values: object, **fields: object) -> None:
        """Log the values, joined by spaces, with additional fields.

        Args:
            values: The message. Values of the task's secrets are masked, here and in the fields.
            fields: Values that JSON cannot represent are logged as strings. `level` and `message` are
                reserved.

        Raises:
            ValueError: A field is named `level` or `message`.

        Example:
            `ctx.log.info("review begins", repository="OWNER/REPO", number=42)`
        """
        self._write("info", values, fields)

    def warning(self, *values: object, **fields: object) -> None:
        """Log at level `warn`. Takes the same arguments as `info`."""
        self._write("warn", values, fields)

    def warn(self, *values: object, **fields: object) -> None:
        """An alias of `warning`."""
        self._write("warn", values, fields)

    def error(self, *values: object, **fields: object) -> None:
        """Log at level `error`. Takes the same arguments as `info`."""
        self._write("error", values, fields)

    def exception(self, *values: object, **fields: object) -> None:
        """Log at level `error`, with the traceback of the current exception as the field `exception`."""
        self._write("error", values, {"exception": current_traceback(), **fields})

    def _write(self, level: str, values: tuple[object, ...], fields: Mapping[str, object]) -> None:
        message = " ".join(map(str, values))
        self._calls.tell(TaskApi.log, level, message, taskjson.log_fields(fields))


class Metadata:
    """The run's metadata, which clients see as a field of the run."""

    def __init__(self, calls: TaskCalls, current: Mapping[str, Any]) -> None:
        self._calls = calls
        self._current = dict(current)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, as of the run's start or its last change to the metadata."""
        return self._current.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Set one key.

        Raises:
            ValueError: The metadata would exceed 262144 bytes of JSON, or JSON cannot represent the value.
        """
        data = taskjson.encode(value, f"metadata {key!r}")
        self._current = self._calls.call(TaskApi.set_metadata, "set", key, data)

    def patch(self, values: Mapping[str, Any]) -> None:
        """Set several keys and keep the others. Raises the same errors as `set`."""
        data = taskjson.encode(dict(values), "metadata")
        self._current = self._calls.call(TaskApi.set_metadata, "patch", None, data)

    def increment(self, key: str, amount: float = 1) -> None:
        """Add to a number; a missing key counts as 0.

        Raises:
            ValueError: The value, the amount or the sum is not a finite number.
        """
        number = taskjson.finite(amount, "amount")
        self._current = self._calls.call(TaskApi.increment_metadata, key, number)


class Output(Generic[T]):
    """An output stream of the run's session."""

    def __init__(self, calls: TaskCalls, stream: OutputStream[T]) -> None:
        self._calls = calls
        self._stream = stream

    def append(self, value: T, *, content_type: str = "application/json") -> TaskRecord[T]:
        """Append a record to the stream.

        Raises:
            PayloadValidationError: The value does not match the stream's type.
            LookupError: No task on the server declares the stream.
            ValueError: JSON cannot represent the value, or it exceeds 262144 bytes of JSON.
        """
        if not content_type.strip():
            raise ValueError("output stream contentType must be non-empty")
        data = taskjson.encode(self._stream.encode(value), "the record")
        record = self._calls.call(TaskApi.append_output, self._stream.name, data, content_type.strip())
        return TaskRecord(record.id, record.sequence, value, record.correlation_id, record.content_type)


class Input(Generic[T]):
    """An input stream of the run's session."""

    def __init__(self, calls: TaskCalls, stream: InputStream[T]) -> None:
        self._calls = calls
        self._stream = stream

    def wait(
        self,
        *,
        timeout: Seconds | None = None,
        idle_timeout: Seconds | None = None,
        correlation_id: str | None = None,
        after_sequence: int | None = None,
    ) -> InputWaitResult[T]:
        """Wait for the next record; without `timeout`, wait indefinitely.

        Args:
            timeout: Stop waiting after this time; the result's error is then a `WaitTimeoutError`.
            idle_timeout: Park the run after at most this time (default: 2 minutes).
            correlation_id: Return only a record with this correlation id.
            after_sequence: Return only a later record; the default is the last one that this run received.
        """
        limit = seconds(timeout)
        record = self._calls.call(
            TaskApi.wait_input,
            self._stream.name,
            (correlation_id or "").strip(),
            after_sequence,
            limit,
            seconds(idle_timeout, "idle_timeout"),
        )
        if record is None:
            message = f'input stream "{self._stream.name}" wait timed out after {limit:g}'
            return InputWaitResult(False, None, WaitTimeoutError(message, timeout=limit))
        decoded = self._decode(record)
        return InputWaitResult(True, decoded.data, None, decoded)

    def read(
        self, *, correlation_id: str | None = None, after_sequence: int | None = None
    ) -> TaskRecord[T] | None:
        """Return the next record if one has already arrived, without waiting."""
        record = self._calls.call(
            TaskApi.read_input, self._stream.name, (correlation_id or "").strip(), after_sequence
        )
        return None if record is None else self._decode(record)

    def _decode(self, record: RecordData) -> TaskRecord[T]:
        data = self._stream.decode(jsontext.python(record.data))
        return TaskRecord(record.id, record.sequence, data, record.correlation_id, record.content_type)


class TaskToken:
    """A token created by the run. Pass its id or its public access token to whoever completes it, then
    wait.
    """

    def __init__(self, calls: TaskCalls, data: TokenData) -> None:
        self._calls = calls
        self.id = data.id
        self.timeout_at = datetime.fromtimestamp(data.timeout_at / 1e6, UTC)
        self.callback_url = data.callback_url
        self.public_access_token = data.public_access_token

    @overload
    def wait(
        self, *, timeout: Seconds | None = None, idle_timeout: Seconds | None = None
    ) -> WaitResult[Any]: ...
    @overload
    def wait(
        self, type: type[T], *, timeout: Seconds | None = None, idle_timeout: Seconds | None = None
    ) -> WaitResult[T]: ...
    def wait(
        self,
        type: Any = None,
        *,
        timeout: Seconds | None = None,
        idle_timeout: Seconds | None = None,
    ) -> WaitResult[Any]:
        """Wait until the token is completed, cancelled or timed out. Completion data is decoded as `type`."""
        return wait_for_token(self._calls, self.id, type, timeout, idle_timeout)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self.id!r}, timeout_at={self.timeout_at.isoformat()!r})"


def wait_for_token(
    calls: TaskCalls, token_id: str, type: Any, timeout: Seconds | None, idle_timeout: Seconds | None
) -> WaitResult[Any]:
    """Wait for a token. Used by both `TaskToken.wait` and `Tokens.wait`."""
    limit = seconds(timeout)
    # A stream definition is the public way to decode a value by its type. It is created before the wait, so
    # that an unsupported type is rejected immediately.
    decoder: InputStream[Any] | None = None if type is None else InputStream("token", type)
    status, data = calls.call(TaskApi.wait_token, token_id, limit, seconds(idle_timeout, "idle_timeout"))
    if status == "cancelled":
        return WaitResult(False, None, TokenCancelledError("token cancelled"))
    if status != "completed" or data is None:
        after = "" if limit is None else f" after {limit:g}"
        return WaitResult(False, None, WaitTimeoutError(f"token wait timed out{after}", timeout=limit))
    value = jsontext.python(data)
    return WaitResult(True, value if decoder is None else decoder.decode(value), None)


class Tokens:
    """Creates tokens and waits for them. Someone outside the task completes a token."""

    def __init__(self, calls: TaskCalls) -> None:
        self._calls = calls

    def create(
        self,
        *,
        timeout: Seconds | None = None,
        tags: str | list[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> TaskToken:
        """Create a token that expires after `timeout` (default: 7 days)."""
        chosen = [tags] if isinstance(tags, str) else list(tags or ())
        about = taskjson.encode(dict(metadata or {}), "metadata")
        data = self._calls.call(TaskApi.create_token, seconds(timeout), chosen, about)
        return TaskToken(self._calls, data)

    def wait(
        self,
        token: TaskToken | str,
        type: Any = None,
        *,
        timeout: Seconds | None = None,
        idle_timeout: Seconds | None = None,
    ) -> WaitResult[Any]:
        """Wait for any token of the environment, whether this run or someone else created it."""
        token_id = token if isinstance(token, str) else token.id
        return wait_for_token(self._calls, token_id, type, timeout, idle_timeout)


class TaskContext(Generic[PayloadT]):
    """The context passed to a task function. Every call raises `RunCancelled` once the run has to stop."""

    payload: PayloadT
    """The payload, validated and decoded by the task definition."""
    run: RunInfo
    """The run that the function executes."""
    secrets: Mapping[str, str]
    """The secrets that the task declares."""
    workspace: TaskWorkspace
    """The run's working directory."""

    def __init__(
        self,
        calls: TaskCalls,
        implementation: Implementation[PayloadT, Any],
        run: RunInfo,
        payload: str,
        secrets: Mapping[str, str],
        workspace: LiveWorkspace,
    ) -> None:
        self._calls = calls
        self.run = run
        self.secrets = secrets
        self.workspace = TaskWorkspace(workspace)
        self.log = Log(calls)
        self.stdout = LogStream(calls, "stdout")
        self.stderr = LogStream(calls, "stderr")
        self.metadata = Metadata(calls, run.metadata)
        self.tokens = Tokens(calls)
        self.payload = implementation.task.decode_payload(jsontext.python(payload))

    @overload
    def input(self, stream: InputStream[T]) -> Input[T]: ...
    @overload
    def input(self, stream: str) -> Input[Any]: ...
    def input(self, stream: Any) -> Input[Any]:
        """Return an input stream of the session, given its definition or its name."""
        return Input(self._calls, InputStream(stream) if isinstance(stream, str) else stream)

    @overload
    def output(self, stream: OutputStream[T]) -> Output[T]: ...
    @overload
    def output(self, stream: str) -> Output[Any]: ...
    def output(self, stream: Any) -> Output[Any]:
        """Return an output stream of the session, given its definition or its name."""
        return Output(self._calls, OutputStream(stream) if isinstance(stream, str) else stream)

    def sleep(self, duration: Seconds) -> None:
        """Wait on a server timer. The run is parked during a long wait."""
        self._calls.call(TaskApi.sleep, seconds(duration, "duration") or 0.0)

    def sleep_until(self, moment: datetime | str) -> None:
        """Wait until a time (with a time zone); return immediately if it has passed."""
        self._calls.call(TaskApi.sleep_until, instant(moment))

    def raise_if_cancelled(self) -> None:
        """Raise `RunCancelled` if the run has to stop. Call it in code that makes no other context calls."""
        stop = self._calls.stopped()
        if stop is not None:
            raise stop

    def __repr__(self) -> str:
        return f"{type(self).__name__}(run={self.run.id!r}, task={self.run.task_id!r})"
