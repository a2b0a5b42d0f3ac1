"""`POST /api/sessions`: starts a session, or returns the one created by an earlier start."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from helmr_api.constants import (
    CLI_VERSION_HEADER,
    CLIENT_VERSION_HEADER,
    DEFAULT_IDEMPOTENCY_KEY_TTL_SECONDS,
    MAX_CONCURRENCY_KEY_BYTES,
    MAX_DURATION_MAX_SECONDS,
    MAX_DURATION_MIN_SECONDS,
    QUEUE_NAME_PATTERN,
    SDK_VERSION_HEADER,
    TERMINAL_RUN_STATUSES,
)

from ..catalog import TaskRow
from ..engine.context import Context
from ..engine.notifier import run_topic
from ..engine.rows import RunRow
from ..errors import ApiError, bad_request, conflict, session_terminal
from ..http.request import Request, refuse_scope
from ..http.response import Response, json_response
from ..ids import new_id, parse_uuid, uuid_complaint
from ..keys import ApiKey
from ..wire import jsontext
from ..wire.durations import positive_duration
from ..wire.strings import quote, trim
from ..wire.times import add_nanoseconds
from .base import Resource, handles
from .rows import SessionRow
from .run_states import RunOptions, Versions
from .runs import Runs, run_view
from .sandboxes import SandboxRow
from .sessions import Sessions, overdue
from .validation import (
    check_external_id,
    check_key_length,
    check_retry,
    check_task_id,
    metadata_text,
    no_nul,
    normalised_tags,
    size,
    tags_text,
)
from .workspaces import WorkspaceRow, Workspaces

QUEUE_NAME = re.compile(QUEUE_NAME_PATTERN, re.ASCII)
_SDK_VERSION, _CLI_VERSION, _CLIENT_VERSION = (
    name.lower() for name in (SDK_VERSION_HEADER, CLI_VERSION_HEADER, CLIENT_VERSION_HEADER)
)


class Started(NamedTuple):
    """The response to a start."""

    session: SessionRow
    run: RunRow
    status: int
    replay: bool = False

    @property
    def is_cached(self) -> bool:
        return self.status == 200


class _WantedSession(NamedTuple):
    """The session that a request asks for, with its fields trimmed and checked, and its JSON in stored form.

    Args:
        key: The digest of the idempotency key, if there is one.
        key_ttl: Its lifetime in nanoseconds.
    """

    environment_id: str
    project_id: str
    external_id: str
    workspace_id: str
    metadata: str
    tags: str
    expires_at: int | None
    fingerprint: bytes
    key: bytes | None
    key_ttl: int


class Claims:
    """The starts in progress, by the digest of their keys. A second start with the same key gets a 202.

    This server completes each start before it handles the next one, so only tests hold claims.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._until: dict[bytes, int] = {}

    def take(self, key: bytes) -> bool:
        now = self._context.clock.now()
        if self._until.get(key, 0) > now:
            return False
        self._until[key] = now + round(self._context.settings.start_claim * 1_000_000)
        return True

    def held(self, key: bytes) -> bool:
        until = self._until.get(key)
        return until is not None and until > self._context.clock.now()

    def release(self, key: bytes) -> None:
        self._until.pop(key, None)


def key_digest(environment_id: str, task_id: str, key: str) -> bytes:
    """Return the form in which an idempotency key of the task is stored."""
    return hashlib.sha256(f"{environment_id}\0{task_id}\0{key}".encode("utf-8", "surrogatepass")).digest()


