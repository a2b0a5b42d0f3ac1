# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset, format_datetime, parse_datetime

if TYPE_CHECKING:
    from ..models.metadata import Metadata
    from ..models.queue_selection import QueueSelection
    from ..models.retry_policy import RetryPolicy


@_attrs_define(kw_only=True)
class SessionStartRequest:
    """What to start. Unknown members are ignored, except `options`, `bundle`, `source`, `deployment_id` and
    `version`, which are refused. Left out and blank, zero or `{}` are the same for the comparison of two
    starts.

    Attributes:
        task_id: The task's name; 1 to 128 characters.
        payload: Any JSON. Strings in it, also the names of members, must not contain U+0000.
        external_id: Your own name for the session, unique in the environment; at most 512 bytes; blank is none.
        workspace_id: UUID of an active workspace to work in; it must fit the task. A new workspace when left out or
            blank.
        metadata: Free data of yours. Numbers pass through 64-bit floats: integers beyond 2^53 lose precision, and numbers
            outside the range of a float are refused (400).
        tags: Labels for the session and its run.
        queue: The queue to wait in; the task's own when left out.
        concurrency_key: Groups runs for the queue's concurrency limit; at most 512 bytes; blank is none.
        priority: An offset in seconds: the run is taken as if it had been queued that much earlier (later when
            negative). No strict order: with concurrency limits a run may be taken before another one of
            higher priority. 0 when left out.
        ttl: How long the run may wait for its first start before it expires; the task's own when left out or
            blank.
        max_duration_seconds: How long the run may execute, 5 to 86400 seconds. The task's own (else 900) when left out or 0.
        retry: When a failed attempt is tried again, in the same run. Either `{"enabled": false}` alone, or
            `maxAttempts` with the rest. The members are written as here, not in snake case.
        idempotency_key: Makes this start safe to repeat; at most 512 bytes; blank is none. Scope: environment and task.
            It is stored as a hash, and may hold U+0000.
        idempotency_key_ttl: How long the key is remembered; 30 days when left out. Only with `idempotency_key`.
        expires_at: When the session expires if it is idle then. A time in the past is accepted.
    """

    task_id: str
    payload: Any | Unset = UNSET
    external_id: str | None | Unset = UNSET
    workspace_id: str | None | Unset = UNSET
    metadata: Metadata | Unset = UNSET
    tags: list[str] | None | Unset = UNSET
    queue: QueueSelection | None | Unset = UNSET
    concurrency_key: str | None | Unset = UNSET
    priority: int | None | Unset = UNSET
    ttl: str | None | Unset = UNSET
    max_duration_seconds: int | None | Unset = UNSET
    retry: RetryPolicy | Unset = UNSET
    idempotency_key: str | None | Unset = UNSET
    idempotency_key_ttl: str | None | Unset = UNSET
    expires_at: datetime.datetime | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.metadata import Metadata
        from ..models.queue_selection import QueueSelection
        from ..models.retry_policy import RetryPolicy

        d = dict(src_dict)
        _metadata = d.pop("metadata", UNSET)
        _queue = d.pop("queue", UNSET)
        _retry = d.pop("retry", UNSET)
        _expires_at = d.pop("expires_at", UNSET)
        return cls(
            task_id=d.pop("task_id"),
            payload=d.pop("payload", UNSET),
            external_id=d.pop("external_id", UNSET),
            workspace_id=d.pop("workspace_id", UNSET),
            metadata=_metadata if isinstance(_metadata, Unset) else Metadata.from_dict(_metadata),
            tags=d.pop("tags", UNSET),
            queue=_queue
            if isinstance(_queue, Unset)
            else None
            if _queue is None
            else QueueSelection.from_dict(_queue),
            concurrency_key=d.pop("concurrency_key", UNSET),
            priority=d.pop("priority", UNSET),
            ttl=d.pop("ttl", UNSET),
            max_duration_seconds=d.pop("max_duration_seconds", UNSET),
            retry=_retry if isinstance(_retry, Unset) else RetryPolicy.from_dict(_retry),
            idempotency_key=d.pop("idempotency_key", UNSET),
            idempotency_key_ttl=d.pop("idempotency_key_ttl", UNSET),
            expires_at=_expires_at
            if isinstance(_expires_at, Unset)
            else None
            if _expires_at is None
            else parse_datetime(_expires_at),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "task_id": self.task_id,
        }
        if not isinstance(self.payload, Unset):
            result["payload"] = self.payload
        if not isinstance(self.external_id, Unset):
            result["external_id"] = self.external_id
        if not isinstance(self.workspace_id, Unset):
            result["workspace_id"] = self.workspace_id
        if not isinstance(self.metadata, Unset):
            result["metadata"] = self.metadata.to_dict()
        if not isinstance(self.tags, Unset):
            result["tags"] = self.tags
        if not isinstance(self.queue, Unset):
            result["queue"] = None if self.queue is None else self.queue.to_dict()
        if not isinstance(self.concurrency_key, Unset):
            result["concurrency_key"] = self.concurrency_key
        if not isinstance(self.priority, Unset):
            result["priority"] = self.priority
        if not isinstance(self.ttl, Unset):
            result["ttl"] = self.ttl
        if not isinstance(self.max_duration_seconds, Unset):
            result["max_duration_seconds"] = self.max_duration_seconds
        if not isinstance(self.retry, Unset):
            result["retry"] = self.retry.to_dict()
        if not isinstance(self.idempotency_key, Unset):
            result["idempotency_key"] = self.idempotency_key
        if not isinstance(self.idempotency_key_ttl, Unset):
            result["idempotency_key_ttl"] = self.idempotency_key_ttl
        if not isinstance(self.expires_at, Unset):
            result["expires_at"] = None if self.expires_at is None else format_datetime(self.expires_at)
        return result

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties)

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

    def __iter__(self) -> Iterator[str]:
        return iter(self.additional_properties)
