# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model
from ..types import UNSET

if TYPE_CHECKING:
    from ..models.queue_selection import QueueSelection
    from ..models.retry_policy import RetryPolicy


@lazy_attrs.define(kw_only=True, repr=False)
class SessionStartAndWaitRequest(Model):
    """The start, as in `SessionStartRequest`, and how long to wait.

    Attributes:
        task_id: The task's name; 1 to 128 characters.
        payload: Any JSON: the payload of the task. `{}` when left out; `null` stays null. It is stored,
            so it must not contain secrets. The server does not check it against the task's types.
        external_id: Your own name for the session, unique in the environment; at most 512 bytes; a
            blank one counts as absent.
        workspace_id: UUID of an active workspace to work in; it must fit the task. A new workspace when
            left out or blank.
        metadata: Your own data for the session and its run; `{}` when left out. `null` is refused.
        tags: Labels for the session and its run.
        queue: The queue to wait in; the task's own when left out.
        concurrency_key: Groups runs for the queue's concurrency limit; at most 512 bytes; a blank one
            counts as absent.
        priority: An offset in seconds: the run is ordered as if it had been queued that much earlier
            (later if negative). The order is not strict: with concurrency limits, a run may start before
            another one of higher priority. 0 when left out.
        ttl: How long the run may wait for its first start before it expires; the task's own when left
            out or blank.
        max_duration_seconds: How long the run may execute, 5 to 86400 seconds. The task's own (else
            900) when left out or 0.
        retry: The task's own policy when left out. `null` is refused.
        idempotency_key: Makes this start safe to repeat; at most 512 bytes; a blank one counts as
            absent. Scope: environment and task. It is stored as a hash, and may hold U+0000.
        idempotency_key_ttl: How long the key is remembered; 30 days by default. Only with
            `idempotency_key`.
        expires_at: When the session expires if it is idle then. A time in the past is accepted.
        timeout_seconds: Any JSON; intended as the maximum wait in seconds. The server ignores it and
            waits 30 seconds.
    """

    __module__ = "helmr.types"
    _shown = ("task_id", "external_id", "workspace_id", "queue", "priority", "max_duration_seconds", "retry")

    task_id: str
    payload: Any = UNSET
    external_id: str | None = None
    workspace_id: str | None = None
    metadata: dict[str, Any] | None = None
    tags: list[str] | None = None
    queue: QueueSelection | None = None
    concurrency_key: str | None = None
    priority: int | None = None
    ttl: str | None = None
    max_duration_seconds: int | None = None
    retry: RetryPolicy | None = None
    idempotency_key: str | None = None
    idempotency_key_ttl: str | None = None
    expires_at: datetime.datetime | None = None
    timeout_seconds: Any = UNSET
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        task_id: str,
        payload: Any = UNSET,
        external_id: str | None = None,
        workspace_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
        queue: QueueSelection | None = None,
        concurrency_key: str | None = None,
        priority: int | None = None,
        ttl: str | None = None,
        max_duration_seconds: int | None = None,
        retry: RetryPolicy | None = None,
        idempotency_key: str | None = None,
        idempotency_key_ttl: str | None = None,
        expires_at: datetime.datetime | None = None,
        timeout_seconds: Any = UNSET,
        additional_properties: dict[str, Any] | None = None,
    ) -> None:
        self.task_id = task_id
        self.payload = payload
        self.external_id = external_id
        self.workspace_id = workspace_id
        self.metadata = metadata
        self.tags = tags
        self.queue = queue
        self.concurrency_key = concurrency_key
        self.priority = priority
        self.ttl = ttl
        self.max_duration_seconds = max_duration_seconds
        self.retry = retry
        self.idempotency_key = idempotency_key
        self.idempotency_key_ttl = idempotency_key_ttl
        self.expires_at = expires_at
        self.timeout_seconds = timeout_seconds
        self.additional_properties = {} if additional_properties is None else additional_properties

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.queue_selection import QueueSelection
        from ..models.retry_policy import RetryPolicy

        d = dict(src_dict)
        _queue = d.pop("queue", None)
        _retry = d.pop("retry", None)
        _expires_at = d.pop("expires_at", None)
        return cls(
            task_id=d.pop("task_id"),
            payload=d.pop("payload", UNSET),
            external_id=d.pop("external_id", None),
            workspace_id=d.pop("workspace_id", None),
            metadata=d.pop("metadata", None),
            tags=d.pop("tags", None),
            queue=None if _queue is None else QueueSelection.from_dict(_queue),
            concurrency_key=d.pop("concurrency_key", None),
            priority=d.pop("priority", None),
            ttl=d.pop("ttl", None),
            max_duration_seconds=d.pop("max_duration_seconds", None),
            retry=None if _retry is None else RetryPolicy.from_dict(_retry),
            idempotency_key=d.pop("idempotency_key", None),
            idempotency_key_ttl=d.pop("idempotency_key_ttl", None),
            expires_at=None if _expires_at is None else parse_datetime(_expires_at),
            timeout_seconds=d.pop("timeout_seconds", UNSET),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "task_id": self.task_id,
        }
        if self.payload is not UNSET:
            result["payload"] = self.payload
        if self.external_id is not None:
            result["external_id"] = self.external_id
        if self.workspace_id is not None:
            result["workspace_id"] = self.workspace_id
        if self.metadata is not None:
            result["metadata"] = self.metadata
        if self.tags is not None:
            result["tags"] = self.tags
        if self.queue is not None:
            result["queue"] = self.queue.to_dict()
        if self.concurrency_key is not None:
            result["concurrency_key"] = self.concurrency_key
        if self.priority is not None:
            result["priority"] = self.priority
        if self.ttl is not None:
            result["ttl"] = self.ttl
        if self.max_duration_seconds is not None:
            result["max_duration_seconds"] = self.max_duration_seconds
        if self.retry is not None:
            result["retry"] = self.retry.to_dict()
        if self.idempotency_key is not None:
            result["idempotency_key"] = self.idempotency_key
        if self.idempotency_key_ttl is not None:
            result["idempotency_key_ttl"] = self.idempotency_key_ttl
        if self.expires_at is not None:
            result["expires_at"] = format_datetime(self.expires_at)
        if self.timeout_seconds is not UNSET:
            result["timeout_seconds"] = self.timeout_seconds
        return result
