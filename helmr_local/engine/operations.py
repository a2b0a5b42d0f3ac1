"""What a running task can ask of the engine. Each runs on the event loop, on behalf of one execution."""
# ruff: noqa: ASYNC109  # these waits are the engine's, on its own clock

from __future__ import annotations

import asyncio
import json
from typing import Any

from .. import jsontext
from ..clock import MICROSECOND
from ..errors import ApiError, bad_request
from ..ids import parse_uuid
from ..store import Row
from ..values import RecordData, RunInfo, TokenData, Trigger
from .continuations import Continuations
from .core import Core
from .logs import CHUNK, Logs
from .runs import Runs
from .starts import metadata_text, normalised_tags
from .streams import Streams
from .tokens import Tokens
from .waits import Outcome, Wait, Waits
from .worker import Execution

LOG_LINE = 65_536


class Operations:
    """The engine, as seen from task code."""

    def __init__(
        self,
        core: Core,
        runs: Runs,
        streams: Streams,
        tokens: Tokens,
        waits: Waits,
        logs: Logs,
        continuations: Continuations,
    ) -> None:
        self._core = core
        self._runs = runs
        self._streams = streams
        self._tokens = tokens
        self._waits = waits
        self._logs = logs
        self._continuations = continuations

    def material(self, execution: Execution, run: Row) -> tuple[RunInfo, str, dict[str, str]]:
        """What a context is built from: the run, its payload as JSON text, the secrets of its task."""
        trigger = None
        if run["trigger_record_id"] is not None:
            trigger = Trigger(run["trigger_stream"], run["trigger_record_id"], run["trigger_sequence"])
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
        known = self._core.secrets
        secrets = {str(name): known[name] for name in execution.implementation.task.secrets if name in known}
        return info, run["payload"], secrets

    # --- logs and metadata -------------------------------------------------------------------------

    def write(self, execution: Execution, stream: str, content: bytes) -> None:
        """Append to stdout or stderr."""
        for start in range(0, len(content), CHUNK):
            execution.observed += 1
            run = self._runs.require(execution.run_id)
            self._logs.append(run, stream, content[start : start + CHUNK], execution.observed)

    def log(self, execution: Execution, level: str, message: str) -> None:
        """A structured entry; the event hides its text, so it is a line of the run's logs as well."""
        line = _log_line(level, message)
        if len(line) > LOG_LINE:
            kept = message.encode("utf-8", "replace")[: LOG_LINE // 8].decode("utf-8", "ignore")
            line = _log_line(level, kept + " … (cut)")
        execution.observed += 1
        with self._core.db.transaction():
            run = self._runs.require(execution.run_id)
            entry = {"message": jsontext.raw(line.decode())}
            self._runs.events.append(run, "log", entry, at=self._core.clock.now(), leased=True)
            self._logs.append(run, "stdout", line + b"\n", execution.observed, event=False)

    async def metadata(
        self, execution: Execution, operation: str, key: str | None, value: Any
    ) -> dict[str, Any]:
        """Set one key, merge a patch, or add to a number; the new metadata."""
        run = self._runs.require(execution.run_id)
        current = jsontext.parse(run["metadata"].encode())
        if key is not None and not key.strip():
            raise ValueError("metadata key must be non-empty")
        if operation == "patch":
            current |= jsontext.parse(jsontext.encode(value))
        elif operation == "increment":
            before = jsontext.python(run["metadata"]).get(key, 0)
            if isinstance(before, bool) or not isinstance(before, (int, float)):
                raise ValueError(f"metadata {key!r} is not a number")
            current[key] = jsontext.parse(jsontext.encode(before + value))
        else:
            current[key] = jsontext.parse(jsontext.encode(value))
        text = metadata_text(current)
        limit = self._core.settings.metadata_limit
        if len(text.encode()) > limit:
            raise ValueError(f"metadata must be at most {limit} bytes of JSON")
        self._runs.set_metadata(run, text, operation, key, self._core.clock.now())
        changed: dict[str, Any] = jsontext.python(text)
        return changed

    # --- streams -----------------------------------------------------------------------------------

    def _session(self, execution: Execution) -> Row:
        session = self._core.db.one("SELECT * FROM sessions WHERE id = ?", (execution.session_id,))
        assert session is not None
        return session

    def _stream(self, execution: Execution, name: str, direction: str) -> Row:
        try:
            return self._streams.resolve(self._session(execution), name, direction)
        except ApiError:
            raise LookupError(
                f'no task of this server declares the {direction} stream "{name}"; name it in '
                f"@implement(..., {direction}s=[...])"
            ) from None

    async def append_output(
        self, execution: Execution, name: str, data: bytes, content_type: str
    ) -> RecordData:
        stream = self._stream(execution, name, "output")
        if len(data) > self._core.settings.record_limit:
            raise ValueError(f"a record must be at most {self._core.settings.record_limit} bytes of JSON")
        with self._core.db.transaction():
            record, _ = self._streams.append(stream, data=jsontext.parse(data), content_type=content_type)
        return _record(record)

    async def read_input(
        self, execution: Execution, name: str, correlation_id: str, after: int | None
    ) -> RecordData | None:
        """The next record, if there is one."""
        stream = self._stream(execution, name, "input")
        return self._next(execution, stream, correlation_id, after)

    def _cursor(self, execution: Execution, name: str, correlation_id: str) -> int:
        """Where the run has read to, by stream and correlation."""
        return max(execution.cursors.get(name, 0), execution.cursors.get(f"{name}\0{correlation_id}", 0))

    def _advance(self, execution: Execution, name: str, correlation_id: str, record: Row) -> None:
        execution.cursors[f"{name}\0{correlation_id}"] = record["sequence"]

    def _next(
        self, execution: Execution, stream: Row, correlation_id: str, after: int | None
    ) -> RecordData | None:
        cursor = self._cursor(execution, stream["name"], correlation_id) if after is None else after
        record = self._streams.first(stream, after=cursor, correlation_id=correlation_id)
        if record is None:
            return None
        self._continuations.consume(execution.run_id, record, self._core.clock.now())
        self._advance(execution, stream["name"], correlation_id, record)
        return _record(record)

    async def wait_input(
        self,
        execution: Execution,
        name: str,
        correlation_id: str,
        after: int | None,
        timeout: float | None,
        idle_timeout: float | None,
    ) -> RecordData | None:
        """The next record, or None when the time is over."""
        stream = self._stream(execution, name, "input")
        buffered = self._next(execution, stream, correlation_id, after)
        if buffered is not None:
            return buffered
        cursor = self._cursor(execution, name, correlation_id) if after is None else after
        outcome = await self._wait(
            execution,
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
        self, execution: Execution, timeout: float | None, tags: list[str], metadata: dict[str, Any] | None
    ) -> TokenData:
        seconds = self._core.settings.token_timeout if timeout is None else timeout
        try:
            token, _ = self._tokens.create(
                self._runs.require(execution.run_id)["environment_id"],
                timeout=max(1, round(seconds * 1e9)),
                tags=normalised_tags(tags),
                metadata=metadata_text(jsontext.parse(jsontext.encode(metadata or {}))),
            )
        except ApiError as error:
            raise ValueError(error.message) from None
        secrets = self._tokens.secrets(token["id"])
        return TokenData(
            token["id"], token["timeout_at"], secrets["callback_url"], secrets["public_access_token"]
        )

    async def wait_token(
        self, execution: Execution, token_id: str, timeout: float | None, idle_timeout: float | None
    ) -> tuple[str, str | None]:
        """How the wait ended (`completed`, `timed_out`, `cancelled`), and the data as JSON text."""
        canonical = parse_uuid(token_id)
        environment = self._runs.require(execution.run_id)["environment_id"]
        token = None if canonical is None else self._tokens.get(canonical, environment)
        if token is None:
            raise LookupError(f"there is no token {token_id}")
        if token["status"] != "pending":
            status = "timed_out" if token["status"] == "expired" else token["status"]
            return status, token["data"]
        left = max(0.0, (token["timeout_at"] - self._core.clock.now()) / MICROSECOND)
        outcome = await self._wait(
            execution,
            Wait("token", execution.run_id, asyncio.get_running_loop().create_future(), token_id=token["id"]),
            left if timeout is None else min(left, timeout),
            self._hot(idle_timeout),
        )
        return outcome.status, outcome.value

    async def sleep(self, execution: Execution, seconds: float) -> None:
        if seconds <= 0:
            return
        await self._wait(
            execution,
            Wait("timer", execution.run_id, asyncio.get_running_loop().create_future()),
            seconds,
            self._core.settings.hot_timer,
        )

    async def sleep_until(self, execution: Execution, instant: float) -> None:
        await self.sleep(execution, instant - self._core.clock.now() / MICROSECOND)

    def _hot(self, idle_timeout: float | None) -> float:
        window = self._core.settings.hot_wait
        return window if idle_timeout is None else min(window, idle_timeout)

    async def _wait(self, execution: Execution, wait: Wait, timeout: float | None, hot: float) -> Outcome:
        if execution.waiting:
            raise bad_request("concurrent waits")  # `guarded` refuses this already
        execution.waiting = True
        try:
            self._waits.begin(wait, timeout=timeout, hot=hot)
            return await wait.future
        finally:
            execution.waiting = False
            self._waits.abandon(wait)


def _log_line(level: str, message: str) -> bytes:
    return json.dumps({"level": level, "message": message}, ensure_ascii=False).encode("utf-8", "replace")


def _record(record: Row) -> RecordData:
    return RecordData(
        record["id"],
        record["sequence"],
        record["data"],
        record["correlation_id"] or None,
        record["content_type"],
    )
