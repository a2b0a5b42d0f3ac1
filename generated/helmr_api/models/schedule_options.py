# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model

if TYPE_CHECKING:
    from ..models.queue_selection import QueueSelection


@lazy_attrs.define(kw_only=True, repr=False)
class ScheduleOptions(Model):
    """How a schedule starts its sessions. Unknown fields are ignored, except `deployment_id` and `version`,
    which are refused.

    Attributes:
        queue: The queue to wait in; the task's own when left out.
        concurrency_key: Groups runs for the queue's concurrency limit; at most 512 bytes; a blank one
            counts as absent.
        priority: An offset in seconds, as in a start. 0 when left out.
        ttl: How long a run may wait for its first start before it expires; the task's own when left out
            or blank.
        max_duration_seconds: How long a run may execute, 5 to 86400 seconds. The task's own when left
            out or 0.
    """

    __module__ = "helmr.types"
    _shown = ("queue", "priority", "max_duration_seconds")

    queue: QueueSelection | None = None
    concurrency_key: str | None = None
    priority: int | None = None
    ttl: str | None = None
    max_duration_seconds: int | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        queue: QueueSelection | None = None,
        concurrency_key: str | None = None,
        priority: int | None = None,
        ttl: str | None = None,
        max_duration_seconds: int | None = None,
        additional_properties: dict[str, Any] | None = None,
    ) -> None:
        self.queue = queue
        self.concurrency_key = concurrency_key
        self.priority = priority
        self.ttl = ttl
        self.max_duration_seconds = max_duration_seconds
        self.additional_properties = {} if additional_properties is None else additional_properties

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.queue_selection import QueueSelection

        d = dict(src_dict)
        _queue = d.pop("queue", None)
        return cls(
            queue=None if _queue is None else QueueSelection.from_dict(_queue),
            concurrency_key=d.pop("concurrency_key", None),
            priority=d.pop("priority", None),
            ttl=d.pop("ttl", None),
            max_duration_seconds=d.pop("max_duration_seconds", None),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
        }
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
        return result
