"""Session starts: validation, idempotency, reuse by external id, creation."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from .. import golang, jsontext
from ..errors import ApiError, bad_request, conflict, session_terminal
from ..golang import quote, trim
from ..ids import new_id, parse_uuid, uuid_complaint
from ..keys import ApiKey
from ..store import Row
from ..times import add_nanoseconds
from .core import Core
from .runs import Runs
from .sessions import Sessions
from .streams import overdue

TASK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
QUEUE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,255}", re.ASCII)
MAX_BYTES = 512
MAX_TAGS, MAX_TAG_BYTES = 10, 128
MIN_DURATION, MAX_DURATION = 5, 86_400


def size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def check_task_id(text: str) -> str:
    task_id = trim(text)
    if not TASK_ID.fullmatch(task_id):
        raise bad_request(
            f"task_id {quote(golang.printable(task_id))} must match ^[A-Za-z0-9][A-Za-z0-9._-]{{0,127}}$"
        )
    return task_id


def check_external_id(external_id: str) -> None:
    if "\0" in external_id:
        raise bad_request("external_id must not contain NUL bytes")
    if size(external_id) > MAX_BYTES:
        raise bad_request("external_id must be at most 512 bytes")


def check_key_length(key: str) -> None:
    if size(key) > MAX_BYTES:
        raise bad_request("idempotency_key must be at most 512 characters")


def check_idempotency_key(key: str) -> None:
    """The rules of a key that is stored verbatim; the key of a start is stored as a hash and may hold NUL."""
    check_key_length(key)
    no_nul(key, "idempotency_key")


def no_nul(text: str, name: str) -> None:
    """The database refuses NUL in text; the real server answers 500 or the database's words."""
    if "\0" in text:
        raise bad_request(f"{name} must not contain NUL characters")


def metadata_text(value: Any) -> str:
    """Metadata as stored."""
    if not isinstance(value, dict):
        raise bad_request("metadata must be a JSON object")
    try:
        return jsontext.stored_metadata(value)
    except jsontext.JsonError as error:
        raise bad_request(f"metadata decode failed: {error}") from None


def normalised_tags(tags: list[str]) -> list[str]:
    """Tags trimmed, without repeats, in byte order."""
    if len(tags) > MAX_TAGS:
        raise bad_request("tags must contain at most 10 items")
    chosen: set[str] = set()
    for tag in tags:
        trimmed = trim(tag)
        if not trimmed:
            raise bad_request("tags must not contain empty values")
        if size(trimmed) > MAX_TAG_BYTES:
            raise bad_request("tags must be 128 characters or less")
        no_nul(trimmed, "tags")
        chosen.add(trimmed)
    return sorted(chosen, key=lambda tag: tag.encode("utf-8", "surrogatepass"))


def tags_text(tags: list[str]) -> str:
    return jsontext.encode(tags).decode()


def _number(value: Any) -> int | float | None:
    """A number of a retry policy; None for anything else, and for a number beyond a 64-bit float."""
    number = float(bytes(value)) if isinstance(value, jsontext.Raw) else value
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        return None
    try:
        return number if math.isfinite(number) else None
    except OverflowError:  # an integer that no float can hold
        return None


def _positive_integer(value: Any) -> bool:
    """Whether it is a whole number above 0, however it is written: `3`, `3.0` and `3e0` are the same here."""
    number = _number(value)
    return number is not None and number > 0 and number == number // 1


def check_retry(value: Any) -> str:
    """A retry policy as stored."""
    if not isinstance(value, dict):
        raise bad_request("retry must be an object")
    policy = cast("dict[str, Any]", value)
    for name in policy:
        if name not in ("enabled", "maxAttempts", "backoff"):
            raise bad_request(f"retry.{name} is not supported")
    if "enabled" in policy and not isinstance(policy["enabled"], bool):
        raise bad_request("retry.enabled must be true or false")
    if policy.get("enabled") is False:
        if len(policy) > 1:
            raise bad_request("retry disabled policy must not include retry settings")
        return '{"enabled":false}'
    attempts = policy.get("maxAttempts")
    if not _positive_integer(attempts) or cast(float, _number(attempts)) > 10:
        raise bad_request("retry.maxAttempts must be an integer between 1 and 10")
    if "backoff" in policy:
        _check_backoff(policy["backoff"])
    return jsontext.stored(policy)


