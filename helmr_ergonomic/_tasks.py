"""Task definitions: an id, types, and defaults. A definition makes no requests; `sessions.start` takes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final, Generic, Literal, TypeAlias, TypedDict, TypeVar, Unpack, overload

from helmr_api.constants import (
    MAX_DURATION_DEFAULT_SECONDS,
    MAX_DURATION_MAX_SECONDS,
    MAX_DURATION_MIN_SECONDS,
    QUEUE_NAME_PATTERN,
    SECRET_NAME_PATTERN,
    TASK_ID_PATTERN,
)

from ._public import public
from ._types import JSON, AnyType
from ._values import Value
from .codecs import Codec, DataType, SpecialForm, codec_for, early_codec_for
from .durations import Duration, duration_text, parse_duration
from .errors import ArgumentError, DefinitionError, OutputValidationError, PayloadValidationError

__all__ = ["MISSING", "AnyTask", "RetryBackoff", "RetryPolicy", "Task", "task"]

PayloadT = TypeVar("PayloadT")
OutputT = TypeVar("OutputT")
P = TypeVar("P")
O = TypeVar("O")  # noqa: E741  the letter beside P; it stands for a type, and only in signatures

SECOND: Final = timedelta(seconds=1)


class Missing:
    """The type of `MISSING`, which marks an argument as not given where `None` is a valid value."""

    def __repr__(self) -> str:
        return "MISSING"

    def __reduce__(self) -> str:
        return "MISSING"  # copying and unpickling return the same object

    def __bool__(self) -> Literal[False]:
        return False


MISSING: Final = Missing()


class RetryBackoff(Value):
    """How long to wait before the next attempt: `min(max_ms, min_ms * factor ** (attempt - 1))`.

    `min_ms` and `max_ms` are positive whole milliseconds (the server's defaults: 1000 and 30000), `factor` is
    above 0 (default 2), `jitter` is `"full"` (a random part of the delay, the default) or `"none"`.

    Raises `DefinitionError` for anything else.
    """

    __slots__ = ("factor", "jitter", "max_ms", "min_ms")

    def __init__(
        self,
        *,
        min_ms: int | None = None,
        max_ms: int | None = None,
        factor: float | None = None,
        jitter: Literal["none", "full"] | None = None,
    ) -> None:
        for name, value in (("minMs", min_ms), ("maxMs", max_ms)):
            if value is not None and not (_is_int(value) and value > 0):
                raise DefinitionError(f"retry.backoff.{name} must be a positive integer, got {value!r}")
        if factor is not None and not (
            (_is_int(factor) or isinstance(factor, float)) and 0 < factor < float("inf")
        ):
            raise DefinitionError(f"retry.backoff.factor must be a positive number, got {factor!r}")
        if jitter not in (None, "none", "full"):
            raise DefinitionError(f'retry.backoff.jitter must be "none" or "full", got {jitter!r}')
        self.min_ms: int | None = min_ms
        self.max_ms: int | None = max_ms
        self.factor: float | None = factor
        self.jitter: Literal["none", "full"] | None = jitter

    def to_wire(self) -> dict[str, JSON]:
        """Return the backoff in the contract's JSON form, without unset fields.

        >>> RetryBackoff(min_ms=200, jitter="none").to_wire()
        {'minMs': 200, 'jitter': 'none'}
        """
        fields = {"minMs": self.min_ms, "maxMs": self.max_ms, "factor": self.factor, "jitter": self.jitter}
        return {name: value for name, value in fields.items() if value is not None}

    def __repr__(self) -> str:
        fields = ((name, getattr(self, name)) for name in ("min_ms", "max_ms", "factor", "jitter"))
        given = (f"{name}={value!r}" for name, value in fields if value is not None)
        return f"RetryBackoff({', '.join(given)})"


class RetryPolicy(Value):
    """A policy for retrying failed runs: `RetryPolicy(3)`, `RetryPolicy.disabled()`.

    `max_attempts` counts all attempts; the server limits it. Raises `DefinitionError` for
    anything but an integer.

    >>> RetryPolicy(3, backoff=RetryBackoff(min_ms=200)).to_wire()
    {'maxAttempts': 3, 'backoff': {'minMs': 200}}
    """

    __slots__ = ("backoff", "enabled", "max_attempts")

    def __init__(self, max_attempts: int, *, backoff: RetryBackoff | None = None) -> None:
        if not _is_int(max_attempts):
            raise DefinitionError(f"retry.maxAttempts must be an integer, got {max_attempts!r}")
        if backoff is not None and not isinstance(backoff, RetryBackoff):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
            raise DefinitionError(f"retry.backoff must be a RetryBackoff, not {type(backoff).__name__}")
        self.enabled: bool = True
        self.max_attempts: int | None = max_attempts
        self.backoff: RetryBackoff | None = backoff

    @classmethod
    def disabled(cls) -> RetryPolicy:
        """Return the policy that never retries; the default for a task without a policy.

        >>> RetryPolicy.disabled()
        RetryPolicy.disabled()
        """
        policy = cls(1)
        policy.enabled = False
        policy.max_attempts = None
        return policy

    def to_wire(self) -> dict[str, JSON]:
        """Return the policy in the contract's JSON form.

        >>> RetryPolicy.disabled().to_wire()
        {'enabled': False}
        """
        if not self.enabled:
            return {"enabled": False}
        wire: dict[str, JSON] = {"maxAttempts": self.max_attempts}
        if self.backoff is not None:
            wire["backoff"] = self.backoff.to_wire()
        return wire

    def __repr__(self) -> str:
        if not self.enabled:
            return "RetryPolicy.disabled()"
        backoff = f", backoff={self.backoff!r}" if self.backoff is not None else ""
        return f"RetryPolicy({self.max_attempts}{backoff})"


class Task(Generic[PayloadT, OutputT]):
    """A task's id, the types of its payload and output, and its defaults. Made by `task(...)`.

    It has no methods that make requests: pass it to `sessions.start`.
    """

    def __init__(
        self,
        id: str,
        *,
        payload_type: AnyType,
        output_type: AnyType,
        secrets: tuple[str, ...],
        max_duration: timedelta | None,
        queue: str | None,
        concurrency_limit: int | None,
        ttl: str | None,
        retry: RetryPolicy | None,
    ) -> None:
        self.id: str = id
        self.payload_type: AnyType = payload_type
        self.output_type: AnyType = output_type
        self.secrets: tuple[str, ...] = secrets
        self.max_duration: timedelta | None = max_duration
        self.queue: str | None = queue
        self.concurrency_limit: int | None = concurrency_limit
        self.ttl: str | None = ttl
        self.retry: RetryPolicy | None = retry
        # The codec of a type that refers to a class defined later is created on first use.
        self._payload_codec: Codec[PayloadT] | None = early_codec_for(payload_type, self._payload)
        self._output_codec: Codec[OutputT] | None = early_codec_for(output_type, self._output)

    @property
    def _payload(self) -> str:
        return f'task "{self.id}" payload'

    @property
    def _output(self) -> str:
        return f'task "{self.id}" output'

    @property
    def max_duration_seconds(self) -> int:
        """The task's maximum duration in whole seconds; 900 when it declares none."""
        return MAX_DURATION_DEFAULT_SECONDS if self.max_duration is None else self.max_duration // SECOND

    @property
    def payload_codec(self) -> Codec[PayloadT]:
        """Converts payloads to JSON and back."""
        if self._payload_codec is None:
            self._payload_codec = codec_for(self.payload_type, self._payload)
        return self._payload_codec

    @property
    def output_codec(self) -> Codec[OutputT]:
        """Converts outputs to JSON and back."""
        if self._output_codec is None:
            self._output_codec = codec_for(self.output_type, self._output)
        return self._output_codec

    def parse_payload(self, raw: JSON) -> PayloadT:
        """Check a payload from outside, and return it in the task's type.

        `raw` is JSON text (`str` or `bytes`), or an already parsed value. Pass a payload that *is* a
        string as JSON text, or use `decode_payload`.

        Raises `PayloadValidationError`, with the path of each invalid value.

        >>> task("greet", payload=dict[str, int]).parse_payload('{"times": 2}')
        {'times': 2}
        """
        if isinstance(raw, (str, bytes, bytearray)):
            from .codecs import parse_json

            raw = parse_json(raw, label=self._payload)
        return self.decode_payload(raw)

    def decode_payload(self, raw: JSON) -> PayloadT:
        """Check a payload in the form of parsed JSON, and return it in the task's type. For a task
        without a payload, it is `None`.

        Raises `PayloadValidationError`, with the path of each invalid value.

        >>> task("greet", payload=dict[str, str]).decode_payload({"name": "you"})
        {'name': 'you'}
        """
        if self.payload_type is None:
            if raw is not None and raw != {}:
                raise self._payload_error("does not accept payload")
            raw = None
        return self.payload_codec.decode(
            raw, label=self._payload, root="payload", error=PayloadValidationError
        )

    def encode_payload(self, value: object) -> JSON:
        """Convert a payload to plain JSON values, and check it against the task's type.

        `MISSING` means that none was given. Raises `PayloadValidationError` when the value does not match the
        type, when a required payload is missing, and when the task takes none.

        >>> task("greet", payload=dict[str, str]).encode_payload({"name": "you"})
        {'name': 'you'}
        """
        if self.payload_type is None:
            if value is None or value is MISSING:
                return MISSING
            raise self._payload_error("does not accept payload")
        if value is MISSING:
            raise self._payload_error("requires payload")
        return self.payload_codec.encode(
            value, label=self._payload, root="payload", error=PayloadValidationError
        )

    def decode_output(self, raw: JSON) -> OutputT:
        """Convert a run's output to the task's type. Raises `OutputValidationError`, with paths, if it does
        not match.

        >>> task("greet", output=str).decode_output("hello")
        'hello'
        """
        return self.output_codec.decode(raw, label=self._output, root="output", error=OutputValidationError)

    def encode_output(self, value: OutputT) -> JSON:
        """Convert an output to plain JSON values. Raises `OutputValidationError`, with paths, if it does not
        match.

        >>> task("greet", output=str).encode_output("hello")
        'hello'
        """
        return self.output_codec.encode(value, label=self._output, root="output", error=OutputValidationError)

    def _payload_error(self, what: str) -> PayloadValidationError:
        return PayloadValidationError(self._payload, message=f'task "{self.id}" {what}')

    def __reduce__(self) -> tuple[object, ...]:
        options = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        made: partial[Task[PayloadT, OutputT]] = partial(Task, **options)
        return made, ()  # codecs are not pickled

    def __repr__(self) -> str:
        return f"Task({self.id!r})"


AnyTask: TypeAlias = Task[Any, Any]
"""A task with any payload and output types."""


class _TaskOptions(TypedDict, total=False):
    """Options of a task besides its types: the arguments of `task` below."""

    secrets: Sequence[str]
    max_duration: Duration | None
    queue: str | None
    concurrency_limit: int | None
    ttl: Duration | None
    retry: RetryPolicy | None


@overload
def task(
    id: str, *, payload: DataType[P], output: DataType[O], **options: Unpack[_TaskOptions]
) -> Task[P, O]: ...
@overload
def task(
    id: str, *, payload: DataType[P], output: None = None, **options: Unpack[_TaskOptions]
) -> Task[P, Any]: ...
@overload
def task(
    id: str, *, payload: None = None, output: DataType[O], **options: Unpack[_TaskOptions]
) -> Task[None, O]: ...
@overload
def task(
    id: str, *, payload: None = None, output: None = None, **options: Unpack[_TaskOptions]
) -> Task[None, Any]: ...
@overload
def task(
    id: str,
    *,
    payload: SpecialForm | None = None,
    output: SpecialForm | None = None,
    **options: Unpack[_TaskOptions],
) -> AnyTask: ...
def task(
    id: str,
    *,
    payload: AnyType = None,
    output: AnyType = None,
    secrets: Sequence[str] = (),
    max_duration: Duration | None = None,
    queue: str | None = None,
    concurrency_limit: int | None = None,
    ttl: Duration | None = None,
    retry: RetryPolicy | None = None,
) -> AnyTask:
    """Define a task: its id, the types of its payload and output, and its defaults.

    Args:
        id: the task's id in the deployment, `^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`.
        payload: the payload's type, or a validator; left out if the task takes none. A type is a msgspec
            Struct, dataclass, attrs class, TypedDict, named tuple, pydantic model, built-in type, or made of
            these; a validator is a function that returns the parsed value, an object that follows Standard
            Schema, or a `pydantic.TypeAdapter`.
        output: the output's type, in the same forms; left out for any JSON.
        secrets: names of the secrets the task needs. They are never part of a payload.
        max_duration: how long one attempt may execute: whole seconds, 5 s to 24 h; 15 min by default.
        queue: the queue its runs wait in, `^[A-Za-z0-9][A-Za-z0-9._/-]{0,255}$`; `task/<id>` when left out.
        concurrency_limit: the maximum number of active runs in the queue; unlimited by default.
        ttl: how long a run may wait to be started before it expires; forever by default.
        retry: whether and how failed attempts are retried; not at all by default.

    Raises:
        DefinitionError: an argument is not allowed by the contract, or values of a type do not survive a
            round trip through JSON. A type that contains an undefined name is checked on first use.

    >>> task("review-pull-request", payload=dict[str, str], max_duration=timedelta(minutes=15))
    Task('review-pull-request')
    """
    if not _matches(TASK_ID_PATTERN, id):
        raise DefinitionError(f"task id must match {TASK_ID_PATTERN}: {id!r}")
    longest = None if max_duration is None else max_duration_seconds(max_duration, "task max_duration")
    if queue is not None and not _matches(QUEUE_NAME_PATTERN, queue):
        raise DefinitionError(f'task "{id}" queue must match {QUEUE_NAME_PATTERN}: {queue!r}')
    if concurrency_limit is not None and not (_is_int(concurrency_limit) and concurrency_limit > 0):
        raise DefinitionError(f'task "{id}" concurrency_limit must be a positive integer')
    if isinstance(secrets, str) or not isinstance(secrets, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise DefinitionError(f'task "{id}" secrets must be a list of names, got {type(secrets).__name__}')
    secrets = tuple(secrets)
    for name in secrets:
        if not _matches(SECRET_NAME_PATTERN, name):
            raise DefinitionError(f'task "{id}" secret name must match {SECRET_NAME_PATTERN}: {name!r}')
        if secrets.count(name) > 1:
            raise DefinitionError(f'task secrets contains duplicate secret "{name}"')
    return Task(
        id,
        payload_type=payload,
        output_type=output,
        secrets=secrets,
        max_duration=None if longest is None else timedelta(seconds=longest),
        queue=queue,
        concurrency_limit=concurrency_limit,
        ttl=None if ttl is None else duration_text(ttl, f'task "{id}" ttl'),
        retry=None if retry is None else checked_retry(retry),
    )


def _matches(pattern: str, value: object) -> bool:
    import re

    return isinstance(value, str) and re.fullmatch(pattern[1:-1], value) is not None


def max_duration_seconds(value: Duration, what: str) -> int:
    """Convert a maximum duration to whole seconds. Raises `DefinitionError` unless it is 5 s to 24 h."""
    if isinstance(value, str):
        try:
            value = parse_duration(value, what)
        except ArgumentError as error:
            raise DefinitionError(str(error)) from None
    least, most = MAX_DURATION_MIN_SECONDS, MAX_DURATION_MAX_SECONDS
    if not isinstance(value, timedelta) or value % SECOND or not least <= value // SECOND <= most:  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise DefinitionError(
            f'{what} must be a timedelta, or a string such as "15m", of whole seconds between {least} and '
            f"{most}, got {value!r}"
        )
    return value // SECOND


def checked_retry(value: object) -> RetryPolicy:
    """Return a retry policy. Raises `DefinitionError` for anything else."""
    if not isinstance(value, RetryPolicy):
        raise DefinitionError(f"retry must be a RetryPolicy, not {type(value).__name__}")
    return value


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


public(RetryBackoff, RetryPolicy, Task, task)
