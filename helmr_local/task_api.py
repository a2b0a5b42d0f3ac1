"""The API for task code. Each method runs on the event loop, on behalf of one execution."""
# ruff: noqa: ASYNC109  # the engine's clock times these waits

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from helmr_api.display import printable

from . import taskjson
from .clock import MICROSECOND
from .engine.context import Context
from .engine.execution import Execution
from .engine.masking import masked, masked_bytes
from .engine.rows import RunToExecute
from .engine.waits import Outcome, Wait, Waits
from .engine.workspaces import LiveWorkspace
from .errors import ApiError
from .exceptions import ConcurrentWaitError, RunCancelled
from .ids import parse_uuid
from .resources.continuations import Continuations
from .resources.rows import RecordRow, StreamRow
from .resources.run_logs import CHUNK, RunLogs
from .resources.runs import Runs
from .resources.sessions import Sessions
from .resources.streams import NewRecord, Streams
from .resources.tokens import TokenRow, Tokens
from .resources.validation import metadata_text, normalised_tags
from .store import DatabaseClosedError
from .task_types import RecordData, RunInfo, TokenData, Trigger
from .wire import jsontext

T = TypeVar("T")
output_log = logging.getLogger("helmr_local.output")
"""The logger of task output, one record per line, as `helmr-local serve --logs` shows it."""
LOG_LINE = 65_536
PAUSE = 0.02
MOST_KEPT = 64 * 2**20
"""The maximum bytes of logs waiting for an unavailable database; anything more is dropped."""


