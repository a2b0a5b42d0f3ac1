"""Session snapshots, addressing (id or external id), and the start request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import (
    TYPE_CHECKING,
    Any,
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
from helmr_api.arguments import refuse_secret

from ._public import public
from ._tasks import MISSING, RetryPolicy, Task, max_duration_seconds
from ._validation import HasId, checked, checked_string, identifier, listed
from .durations import Duration, duration_text
from .errors import ArgumentError
from .idempotency import StartKey, new_key, start_key_value
from .times import Moment, to_datetime

if TYPE_CHECKING:
    from helmr_api.types import Request

__all__ = [
    "Address",
    "Session",
    "SessionRef",
    "SessionSnapshot",
    "SessionStatus",
    "StartOptions",
]

T = TypeVar("T")
StartT = TypeVar("StartT", models.SessionStartRequest, models.SessionStartAndWaitRequest)

SessionStatus: TypeAlias = Literal["open", "closed", "cancelled", "expired"]
"""The statuses the contract knows; a newer server may send others."""


class Addressed(Protocol):
    """A handle on a session."""

    @property
    def address(self) -> Address:
        """Where the session is."""
        ...


SessionRef: TypeAlias = str | HasId | Addressed
"""A session's id, or anything that stands for the session: a snapshot, a handle."""

MAX_BYTES: Final = 512
_LOOKS_EXTERNAL: Final = frozenset(":/#@")
"""No id of a session has these characters; external ids often do."""


class Session(models.Session):
    """A session as it was when the server responded."""

    __slots__ = ()

    @property
    def is_open(self) -> bool:
        """Whether it still takes input."""
        return self.status == "open"


SessionSnapshot: TypeAlias = Session
"""The former name of `Session`."""


class Address(NamedTuple):
    """One session, by its id or by its external id."""

    id: str | None
    external_id: str | None

    def request(
        self,
        by_id: Callable[..., Request[T]],
        by_external_id: Callable[..., Request[T]],
        *arguments: Any,
        **named: Any,
    ) -> Request[T]:
        """The request for it, by that one of two operations which takes the id that there is.

        The arguments are those that both operations take. Raises `ArgumentError` for a wrong one.
        """
        if self.id is not None:
            return checked(by_id)(self.id, *arguments, **named)
        return checked(by_external_id)(*arguments, external_id=self.external_id, **named)


def address(session: SessionRef | None, external_id: str | None) -> Address:
    """The address of a session. Exactly one of the two has to be given; `ArgumentError` otherwise."""
    if (session is None) == (external_id is None):
        raise ArgumentError("give either a session (id or object) or external_id=...")
    if session is not None:
        if isinstance(session, str) and _LOOKS_EXTERNAL & set(session):
            raise ArgumentError(
                f"{session!r:.200} is not the id of a session: for its external id, give external_id=..."
            )
        known = getattr(session, "address", None)
        return (
            known
            if isinstance(known, Address)
            else Address(identifier(cast("str | HasId", session), "session"), None)
        )
    return Address(None, checked_external_id(cast(str, external_id)))


