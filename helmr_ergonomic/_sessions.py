"""Session snapshots, addressing (id or external id), and the start request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple, Protocol, TypeAlias, TypedDict, TypeVar, cast

from helmr_api import models
from helmr_api.types import HasId, id_of

from ._models import Bound
from ._options import checked_external_id, filled
from ._public import public
from ._tasks import MISSING, AnyTask, RetryPolicy, Task
from ._types import JSON, JSONObject
from .durations import Duration
from .errors import ArgumentError
from .idempotency import StartKey, new_key
from .times import Moment

T = TypeVar("T")
StartT = TypeVar("StartT", "models.SessionStartRequest", "models.SessionStartAndWaitRequest")


class Addressed(Protocol):
    """A handle for a session."""

    @property
    def address(self) -> Address:
        """The id or external id of the session."""
        ...


SessionRef: TypeAlias = str | HasId | Addressed
"""A session's id, or an object that has it: a snapshot, a handle."""

_LOOKS_EXTERNAL: Final = frozenset(":/#@")
"""Characters that session ids never contain and external ids often do."""


class SessionSnapshot(Bound, models.Session):
    """A session as it was when the server responded."""

    __slots__ = ()

    @property
    def is_open(self) -> bool:
        """True if it still accepts input."""
        return self.status == "open"


class Address(NamedTuple):
    """One session, by its id or by its external id."""

    id: str | None
    external_id: str | None

    def of(self, method: Callable[..., T]) -> Callable[..., T]:
        """Return the variant of a method or function that takes this session's kind of id."""
        return partial(method, self.id, external_id=self.external_id)


def address(session: SessionRef | None, external_id: str | None) -> Address:
    """Return the address of a session. Raises `ArgumentError` unless exactly one argument is given."""
    if session is None and external_id is not None:
        return Address(None, checked_external_id(external_id))
    if session is None or external_id is not None:
        raise ArgumentError("pass either a session (id or object) or external_id=...")
    if isinstance(session, str) and _LOOKS_EXTERNAL & set(session):
        # The value is not shown, because it may be a callback URL passed by mistake, which has a secret.
        raise ArgumentError("session is not the id of a session: pass an external id as external_id=...")
    known = getattr(session, "address", None)
    if isinstance(known, Address):
        return known
    return Address(id_of(cast("str | HasId", session), "session"), None)


def check_external_id_of(function: Callable[[T], str] | None) -> None:
    """Raise `ArgumentError` unless it is a function."""
    if function is not None and not callable(function):  # pyright: ignore[reportUnnecessaryComparison]  callers may be untyped
        raise ArgumentError("external_id must be a function that returns the external id for a payload")


def external_id_of(function: Callable[[T], str] | None, payload: T) -> str | None:
    """Return the external id that the caller's function returns for a payload; `None` without a function.

    Raises `ArgumentError` when the function raises.
    """
    if function is None:
        return None
    try:
        return checked_external_id(function(payload))
    except ArgumentError:
        raise
    except Exception as error:
        raise ArgumentError(f"external_id raised {type(error).__name__}: {error}") from error


class ManyOptions(TypedDict, total=False):
    """The options that several starts can have in common."""

    workspace_id: str | None
    """The id of an existing workspace to work in; by default a new one."""
    metadata: JSONObject | None
    """Your own data, a JSON object."""
    tags: Sequence[str] | None
    """Labels of the session and its run."""
    queue: str | None
    """The queue that the run waits in; by default the task's queue."""
    concurrency_key: str | None
    """The queue's concurrency limit applies to each key separately."""
    priority: int | None
    """Higher priorities start first; 0 by default."""
    ttl: Duration | None
    """How long the run may wait to be started before it expires; by default the task's value."""
    max_duration: Duration | None
    """How long an attempt may execute, whole seconds from 5 s to 24 h; by default the task's value."""
    retry: RetryPolicy | None
    """Whether and how failed attempts are retried; by default the task's policy."""
    expires_at: Moment | None
    """When the session expires: a `datetime` with a time zone, or an ISO 8601 string with an offset; to the
    millisecond.
    """


class StartOptions(ManyOptions, total=False):
    """Options of a start, besides task and payload."""

    external_id: str | None
    """Names the session permanently: another start with the same external id returns this session."""
    idempotency_key: StartKey | None
    """Names this request: repeating it with the same key starts nothing new. A string or a list of strings,
    which is hashed. Without a key or an `external_id`, the request gets a new key.
    """
    idempotency_key_ttl: Duration | None
    """How long the key is remembered, 30 days by default; only valid with a key."""


class StartAndWaitOptions(StartOptions, total=False):
    """Options of a start that waits for its run."""

    timeout_seconds: Duration | float | None
    """How long to wait: seconds, a `timedelta` or a duration string; 30 s by default, `None` for no limit."""
    raise_on_timeout: bool
    """Whether to raise `WaitTimeoutError` instead of setting `timed_out`."""


_OPTION_NAMES: Final = frozenset(StartOptions.__annotations__)


def payload_label(task: AnyTask | str) -> str:
    """Return the name of a start's payload for error messages."""
    return f'task "{task if isinstance(task, str) else task.id}" payload'


def start_request(kind: type[StartT], task: AnyTask | str, payload: JSON, options: JSONObject) -> StartT:
    """Build and check the body of a start request. Raises `PayloadValidationError` or `ArgumentError`;
    nothing is sent."""
    for name in options:
        if name not in _OPTION_NAMES:
            advice = "; start_and_wait has timeout_seconds" if name == "timeout" else ""
            raise TypeError(f"a start got an unexpected option {name!r}{advice}")
    if isinstance(task, str):
        if not task.strip():
            raise ArgumentError("the task id must not be empty")
        body = kind(task_id=task)
        if payload is not MISSING:
            from .codecs import json_value

            body.payload = json_value(payload, label=payload_label(task))
    elif isinstance(task, Task):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        encoded = task.encode_payload(payload)
        body = kind(task_id=task.id, max_duration_seconds=task.max_duration_seconds)
        if encoded is not MISSING:
            body.payload = encoded
    else:
        advice = ": pass its .task" if isinstance(getattr(task, "task", None), Task) else ""
        raise ArgumentError(f"expected a task or a task id, not {type(task).__name__}{advice}")
    if options.get("idempotency_key") is None:
        if options.get("idempotency_key_ttl") is not None:
            raise ArgumentError("idempotency_key_ttl needs an idempotency_key")
        if options.get("external_id") is None:
            # An external id alone makes a start safe to repeat. With a key as well, the server would look for
            # the session only after checking that the task is deployed.
            body.idempotency_key = new_key()
    return filled(body, options)


public(ManyOptions, SessionSnapshot, StartOptions)