def _check_backoff(value: Any) -> None:
    if not isinstance(value, dict):
        raise bad_request("retry.backoff must be an object")
    backoff = cast("dict[str, Any]", value)
    for name in backoff:
        if name not in ("minMs", "maxMs", "factor", "jitter"):
            raise bad_request(f"retry.backoff.{name} is not supported")
    for name in ("minMs", "maxMs"):
        if name in backoff and not _positive_integer(backoff[name]):
            raise bad_request(f"retry.backoff.{name} must be a positive integer")
    if "factor" in backoff:
        factor = _number(backoff["factor"])
        if factor is None or factor <= 0:
            raise bad_request("retry.backoff.factor must be a positive number")
    if "jitter" in backoff and backoff["jitter"] not in ("none", "full"):
        raise bad_request('retry.backoff.jitter must be "none" or "full"')


@dataclass
class Started:
    """What a start answers with."""

    session: Row
    run: Row
    status: int
    replay: bool = False

    @property
    def is_cached(self) -> bool:
        return self.status == 200


KeyBinding = tuple[str, str, bytes]  # environment, task, digest of the key


class Claims:
    """Starts in flight, by environment, task and key: who comes second is told to come again.

    A start here is done before the next one is looked at, so that only tests hold a claim.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._until: dict[KeyBinding, int] = {}

    def take(self, key: KeyBinding) -> bool:
        now = self._core.clock.now()
        if self._until.get(key, 0) > now:
            return False
        self._until[key] = now + round(self._core.settings.start_claim * 1_000_000)
        return True

    def held(self, key: KeyBinding) -> bool:
        return self._until.get(key, 0) > self._core.clock.now()

    def release(self, key: KeyBinding) -> None:
        self._until.pop(key, None)


def key_hash(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


class Starts:
    """`POST /api/sessions`, without the HTTP."""

    def __init__(self, core: Core, runs: Runs, sessions: Sessions) -> None:
        self._core = core
        self._runs = runs
        self._sessions = sessions
        self.claims = Claims(core)

    def start(
        self,
        actor: ApiKey,
        task_id: str,
        body: dict[str, Any],
        *,
        sdk_version: str,
        cli_version: str,
        judge: Callable[[], None] = lambda: None,
    ) -> Started:
        """Start or reuse a session; the checks stand in the contract's order.

        Args:
            judge: Refuses what no check before has refused; called before anything is written.

        Raises:
            ApiError: Whatever the contract says.
        """
        key = trim(body.get("idempotency_key", ""))
        key_ttl = self._key_ttl(key, body)
        external_id = trim(body.get("external_id", ""))
        check_external_id(external_id)
        workspace_id = trim(body.get("workspace_id", ""))
        if workspace_id and parse_uuid(workspace_id) is None:
            raise bad_request(f"workspace_id is invalid: {uuid_complaint(workspace_id)}")
        metadata = metadata_text(body["metadata"]) if "metadata" in body else "{}"
        tags = normalised_tags(body.get("tags", []))
        fingerprint = _fingerprint(task_id, external_id, workspace_id, body)
        environment = actor.environment_id
        binding = (environment, task_id, key_hash(key)) if key else None

        if binding is not None:
            bound = self._bound(binding, fingerprint)
            if bound is not None:
                return bound
        elif external_id:
            reused = self._reuse(external_id, environment, fingerprint)
            if reused is not None:
                return reused

        task = self._core.catalog.current(self._core.db, environment, task_id)
        if task is None:
            raise conflict("task_not_deployed")
        options = self._options(environment, task, body)
        options["metadata"], options["tags"] = metadata, tags_text(tags)
        try:
            payload = jsontext.stored(body.get("payload", {}))
        except jsontext.JsonError as error:
            raise bad_request(f"payload cannot be stored: {error}") from None
        judge()

        if binding is not None and self.claims.held(binding):
            raise ApiError(
                202, "session_start_pending", "idempotency_pending", headers=(("Retry-After", "1"),)
            )
        return self._create(
            actor, task, external_id, workspace_id, fingerprint, payload, body, options,
            sdk_version, cli_version, binding, key_ttl,
        )  # fmt: skip

    # --- idempotency and reuse ---------------------------------------------------------------------

    def _key_ttl(self, key: str, body: dict[str, Any]) -> int:
        """The key's lifetime in nanoseconds."""
        check_key_length(key)
        text = trim(body.get("idempotency_key_ttl", ""))
        if not text:
            return round(self._core.settings.idempotency_key_ttl * 1e9)
        if not key:
            raise bad_request("idempotency_key_ttl requires idempotency_key")
        ttl = golang.positive_duration(text)
        if ttl is None:
            raise bad_request("idempotency_key_ttl must be a positive duration")
        return ttl

    def _bound(self, binding: KeyBinding, fingerprint: bytes) -> Started | None:
        row = self._core.db.one(
            "SELECT * FROM start_keys"
            " WHERE environment_id = ? AND task_id = ? AND key_hash = ? AND expires_at > ?",
            (*binding, self._core.clock.now()),
        )
        if row is None:
            return None
        if row["fingerprint"] != fingerprint:
            raise conflict(
                "idempotency_fingerprint_mismatch",
                "idempotency_key was already used with different session start parameters",
            )
        session, run = self._sessions.require(row["session_id"]), self._runs.require(row["run_id"])
        return Started(session, run, 200, replay=True)

    def _reuse(self, external_id: str, environment: str, fingerprint: bytes) -> Started | None:
        session = self._sessions.by_external_id(external_id, environment)
        if session is None:
            return None
        if session["status"] != "open" or overdue(session, self._core.clock.now()):
            raise session_terminal()
        if session["fingerprint"] != fingerprint:
            raise conflict("session_fingerprint_mismatch", "session start fingerprint mismatch")
        run = self._sessions.current_run(session)
        if run is None:
            raise conflict("session_has_no_current_run")
        return Started(session, run, 200)

    def _bind(
        self,
        binding: KeyBinding,
        fingerprint: bytes,
        session_id: str,
        run_id: str,
        now: int,
        ttl: int,
    ) -> None:
        self._core.db.execute(
            "INSERT OR REPLACE INTO start_keys VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*binding, fingerprint, session_id, run_id, add_nanoseconds(now, ttl)),
        )

    # --- the task and its options ------------------------------------------------------------------

    def _options(self, environment: str, task: Row, body: dict[str, Any]) -> dict[str, Any]:
        for name in jsontext.python(task["secrets"]):
            if name not in self._core.secrets:
                raise bad_request(f"secret {quote(name)} is unavailable: no rows in result set")
        options: dict[str, Any] = {}
        seconds = body.get("max_duration_seconds", 0)
        if seconds != 0:
            if seconds < MIN_DURATION:
                raise bad_request(f"max_duration_seconds must be >= {MIN_DURATION}")
            if seconds > MAX_DURATION:
                raise bad_request(f"max_duration_seconds must be <= {MAX_DURATION}")
            options["max_duration_seconds"] = seconds
        if "retry" in body:
            options["retry"] = check_retry(body["retry"])
        queue = None
        if "queue" in body:
            queue = trim(body["queue"].get("name", ""))
            if not queue:
                raise bad_request("queue name is required")
            if not QUEUE_NAME.fullmatch(queue):
                raise bad_request(
                    f"queue name {quote(queue)} must match ^[A-Za-z0-9][A-Za-z0-9._/-]{{0,255}}$"
                )
            options["queue"] = queue
        concurrency_key = trim(body.get("concurrency_key", ""))
        if size(concurrency_key) > MAX_BYTES:
            raise bad_request("concurrency_key must be 512 characters or less")
        no_nul(concurrency_key, "concurrency_key")
        options["concurrency_key"] = concurrency_key
        ttl = trim(body.get("ttl", ""))
        nanoseconds = golang.positive_duration(ttl or task["ttl"] or "1h")
        if nanoseconds is None:
            raise bad_request("ttl must be a positive duration")
        if ttl or task["ttl"]:
            options["ttl"] = ttl or task["ttl"]
            options["ttl_deadline"] = add_nanoseconds(self._core.clock.now(), nanoseconds)
        if queue is not None and not self._declared(task["deployment_id"], queue):
            raise bad_request(f"queue {quote(queue)} is not declared in the selected deployment")
        options["priority"] = body.get("priority", 0)
        return options

    def _declared(self, deployment_id: str, queue: str) -> bool:
        return (
            self._core.db.one(
                "SELECT 1 FROM deployment_tasks WHERE deployment_id = ? AND queue_name = ? LIMIT 1",
                (deployment_id, queue),
            )
            is not None
        )

    # --- creation ----------------------------------------------------------------------------------

    def _create(
        self,
        actor: ApiKey,
        task: Row,
        external_id: str,
        workspace_id: str,
        fingerprint: bytes,
        payload: str,
        body: dict[str, Any],
        options: dict[str, Any],
        sdk_version: str,
        cli_version: str,
        binding: KeyBinding | None,
        key_ttl: int,
    ) -> Started:
        db, now = self._core.db, self._core.clock.now()
        with db.transaction():
            if external_id:
                reused = self._reuse(external_id, actor.environment_id, fingerprint)
                if reused is not None:
                    if binding is not None:
                        self._bind(binding, fingerprint, reused.session["id"], reused.run["id"], now, key_ttl)
                    return reused
            if workspace_id:
                workspace_id = self._attach(actor.environment_id, workspace_id)
            expires_at = body.get("expires_at")
            session: dict[str, Any] = {
                "id": new_id(),
                "environment_id": actor.environment_id,
                "project_id": actor.project_id,
                "task_id": task["task_id"],
                "initial_deployment_id": task["deployment_id"],
                "active_deployment_id": task["deployment_id"],
                "external_id": external_id or None,
                "status": "open",
                "current_run_id": None,
                "workspace_id": workspace_id or new_id(),
                "metadata": options.pop("metadata"),
                "tags": options.pop("tags"),
                "error": None,
                "terminal_reason": "{}",
                "fingerprint": fingerprint,
                "expires_at": None if expires_at is None else expires_at // 1_000,
                "expired_at": None,
                "created_at": now,
                "updated_at": now,
            }
            run = self._runs.create(
                session,
                task,
                payload=payload,
                reason="initial",
                now=now,
                options=options,
                sdk_version=sdk_version,
                cli_version=cli_version,
            )
            session["current_run_id"] = run["id"]
            db.insert("sessions", session)
            if binding is not None:
                self._bind(binding, fingerprint, session["id"], run["id"], now, key_ttl)
        return Started(session, run, 201)

    def _attach(self, environment: str, workspace_id: str) -> str:
        """The workspace of an earlier session; workspaces have no other use here."""
        canonical = parse_uuid(workspace_id)
        known = self._core.db.one(
            "SELECT 1 FROM sessions WHERE environment_id = ? AND workspace_id = ? LIMIT 1",
            (environment, canonical),
        )
        if known is None or canonical is None:
            raise conflict(
                "workspace_sandbox_incompatible", "workspace sandbox is incompatible with this task"
            )
        return canonical


def _fingerprint(task_id: str, external_id: str, workspace_id: str, body: dict[str, Any]) -> bytes:
    """What makes two starts the same: neither metadata nor tags nor the key."""
    queue: dict[str, Any] = body.get("queue") or {}
    parts: dict[str, Any] = {
        "task_id": task_id,
        "payload": body.get("payload", {}),
        "external_id": external_id,
        "expires_at": body.get("expires_at"),
        "queue": trim(queue.get("name", "")),
        "concurrency_key": trim(body.get("concurrency_key", "")),
        "priority": body.get("priority", 0),
        "ttl": trim(body.get("ttl", "")),
        "max_duration_seconds": body.get("max_duration_seconds", 0),
        "workspace_id": workspace_id,
    }
    if "retry" in body:
        parts["retry"] = body["retry"]
    return hashlib.sha256(jsontext.canonical(parts)).digest()