def checked_external_id(external_id: str) -> str:
    """A trimmed external id. Raises `ArgumentError` when it is no text, blank, too long or holds NUL."""
    if not isinstance(external_id, str):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ArgumentError(f"external_id must be a text, not {type(external_id).__name__}")
    trimmed = external_id.strip()
    if not trimmed:
        raise ArgumentError("session external_id must not be empty")
    if "\x00" in trimmed:
        raise ArgumentError("external_id must not contain NUL bytes")
    if len(trimmed.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise ArgumentError(f"external_id must be at most {MAX_BYTES} bytes")
    refuse_secret(trimmed, "external_id", may_be_url=True)
    return trimmed


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
    """What many starts may have in common."""

    workspace_id: str | None
    """An existing workspace to work in; a new one when left out."""
    metadata: Mapping[str, Any] | None
    """Your own data, a JSON object."""
    tags: Sequence[str] | None
    """At most 10 tags of at most 128 bytes."""
    queue: str | None
    """The queue to wait in, instead of the task's."""
    concurrency_key: str | None
    """Runs with one key count together against the queue's limit (512 bytes)."""
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
    """What a start may say beside task and payload."""

    external_id: str | None
    """Names the session for good: a start with the same one finds it instead of making another (512
    bytes).
    """
    idempotency_key: StartKey | None
    """Names this request: repeated with the same key it starts nothing new. A string or a list of strings,
    hashed. Left out, and without an `external_id`, the request gets a key of its own.
    """
    idempotency_key_ttl: Duration | None
    """How long the key is remembered, 30 days when left out; only with a key."""


_OPTION_NAMES: Final = frozenset(StartOptions.__annotations__)


def payload_label(task: Task[Any, Any] | str) -> str:
    """What messages call the payload of a start."""
    return f'task "{task if isinstance(task, str) else task.id}" payload'


def start_request(
    kind: type[StartT], task: Task[Any, Any] | str, payload: Any, options: Mapping[str, Any]
) -> StartT:
    """The body of a start, checked. Raises `PayloadValidationError` or `ArgumentError`; nothing is sent."""
    for name in options:
        if name not in _OPTION_NAMES:
            raise TypeError(f"sessions.start got an unexpected option {name!r}")
    given = {name: value for name, value in options.items() if value is not None}
    if isinstance(task, str):
        if not task.strip():
            raise ArgumentError("the task id must not be empty")
        body = kind(task_id=task)
        if payload is not MISSING:
            from .codecs import json_value

            body.payload = json_value(payload, label=f'task "{task}" payload')
    elif isinstance(task, Task):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        encoded = task.encode_payload(payload)
        body = kind(task_id=task.id, max_duration_seconds=task.max_duration_seconds)
        if encoded is not MISSING:
            body.payload = encoded
    else:
        raise ArgumentError(f"a task or a task id is needed, not {type(task).__name__}")
    key = given.get("idempotency_key")
    if key is not None:
        body.idempotency_key = start_key_value(key)
    elif "external_id" not in given:
        # An external id makes a start repeatable by itself. With a key beside it the server would look for
        # the session only after it has checked that the task is deployed.
        body.idempotency_key = new_key()
    if "idempotency_key_ttl" in given:
        if key is None:
            raise ArgumentError("idempotency_key_ttl needs an idempotency_key")
        body.idempotency_key_ttl = duration_text(given["idempotency_key_ttl"], "idempotency_key_ttl")
    if "external_id" in given:
        body.external_id = checked_external_id(given["external_id"])
    if "workspace_id" in given:
        body.workspace_id = identifier(given["workspace_id"], "workspace_id")
    if "metadata" in given:
        body.metadata = metadata_object(given["metadata"])
    if "tags" in given:
        body.tags = checked_tags(given["tags"])
    if "queue" in given:
        body.queue = models.QueueSelection(name=given["queue"])
    if "concurrency_key" in given:
        body.concurrency_key = given["concurrency_key"]
    if "priority" in given:
        body.priority = given["priority"]
    if "ttl" in given:
        body.ttl = duration_text(given["ttl"], "ttl")
    if "max_duration" in given:
        body.max_duration_seconds = max_duration_seconds(given["max_duration"], "max_duration")
    if "retry" in given:
        if not isinstance(given["retry"], RetryPolicy):
            raise ArgumentError(f"retry must be a RetryPolicy, not {type(given['retry']).__name__}")
        body.retry = models.RetryPolicy.from_dict(given["retry"].to_wire())
    if "expires_at" in given:
        body.expires_at = to_datetime(given["expires_at"], "expires_at")
    return body


def metadata_object(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The caller's metadata as a JSON object. Raises `ArgumentError` when it is not one."""
    from .codecs import json_value

    value = json_value(metadata, label="metadata", root="metadata")
    if not isinstance(value, dict):
        raise ArgumentError("metadata must be a JSON object")
    return cast("dict[str, Any]", value)


def checked_tags(tags: Sequence[str]) -> list[str]:
    """Tags that the server takes. Raises `ArgumentError` for more than 10, and for blank or overlong ones."""
    if isinstance(tags, str):
        raise ArgumentError("tags must be a list of texts, not one text")
    found = listed(tags, "tags")
    if len(found) > 10:
        raise ArgumentError("tags must contain at most 10 items")
    for tag in found:
        if not checked_string(tag, "each of tags").strip():
            raise ArgumentError("tags must not contain empty values")
        if len(tag.strip().encode("utf-8", "surrogatepass")) > 128:
            raise ArgumentError("tags must be 128 bytes or less")
    return found


public(ManyOptions, Session, StartOptions)
