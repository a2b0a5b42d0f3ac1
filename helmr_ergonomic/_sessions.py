"""Session snapshots, addressing (id or external id), and the start request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import (
    Final,
    Literal,
    NamedTuple,
    Protocol,
    TypeAlias,
    TypedDict,
    TypeVar,
    cast,
)

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
StartT = TypeVar("StartT", models.SessionStartRequest, models.SessionStartAndWaitRequest)

SessionStatus: TypeAlias = Literal["open", "closed", "cancelled", "expired"]
"""The statuses the contract knows; a newer server may send others."""


class Addressed(Protocol):
    """A handle for a session."""

    @property
    def address(self) -> Address:
        """Where the session is."""
        ...


SessionRef: TypeAlias = str | HasId | Addressed
"""A session's id, or anything that stands for the session: a snapshot, a handle."""

_LOOKS_EXTERNAL: Final = frozenset(":/#@")
"""No id of a session has these characters; external ids often do."""


class SessionSnapshot(Bound, models.Session):
    """A session as it was when the server responded."""

    __slots__ = ()

    @property
    def is_open(self) -> bool:
        """Whether it still accepts input."""
        return self.status == "open"


class Address(NamedTuple):
    """One session, by its id or by its external id."""

    id: str | None
    external_id: str | None

    def of(self, method: Callable[..., T]) -> Callable[..., T]:
        """A method or function that takes one of the two ids, for this session."""
        return partial(method, self.id, external_id=self.external_id)


def address(session: SessionRef | None, external_id: str | None) -> Address:
    """The address of a session. Exactly one of the two must be given; `ArgumentError` otherwise."""
    if session is None and external_id is not None:
        return Address(None, checked_external_id(external_id))
    if session is None or external_id is not None:
        raise ArgumentError("give either a session (id or object) or external_id=...")
    if isinstance(session, str) and _LOOKS_EXTERNAL & set(session):
        # Not shown: a callback URL given by mistake holds a secret.
        raise ArgumentError("session is not the id of a session: for its external id, give external_id=...")
    known = getattr(session, "address", None)
    if isinstance(known, Address):
        return known
    return Address(id_of(cast("str | HasId", session), "session"), None)


def check_external_id_of(function: Callable[[T], str] | None) -> None:
    """Raises `ArgumentError` for what is not a function."""
    if function is not None and not callable(function):  # pyright: ignore[reportUnnecessaryComparison]  callers may be untyped
        raise ArgumentError("external_id must be a function that returns the external id for a payload")


def external_id_of(function: Callable[[T], str] | None, payload: T) -> str | None:
    """The external id that the caller's function returns for a payload; `None` without a function.

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
    """Options that several starts may share."""

    workspace_id: str | None
    """An existing workspace to work in; a new one when left out."""
    metadata: JSONObject | None
    """Your own data, a JSON object."""
    tags: Sequence[str] | None
    """Labels of the session and its run."""
    queue: str | None
    """The queue to wait in, instead of the task's."""
    concurrency_key: str | None
    """Runs with one key count together against the queue's limit."""
    priority: int | None
    """Higher is served first; 0 when left out."""
    ttl: Duration | None
    """How long the run may wait to be started before it expires, instead of the task's."""
    max_duration: Duration | None
    """How long an attempt may execute, whole seconds from 5 s to 24 h, instead of the task's."""
    retry: RetryPolicy | None
    """Whether and how failed attempts are repeated, instead of the task's policy."""
    expires_at: Moment | None
    """When the session expires: a `datetime` with a time zone, or an ISO 8601 string with an offset; to the
    millisecond.
    """


class StartOptions(ManyOptions, total=False):
    """Options of a start, besides task and payload."""

    external_id: str | None
    """Names the session for good: a start with the same one finds it instead of making another."""
    idempotency_key: StartKey | None
    """Names this request: repeated with the same key it starts nothing new. A string or a list of strings,
    hashed. Left out, and without an `external_id`, the request gets a key of its own.
    """
    idempotency_key_ttl: Duration | None
    """How long the key is remembered, 30 days when left out; only with a key."""


class StartAndWaitOptions(StartOptions, total=False):
    """The same for a start that waits for its run."""

    timeout_seconds: Duration | float | None
    """How long to wait: seconds, a `timedelta` or a duration string; 30 s when left out, `None` forever."""
    raise_on_timeout: bool
    """Whether to raise `WaitTimeoutError` instead of returning `timed_out`."""


_OPTION_NAMES: Final = frozenset(StartOptions.__annotations__)


def payload_label(task: AnyTask | str) -> str:
    """The name of a start's payload in messages."""
    return f'task "{task if isinstance(task, str) else task.id}" payload'


def start_request(kind: type[StartT], task: AnyTask | str, payload: JSON, options: JSONObject) -> StartT:
    """The body of a start, checked. Raises `PayloadValidationError` or `ArgumentError`; nothing is sent."""
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
        advice = ": give its .task" if isinstance(getattr(task, "task", None), Task) else ""
        raise ArgumentError(f"expected a task or a task id, not {type(task).__name__}{advice}")
    if options.get("idempotency_key") is None:
        if options.get("idempotency_key_ttl") is not None:
            raise ArgumentError("idempotency_key_ttl needs an idempotency_key")
        if options.get("external_id") is None:
            # An external id makes a start repeatable by itself. With a key beside it the server would look
            # for the session only after it has checked that the task is deployed.
            body.idempotency_key = new_key()
    return filled(body, options)


public(ManyOptions, SessionSnapshot, StartOptions)