class TaskApi:
    """The operations of the control plane that contexts use."""

    def __init__(
        self,
        context: Context,
        waits: Waits,
        *,
        runs: Runs,
        logs: RunLogs,
        sessions: Sessions,
        streams: Streams,
        continuations: Continuations,
        tokens: Tokens,
    ) -> None:
        self._context = context
        self._runs = runs
        self._sessions = sessions
        self._streams = streams
        self._tokens = tokens
        self._waits = waits
        self._logs = logs
        self._continuations = continuations
        self._kept_bytes = 0

    def about(
        self, execution: Execution, run: RunToExecute
    ) -> tuple[RunInfo, str, dict[str, str], LiveWorkspace]:
        """Return the parts of a context: the run, its payload as JSON text, its secrets and its workspace."""
        assert execution.workspace is not None  # set before the launch
        stream, record, sequence = run["trigger_stream"], run["trigger_record_id"], run["trigger_sequence"]
        trigger = None
        if stream is not None and record is not None and sequence is not None:
            trigger = Trigger(stream, record, sequence)
        info = RunInfo(
            id=run["id"],
            session_id=run["session_id"],
            task_id=run["task_id"],
            attempt_number=run["attempt_number"],
            turn_index=run["turn_index"],
            metadata=jsontext.python(run["metadata"]),
            tags=tuple(jsontext.python(run["tags"])),
            trigger=trigger,
        )
        names = [str(name) for name in execution.implementation.task.secrets]
        secrets = self._context.secrets.values(run["environment_id"], names)
        execution.secrets = frozenset(secrets.values())
        return info, run["payload"], dict(secrets), execution.workspace

    # --- logs and metadata -------------------------------------------------------------------------

    def write(self, execution: Execution, stream: str, content: bytes, *, event: bool = True) -> None:
        """Append to stdout or stderr, and add an event to the run unless `event` is false.

        Values of the task's secrets are masked.
        """
        content = masked_bytes(content, execution.secrets)
        if event:
            _show(execution, content.decode("utf-8", "replace"))
        for start in range(0, len(content), CHUNK):
            self._log(execution, stream, content[start : start + CHUNK], event=event)

    def write_trace(self, execution: Execution, trace: str) -> None:
        """Append a traceback to stderr, without an event for the output: `run.failed` already reports the
        failure.
        """
        self.write(execution, "stderr", trace.encode(), event=False)

    def log(self, execution: Execution, level: str, message: str, fields: Mapping[str, Any]) -> None:
        """Write a structured entry. Its event does not contain the text, so the entry is also written to the
        run's logs as a line.

        Values of the task's secrets are masked.

        Args:
            fields: Additional fields of the entry, as plain JSON.
        """
        line = masked_bytes(_log_line(level, message, fields), _in_json(execution.secrets))
        if len(line) > LOG_LINE:
            message = masked(message, execution.secrets)
            kept = message.encode("utf-8", "replace")[: LOG_LINE // 8].decode("utf-8", "ignore")
            line = _log_line(level, kept + " … (cut)", {})
        _show(execution, line.decode())
        self._log(execution, "stdout", line + b"\n", entry=jsontext.raw(line.decode()))

    def _log(
        self,
        execution: Execution,
        stream: str,
        content: bytes,
        *,
        entry: jsontext.Raw | None = None,
        event: bool = True,
    ) -> None:
        """Store one chunk, now or when the database accepts it.

        Args:
            execution: The execution that wrote it.
            stream: `stdout` or `stderr`.
            content: At most `CHUNK` bytes.
            entry: The structured entry in the chunk, if there is one.
            event: Also add an event to the run.
        """
        if self._kept_bytes + len(content) > MOST_KEPT:
            execution.lost_chunks += 1
            return
        if execution.lost_chunks:
            lost, execution.lost_chunks = execution.lost_chunks, 0
            self._log(
                execution, "stderr", f"{lost} entries are missing: the database accepted no writes\n".encode()
            )
        execution.observed += 1
        lease, observed, now = execution.lease, execution.observed, self._context.clock.now()
        self._kept_bytes += len(content)

        def stored() -> None:
            self._kept_bytes -= len(content)

        def store() -> None:
            self._context.db.after_commit(stored)
            if entry is not None:
                self._runs.events.append(lease, "log", {"message": entry}, at=now, leased=True)
            self._logs.append(lease, stream, content, observed, now, event=event and entry is None)

        self._context.writes.now(store, of=execution.run_id)

    async def recorded(self, execution: Execution) -> None:
        """Wait until everything that the run has written is stored."""
        if self._context.writes.backlog:
            await self._write(execution, lambda: None)

    async def pause(self) -> None:
        """Wait briefly before retrying a failed read."""
        over = asyncio.Event()
        timer = self._context.on_machine(PAUSE, over.set)
        try:
            await over.wait()
        finally:
            timer.cancel()

    async def _write(self, execution: Execution, work: Callable[[], T]) -> T:
        """Make a change on behalf of the run. Its function waits while the database is unavailable."""
        try:
            return await self._context.writes.run(work, of=execution.run_id, seconds=math.inf)
        except ApiError as error:
            raise ValueError(error.message) from None
        except DatabaseClosedError:
            raise execution.stop or RunCancelled("the server has stopped") from None

    async def set_metadata(
        self, execution: Execution, operation: str, key: str | None, value: bytes
    ) -> dict[str, Any]:
        """Set one key, or merge a patch; return the new metadata."""

        def change(metadata: dict[str, Any]) -> None:
            parsed = jsontext.parse(value)
            if key is None:
                metadata |= parsed
            else:
                metadata[key] = parsed

        return await self._change_metadata(execution, operation, key, change)

    async def increment_metadata(self, execution: Execution, key: str, amount: float) -> dict[str, Any]:
        """Add to a number; return the new metadata."""

        def change(metadata: dict[str, Any]) -> None:
            before = jsontext.python(jsontext.encode(metadata.get(key, 0)))
            if isinstance(before, bool) or not isinstance(before, (int, float)):
                raise ValueError(f"metadata {key!r} is not a number")
            metadata[key] = jsontext.parse(taskjson.encode(before + amount, f"metadata {key!r}"))

        return await self._change_metadata(execution, "increment", key, change)

    async def _change_metadata(
        self,
        execution: Execution,
        operation: str,
        key: str | None,
        change: Callable[[dict[str, Any]], None],
    ) -> dict[str, Any]:
        if key is not None and not key.strip():
            raise ValueError("metadata key must be non-empty")

        def work() -> str:
            run = self._runs.require(execution.run_id)
            metadata = jsontext.parse(run["metadata"].encode())
            change(metadata)
            text = metadata_text(metadata)
            limit = self._context.settings.metadata_limit
            if len(text.encode()) > limit:
                raise ValueError(f"metadata must be at most {limit} bytes of JSON")
            self._runs.set_metadata(run, text, operation, key, self._context.clock.now())
            return text

        changed: dict[str, Any] = jsontext.python(await self._write(execution, work))
        return changed

    # --- streams -----------------------------------------------------------------------------------

    async def _stream(self, execution: Execution, name: str, direction: str) -> StreamRow:
        session = self._sessions.require(execution.session_id)
        try:
            known = self._streams.known(session, name, direction)
        except ApiError:
            raise LookupError(
                f'no task of this server declares the {direction} stream "{name}": add it to '
                f"@implement(..., {direction}s=[...])"
            ) from None
        if known is not None:
            return known
        return await self._write(execution, lambda: self._streams.resolve(session, name, direction))

    async def append_output(
        self, execution: Execution, name: str, data: bytes, content_type: str
    ) -> RecordData:
        stream = await self._stream(execution, name, "output")
        if len(data) > self._context.settings.record_limit:
            raise ValueError(f"a record must be at most {self._context.settings.record_limit} bytes of JSON")
        parsed = jsontext.parse(data)
        record, _ = await self._write(
            execution, lambda: self._streams.append(stream, NewRecord(parsed, content_type))
        )
        return _record(record)

    async def read_input(
        self, execution: Execution, name: str, correlation_id: str, after: int | None
    ) -> RecordData | None:
        """Return the next record, if there is one."""
        stream = await self._stream(execution, name, "input")
        return await self._take(execution, stream, correlation_id, after)

    def _cursor(self, execution: Execution, name: str, correlation_id: str) -> int:
        """Return the run's read position, per stream and correlation id."""
        return max(execution.cursors.get(name, 0), execution.cursors.get(f"{name}\0{correlation_id}", 0))

    def _advance(self, execution: Execution, name: str, correlation_id: str, record: RecordRow) -> None:
        execution.cursors[f"{name}\0{correlation_id}"] = record["sequence"]

    def _next(
        self, execution: Execution, stream: StreamRow, correlation_id: str, after: int | None
    ) -> RecordRow | None:
        cursor = self._cursor(execution, stream["name"], correlation_id) if after is None else after
        return self._streams.first(stream, after=cursor, correlation_id=correlation_id)

    async def _take(
        self, execution: Execution, stream: StreamRow, correlation_id: str, after: int | None
    ) -> RecordData | None:
        """Take the next record, if there is one, so that it needs no follow-up run. If this returns None, no
        record can have arrived since the check, so a wait may begin.
        """

        def work() -> RecordRow | None:
            record = self._next(execution, stream, correlation_id, after)
            if record is not None:  # another thread of the function may have taken it in the meantime
                self._continuations.consume(execution.run_id, record, self._context.clock.now())
                self._context.db.undo(partial(setattr, execution, "cursors", dict(execution.cursors)))
                self._advance(execution, stream["name"], correlation_id, record)
            return record

        while self._next(execution, stream, correlation_id, after) is not None:
            record = await self._write(execution, work)
            if record is not None:
                return _record(record)
        return None

    async def wait_input(
        self,
        execution: Execution,
        name: str,
        correlation_id: str,
        after: int | None,
        timeout: float | None,
        idle_timeout: float | None,
    ) -> RecordData | None:
        """Return the next record, or None on a timeout."""
        with _blocking(execution):
            stream = await self._stream(execution, name, "input")
            buffered = await self._take(execution, stream, correlation_id, after)
            if buffered is not None:
                return buffered
            cursor = self._cursor(execution, name, correlation_id) if after is None else after
            outcome = await self._wait(
                Wait(
                    "stream",
                    execution.run_id,
                    asyncio.get_running_loop().create_future(),
                    stream_no=stream["no"],
                    correlation_id=correlation_id,
                    after_sequence=cursor,
                ),
                timeout,
                self._hot(idle_timeout),
            )
        if outcome.status != "completed":
            return None
        self._advance(execution, name, correlation_id, outcome.value)
        return _record(outcome.value)

    # --- tokens and timers -------------------------------------------------------------------------

    async def create_token(
        self, execution: Execution, timeout: float | None, tags: list[str], metadata: bytes
    ) -> TokenData:
        seconds = self._context.settings.token_timeout if timeout is None else timeout

        def work() -> tuple[TokenRow, bool]:
            return self._tokens.create(
                self._runs.require(execution.run_id)["environment_id"],
                timeout=max(1, round(seconds * 1e9)),
                tags=normalised_tags(tags),
                metadata=metadata_text(jsontext.parse(metadata)),
            )

        token, _ = await self._write(execution, work)
        secrets = self._tokens.secrets(token["id"])
        return TokenData(
            token["id"], token["timeout_at"], secrets["callback_url"], secrets["public_access_token"]
        )

    async def wait_token(
        self, execution: Execution, token_id: str, timeout: float | None, idle_timeout: float | None
    ) -> tuple[str, str | None]:
        """Return how the wait ended (`completed`, `timed_out`, `cancelled`), and the data as JSON text."""
        canonical = parse_uuid(token_id)
        environment = self._runs.require(execution.run_id)["environment_id"]
        token = None if canonical is None else self._tokens.get(canonical, environment)
        if token is None:
            raise LookupError(f"there is no token {token_id}")
        if token["status"] != "pending":
            status = "timed_out" if token["status"] == "expired" else token["status"]
            return status, token["data"]
        left = max(0.0, (token["timeout_at"] - self._context.clock.now()) / MICROSECOND)
        wait = Wait(
            "token", execution.run_id, asyncio.get_running_loop().create_future(), token_id=token["id"]
        )
        with _blocking(execution):
            outcome = await self._wait(
                wait, left if timeout is None else min(left, timeout), self._hot(idle_timeout)
            )
        return outcome.status, outcome.value

    async def sleep(self, execution: Execution, seconds: float) -> None:
        if seconds <= 0:
            return
        wait = Wait("timer", execution.run_id, asyncio.get_running_loop().create_future())
        with _blocking(execution):
            await self._wait(wait, seconds, self._context.settings.hot_timer)

    async def sleep_until(self, execution: Execution, instant: float) -> None:
        await self.sleep(execution, instant - self._context.clock.now() / MICROSECOND)

    def _hot(self, idle_timeout: float | None) -> float:
        window = self._context.settings.hot_wait
        return window if idle_timeout is None else min(window, idle_timeout)

    async def _wait(self, wait: Wait, timeout: float | None, hot: float) -> Outcome:
        try:
            self._waits.begin(wait, timeout=timeout, hot=hot)
            return await wait.future
        except asyncio.CancelledError:
            await self._waits.leave(wait)
            raise
        finally:
            self._waits.abandon(wait)


@contextmanager
def _blocking(execution: Execution) -> Generator[None]:
    """Allow only one blocking call of a run at a time."""
    if execution.waiting:
        raise ConcurrentWaitError
    execution.waiting = True
    try:
        yield
    finally:
        execution.waiting = False


def _log_line(level: str, message: str, fields: Mapping[str, Any]) -> bytes:
    entry = {"level": level, "message": message, **fields}
    return json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace")


def _in_json(secrets: Iterable[str]) -> list[str]:
    """Return the secrets as they appear within a JSON string."""
    return [json.dumps(secret, ensure_ascii=False)[1:-1] for secret in secrets]


def _show(execution: Execution, text: str) -> None:
    """Copy output to the server's log, if that is enabled."""
    if output_log.isEnabledFor(logging.INFO):
        for line in text.splitlines():
            output_log.info("%s %s | %s", execution.task_id, execution.run_id, printable(line))


def _record(record: RecordRow) -> RecordData:
    return RecordData(
        record["id"],
        record["sequence"],
        record["data"],
        record["correlation_id"] or None,
        record["content_type"],
    )
