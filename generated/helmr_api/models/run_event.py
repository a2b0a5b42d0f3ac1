# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset, format_datetime, parse_datetime

if TYPE_CHECKING:
    from ..models.run_event_attributes import RunEventAttributes
    from ..models.run_event_trace import RunEventTrace


@_attrs_define(kw_only=True)
class RunEvent:
    """One thing that happened to a run. Its `attributes` depend on `kind`; a kind that is not listed here is
    legal and its attributes are free.

    | Kind | When | Attributes | Ends a followed stream |
    |---|---|---|---|
    | `run.created` | the run was made | `RunCreatedAttributes` | |
    | `log.stdout`, `log.stderr` | a chunk of output came | redacted; read the logs | |
    | `log` | a structured log entry came | redacted | |
    | `run.metadata.updated` | the task changed the run's metadata | redacted | |
    | `run.completed` | the run succeeded | `RunCompletedAttributes` | yes |
    | `run.failed` | an attempt failed, also when it is retried | `RunFailedAttributes` | yes |
    | `run.cancel_requested` | an executing run was cancelled and its worker asked to stop | `RunCancelRequestedAttributes` | |
    | `run.cancelled` | the run is cancelled and over | `RunCancelledAttributes` | yes |
    | `run.expired` | `ttl` passed before the first start | `RunExpiredAttributes` | yes |
    | `run.retry_scheduled` | another attempt follows; attempt members are the next one's | `RunRetryScheduledAttributes` | |
    | `run.execution_lost` | the worker's lease ran out | `RunExecutionLostAttributes` | |
    | `run.dead_lettered` | leases were lost too often; the run is `failed`, no `run.failed` follows | `RunDeadLetteredAttributes` | |

    Events with `redaction_class` `sensitive` have the attributes `{"redacted": true}`. No event tells of
    waits, checkpoints, records or leases.

    Attributes:
        id: The event's number in the run, from 1, in decimal; the cursor.
        trace: Where the event stands in a distributed trace.
        category: `lifecycle`, `log`, `guest` or `worker`.
        severity: `info`, `warn` or `error`.
        source: `control`, `worker`, `lease_sweeper` or `dispatcher`.
        kind: What happened; see the table.
        message: Equal to `kind` in events of a run.
        at: When it was recorded.
        occurred_at: When it happened; equal to `at` in events of a run.
        redaction_class: `internal`, or `sensitive` when the attributes are redacted.
        attributes: What the event tells; its members depend on the event's `kind`.
        run_id: The run. Always present in events of a run.
        deployment_id: Never present in events of a run.
        run_lease_id: The worker's lease. Only in events of a lease.
        attempt_id: The attempt. Present in events of a run.
        attempt_number: Number of the attempt. Present in events of a run.
    """

    id: str
    trace: RunEventTrace
    category: str
    severity: str
    source: str
    kind: str
    message: str
    at: datetime.datetime
    occurred_at: datetime.datetime
    redaction_class: str
    attributes: RunEventAttributes
    run_id: str | Unset = UNSET
    deployment_id: str | Unset = UNSET
    run_lease_id: str | Unset = UNSET
    attempt_id: str | Unset = UNSET
    attempt_number: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.run_event_attributes import RunEventAttributes
        from ..models.run_event_trace import RunEventTrace

        d = dict(src_dict)
        _trace = d.pop("trace")
        _at = d.pop("at")
        _occurred_at = d.pop("occurred_at")
        _attributes = d.pop("attributes")
        return cls(
            id=d.pop("id"),
            trace=RunEventTrace.from_dict(_trace),
            category=d.pop("category"),
            severity=d.pop("severity"),
            source=d.pop("source"),
            kind=d.pop("kind"),
            message=d.pop("message"),
            at=parse_datetime(_at),
            occurred_at=parse_datetime(_occurred_at),
            redaction_class=d.pop("redaction_class"),
            attributes=RunEventAttributes.from_dict(_attributes),
            run_id=d.pop("run_id", UNSET),
            deployment_id=d.pop("deployment_id", UNSET),
            run_lease_id=d.pop("run_lease_id", UNSET),
            attempt_id=d.pop("attempt_id", UNSET),
            attempt_number=d.pop("attempt_number", UNSET),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "trace": self.trace.to_dict(),
            "category": self.category,
            "severity": self.severity,
            "source": self.source,
            "kind": self.kind,
            "message": self.message,
            "at": format_datetime(self.at),
            "occurred_at": format_datetime(self.occurred_at),
            "redaction_class": self.redaction_class,
            "attributes": self.attributes.to_dict(),
        }
        if not isinstance(self.run_id, Unset):
            result["run_id"] = self.run_id
        if not isinstance(self.deployment_id, Unset):
            result["deployment_id"] = self.deployment_id
        if not isinstance(self.run_lease_id, Unset):
            result["run_lease_id"] = self.run_lease_id
        if not isinstance(self.attempt_id, Unset):
            result["attempt_id"] = self.attempt_id
        if not isinstance(self.attempt_number, Unset):
            result["attempt_number"] = self.attempt_number
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