class Starts(Resource):
    """Session starts. Each creates a session and its first run, or finds existing ones."""

    # Digests are random, so each start writes a page of its own here, and with short rows seldom more than
    # one. The fingerprint of the start is that of the session.
    SCHEMA = """
    CREATE TABLE IF NOT EXISTS start_keys (
      digest BLOB PRIMARY KEY,
      run_no INTEGER NOT NULL,
      expires_at INTEGER NOT NULL
    ) WITHOUT ROWID;
    """

    def __init__(self, context: Context, runs: Runs, sessions: Sessions, workspaces: Workspaces) -> None:
        super().__init__(context)
        self._runs = runs
        self._sessions = sessions
        self._workspaces = workspaces
        self.claims = Claims(context)

    def startup(self) -> None:
        """Delete the rows of expired keys. Expired keys are ignored, so doing this at startup is enough."""
        with self.db.transaction():
            self.db.execute("DELETE FROM start_keys WHERE expires_at <= ?", (self.clock.now(),))

    # --- requests ----------------------------------------------------------------------------------

    @handles("startSession")
    async def start_session(self, request: Request) -> Response:
        started = await self._start(request, "invalid session start request JSON")
        return json_response(started.status, self._view(started, new=started.status == 201))

    @handles("startSessionAndWait")
    async def start_session_and_wait(self, request: Request) -> Response:
        started = await self._start(request, "invalid session start-and-wait request JSON")
        run_id = started.run["id"]
        with (
            self.notifier.following(run_topic(run_id)) as news,
            self.context.limit(news, self.settings.start_and_wait) as limit,
        ):
            while True:
                news.clear()
                run = self._runs.require(run_id)
                if run["status"] in TERMINAL_RUN_STATUSES or limit.over or self.notifier.closing:
                    break
                await news.wait()
        session = self._sessions.require(started.session["id"])
        view = self._view(started._replace(session=session, run=run))
        if run["status"] not in TERMINAL_RUN_STATUSES:
            view["timed_out"] = True
        return json_response(200, view)

    async def _start(self, request: Request, prefix: str) -> Started:
        fields = await request.body(prefix, forbidden=_not_accepted)
        task_id = check_task_id(fields.get("task_id", ""))
        refuse_scope(fields)
        request.authorize()
        headers = request.headers

        def start() -> Started:
            return self.start(
                request.actor,
                task_id,
                fields,
                sdk_version=trim(headers.get(_SDK_VERSION, "")),
                cli_version=trim(headers.get(_CLI_VERSION, "")) or trim(headers.get(_CLIENT_VERSION, "")),
                check_schema=lambda: request.check_schema(fields),
            )

        return await self.writes.run(start)

    def _view(self, started: Started, *, new: bool = False) -> dict[str, Any]:
        view: dict[str, Any] = {
            "session": self._sessions.view(started.session, started.run, new=new, replay=started.replay),
            "run": run_view(started.run),
        }
        if started.is_cached:
            view["is_cached"] = True
        return view

    # --- starting ----------------------------------------------------------------------------------

    def start(
        self,
        actor: ApiKey,
        task_id: str,
        fields: dict[str, Any],
        *,
        sdk_version: str,
        cli_version: str,
        check_schema: Callable[[], None] = lambda: None,
    ) -> Started:
        """Start or reuse a session; the checks follow the contract's order.

        Args:
            fields: The decoded request.
            check_schema: Checks the rules that no earlier check covers; called before anything is written.

        Raises:
            ApiError: A check fails.
        """
        wanted = self._wanted(actor, task_id, fields)
        # A key alone is looked up when it is inserted, or else when a check fails. A statement less saves 3%.
        later = wanted.key is not None and not wanted.external_id
        found = None if later else self._found(wanted)
        if found is not None:
            return found
        try:
            task, options, payload = self._checked(wanted, task_id, fields, check_schema)
            return self._create(wanted, task, payload, options, Versions(sdk_version, cli_version))
        except ApiError:
            found = self._found(wanted) if later else None
            if found is None:
                raise
            return found

    def _checked(
        self, wanted: _WantedSession, task_id: str, fields: dict[str, Any], check_schema: Callable[[], None]
    ) -> tuple[TaskRow, RunOptions, str]:
        """Return the task, the options of its run and the payload as JSON text."""
        environment = wanted.environment_id
        task = self.context.catalog.current(self.db, environment, task_id)
        if task is None:
            raise conflict("task_not_deployed")
        options = self._options(environment, task, fields)
        try:
            payload = jsontext.stored(fields.get("payload", {}))
        except jsontext.JsonError as error:
            raise bad_request(f"payload cannot be stored: {error}") from None
        if not fields.keys() <= _CHECKED:
            check_schema()
        if wanted.key is not None and self.claims.held(wanted.key):
            raise ApiError(
                202, "session_start_pending", "idempotency_pending", headers=(("Retry-After", "1"),)
            )
        return task, options, payload

    def _wanted(self, actor: ApiKey, task_id: str, fields: dict[str, Any]) -> _WantedSession:
        key = trim(fields.get("idempotency_key", ""))
        key_ttl = self._key_ttl(key, fields)
        external_id = trim(fields.get("external_id", ""))
        check_external_id(external_id)
        workspace_id = trim(fields.get("workspace_id", ""))
        if workspace_id and parse_uuid(workspace_id) is None:
            raise bad_request(f"workspace_id is invalid: {uuid_complaint(workspace_id)}")
        expires_at = fields.get("expires_at")
        return _WantedSession(
            environment_id=actor.environment_id,
            project_id=actor.project_id,
            external_id=external_id,
            workspace_id=workspace_id,
            metadata=metadata_text(fields["metadata"]) if "metadata" in fields else "{}",
            tags=tags_text(normalised_tags(fields.get("tags", []))),
            expires_at=None if expires_at is None else expires_at // 1_000,
            fingerprint=_fingerprint(task_id, external_id, workspace_id, fields),
            key=key_digest(actor.environment_id, task_id, key) if key else None,
            key_ttl=key_ttl,
        )

    def _found(self, wanted: _WantedSession) -> Started | None:
        """Return what an earlier start created for this key or, without a key, for this external id."""
        if wanted.key is not None:
            return self._bound(wanted.key, wanted.fingerprint, self.clock.now())
        return self._reused(wanted) if wanted.external_id else None

    # --- idempotency and reuse ---------------------------------------------------------------------

    def _key_ttl(self, key: str, fields: dict[str, Any]) -> int:
        """Return the key's lifetime in nanoseconds."""
        check_key_length(key)
        text = trim(fields.get("idempotency_key_ttl", ""))
        if not text:
            return DEFAULT_IDEMPOTENCY_KEY_TTL_SECONDS * 1_000_000_000
        if not key:
            raise bad_request("idempotency_key_ttl requires idempotency_key")
        ttl = positive_duration(text)
        if ttl is None:
            raise bad_request("idempotency_key_ttl must be a positive duration")
        return ttl

    def _bound(self, key: bytes, fingerprint: bytes, now: int) -> Started | None:
        run = self.db.one(
            "SELECT r.* FROM start_keys k JOIN runs r ON r.no = k.run_no"
            " WHERE k.digest = ? AND k.expires_at > ?",
            (key, now),
            row=RunRow,
        )
        if run is None:
            return None
        session = self._sessions.require(run["session_id"])
        if session["fingerprint"] != fingerprint:
            raise conflict(
                "idempotency_fingerprint_mismatch",
                "idempotency_key was already used with different session start parameters",
            )
        return Started(session, run, 200, replay=True)

    def _reused(self, wanted: _WantedSession) -> Started | None:
        session = self._sessions.by_external_id(wanted.external_id, wanted.environment_id)
        if session is None:
            return None
        if session["status"] != "open" or overdue(session, self.clock.now()):
            raise session_terminal()
        if session["fingerprint"] != wanted.fingerprint:
            raise conflict("session_fingerprint_mismatch", "session start fingerprint mismatch")
        run = self._sessions.current_run(session)
        if run is None:
            raise conflict("session_has_no_current_run")
        return Started(session, run, 200)

    def _bind(self, wanted: _WantedSession, run_no: int, now: int) -> Started | None:
        """Bind the key of the start, if it has one, to the run; return what it is bound to already."""
        if wanted.key is None or self.db.execute(
            "INSERT INTO start_keys VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
            " SET run_no = excluded.run_no, expires_at = excluded.expires_at WHERE expires_at <= ?",
            (wanted.key, run_no, add_nanoseconds(now, wanted.key_ttl), now),
        ):
            return None
        # At the same instant: the key may expire at the next one.
        return self._bound(wanted.key, wanted.fingerprint, now)

    # --- the task and its options ------------------------------------------------------------------

    def _options(self, environment: str, task: TaskRow, fields: dict[str, Any]) -> RunOptions:
        self._refuse_missing_secrets(environment, task)
        return self.run_options(task, fields)

    def _refuse_missing_secrets(self, environment: str, task: TaskRow) -> None:
        missing = self.context.secrets.missing(environment, jsontext.python(task["secrets"]))
        if missing is not None:
            raise bad_request(f"secret {quote(missing)} is unavailable: no rows in result set")

    def run_options(self, task: TaskRow, fields: dict[str, Any]) -> RunOptions:
        """Return the options of a run of the task, from the fields of a start or the options of a schedule.

        Raises:
            ApiError: 400 if one of them is invalid, or the task's deployment does not declare the queue.
        """
        seconds = _max_duration(fields)
        retry = check_retry(fields["retry"]) if "retry" in fields else None
        queue = _queue_name(fields)
        concurrency_key = trim(fields.get("concurrency_key", ""))
        if size(concurrency_key) > MAX_CONCURRENCY_KEY_BYTES:
            raise bad_request(f"concurrency_key must be {MAX_CONCURRENCY_KEY_BYTES} characters or less")
        no_nul(concurrency_key, "concurrency_key")
        ttl = trim(fields.get("ttl", "")) or task["ttl"]
        nanoseconds = positive_duration(ttl) if ttl else None
        if ttl and nanoseconds is None:
            raise bad_request("ttl must be a positive duration")
        if queue is not None and not self._declared(task["deployment_id"], queue):
            raise bad_request(f"queue {quote(queue)} is not declared in the selected deployment")
        return RunOptions(
            max_duration_seconds=seconds,
            retry=retry,
            queue=queue,
            concurrency_key=concurrency_key,
            priority=fields.get("priority", 0),
            ttl=ttl,
            ttl_deadline=None if nanoseconds is None else add_nanoseconds(self.clock.now(), nanoseconds),
        )

    def _declared(self, deployment_id: str, queue: str) -> bool:
        return (
            self.db.one(
                "SELECT 1 FROM deployment_tasks WHERE deployment_id = ? AND queue_name = ? LIMIT 1",
                (deployment_id, queue),
            )
            is not None
        )

    # --- creation ----------------------------------------------------------------------------------

    def _create(
        self, wanted: _WantedSession, task: TaskRow, payload: str, options: RunOptions, versions: Versions
    ) -> Started:
        """Create the session and its first run, or return what the key or the external id belongs to.

        Raises:
            ApiError: A check fails. Nothing has been changed then, unless a listener rejects the start, so
                the other changes in the transaction are not repeated.
        """
        db, now = self.db, self.clock.now()
        with db.transaction():
            if wanted.external_id:
                reused = self._reused(wanted)
                if reused is not None:
                    self._bind(wanted, reused.run["no"], now)
                    return reused
            sandbox, attached = self._compatible(wanted, task)
            run_no = self._runs.next_no()
            bound = self._bind(wanted, run_no, now)
            if bound is not None:
                return bound
            self.context.signals.session_starting(wanted.environment_id, task)
            if attached is None:
                workspace = self._workspaces.create_mounted(
                    sandbox, wanted.environment_id, wanted.project_id, now
                )
            else:
                workspace = attached
                self._workspaces.mount_for_run(workspace, now)
            session: SessionRow = {
                "id": new_id(),
                "environment_id": wanted.environment_id,
                "project_id": wanted.project_id,
                "task_id": task["task_id"],
                "initial_deployment_id": task["deployment_id"],
                "active_deployment_id": task["deployment_id"],
                "external_id": wanted.external_id or None,
                "status": "open",
                "current_run_id": None,
                "workspace_id": workspace["id"],
                "metadata": wanted.metadata,
                "tags": wanted.tags,
                "error": None,
                "terminal_reason": "{}",
                "fingerprint": wanted.fingerprint,
                "expires_at": wanted.expires_at,
                "expired_at": None,
                "created_at": now,
                "updated_at": now,
            }
            run = self._runs.create(
                run_no, session, task, payload=payload, now=now, options=options, versions=versions
            )
            session["current_run_id"] = run["id"]
            db.add("sessions", session)
        return Started(session, run, 201)

    def _compatible(self, wanted: _WantedSession, task: TaskRow) -> tuple[SandboxRow, WorkspaceRow | None]:
        """Return the task's sandbox, and the workspace that the request names, if it names one.

        Raises:
            ApiError: 409 if the workspace cannot be used for this task.
        """
        sandbox = self._workspaces.sandbox(
            wanted.environment_id, task["deployment_id"], self.context.catalog.sandbox_of(task["task_id"])
        )
        if not wanted.workspace_id:
            return sandbox, None
        found = self._workspaces.get(parse_uuid(wanted.workspace_id) or "", wanted.environment_id)
        if (
            found is None
            or found["state"] != "active"
            or found["sandbox_id"] != sandbox["sandbox_id"]
            or found["sandbox_fingerprint"] != sandbox["fingerprint"]
        ):
            raise conflict(
                "workspace_sandbox_incompatible", "workspace sandbox is incompatible with this task"
            )
        return sandbox, found


# The rules of the schema for these fields are among those of a start, so most starts need no other check.
_CHECKED = frozenset({"task_id", "payload", "external_id", "idempotency_key", "tags"})


def _not_accepted(field: str) -> str:
    return f"{'options wrapper' if field == 'options' else field} is not accepted for session start"


def _max_duration(fields: dict[str, Any]) -> int | None:
    seconds: int = fields.get("max_duration_seconds", 0)
    if seconds == 0:
        return None
    if seconds < MAX_DURATION_MIN_SECONDS:
        raise bad_request(f"max_duration_seconds must be >= {MAX_DURATION_MIN_SECONDS}")
    if seconds > MAX_DURATION_MAX_SECONDS:
        raise bad_request(f"max_duration_seconds must be <= {MAX_DURATION_MAX_SECONDS}")
    return seconds


def _queue_name(fields: dict[str, Any]) -> str | None:
    if "queue" not in fields:
        return None
    queue = trim(fields["queue"].get("name", ""))
    if not queue:
        raise bad_request("queue name is required")
    if not QUEUE_NAME.fullmatch(queue):
        raise bad_request(f"queue name {quote(queue)} must match {QUEUE_NAME_PATTERN}")
    return queue


def _fingerprint(task_id: str, external_id: str, workspace_id: str, fields: dict[str, Any]) -> bytes:
    """Return a digest of the fields that make two starts equal; metadata, tags and the key are not among
    them.
    """
    queue: dict[str, Any] = fields.get("queue") or {}
    parts: list[Any] = [
        task_id,
        external_id,
        workspace_id,
        fields.get("payload", {}),
        fields.get("expires_at"),
        trim(queue.get("name", "")),
        trim(fields.get("concurrency_key", "")),
        fields.get("priority", 0),
        trim(fields.get("ttl", "")),
        fields.get("max_duration_seconds", 0),
        [fields["retry"]] if "retry" in fields else [],
    ]
    return hashlib.sha256(jsontext.canonical(parts)).digest()
