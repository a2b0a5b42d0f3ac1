# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.run_event_trace import RunEventTrace


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunEvent(Model):
    """An event in the history of a run. Its `attributes` depend on `kind`; other kinds are allowed, with any
    attributes.

    | Kind | When | Attributes | Ends a followed stream |
    |---|---|---|---|
    | `run.created` | the run was created | `RunCreatedAttributes` | |
    | `log.stdout`, `log.stderr` | a chunk of output arrived | redacted; read the logs | |
    | `log` | a structured log entry arrived | redacted | |
    | `run.metadata.updated` | the task changed the run's metadata | redacted | |
    | `run.completed` | the run succeeded | `RunCompletedAttributes` | yes |
    | `run.failed` | an attempt failed, even if it is retried | `RunFailedAttributes` | yes |
    | `run.cancel_requested` | an executing run was cancelled and its worker asked to stop | `RunCancelRequestedAttributes` | |
    | `run.cancelled` | the run is cancelled and has ended | `RunCancelledAttributes` | yes |
    | `run.expired` | `ttl` passed before the first start | `RunExpiredAttributes` | yes |
    | `run.retry_scheduled` | another attempt follows; attempt fields are the next one's | `RunRetryScheduledAttributes` | |
    | `run.execution_lost` | the worker's lease expired | `RunExecutionLostAttributes` | |
    | `run.dead_lettered` | leases were lost too often; the run is `failed`, no `run.failed` follows | `RunDeadLetteredAttributes` | |

    Events with `redaction_class` `sensitive` have the attributes `{"redacted": true}`. Waits, checkpoints,
    records and leases have no events.

    Attributes:
        id: The event's number in the run, from 1, in decimal; the cursor.
        trace: The event's place in a distributed trace.
        category: `lifecycle`, `log`, `guest` or `worker`.
        severity: `info`, `warn` or `error`.
        source: `control`, `worker`, `lease_sweeper` or `dispatcher`.
        kind: What happened; see the table.
        message: Equal to `kind` in events of a run.
        at: When it was recorded.
        occurred_at: When it happened; equal to `at` in events of a run.
        redaction_class: `internal`, or `sensitive` when the attributes are redacted.
        attributes: The event's data; its fields depend on the event's `kind`.
        run_id: The run. Always present in events of a run.
        deployment_id: Never present in events of a run.
        run_lease_id: The worker's lease. Only in events of a lease.
        attempt_id: The attempt. Present in events of a run.
        attempt_number: Number of the attempt. Present in events of a run.
    """

    __module__ = "helmr.types"
    _shown = ("id", "trace", "kind", "attempt_number")

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
    attributes: dict[str, Any]
    run_id: str | None = None
    deployment_id: str | None = None
    run_lease_id: str | None = None
    attempt_id: str | None = None
    attempt_number: int | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.run_event_trace import RunEventTrace

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_trace(made, RunEventTrace.from_dict(d.pop("trace")))
        _set_category(made, d.pop("category"))
        _set_severity(made, d.pop("severity"))
        _set_source(made, d.pop("source"))
        _set_kind(made, d.pop("kind"))
        _set_message(made, d.pop("message"))
        _set_at(made, parse_datetime(d.pop("at")))
        _set_occurred_at(made, parse_datetime(d.pop("occurred_at")))
        _set_redaction_class(made, d.pop("redaction_class"))
        _set_attributes(made, d.pop("attributes"))
        _set_run_id(made, d.pop("run_id", None))
        _set_deployment_id(made, d.pop("deployment_id", None))
        _set_run_lease_id(made, d.pop("run_lease_id", None))
        _set_attempt_id(made, d.pop("attempt_id", None))
        _set_attempt_number(made, d.pop("attempt_number", None))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.category) is str
            and type(made.severity) is str
            and type(made.source) is str
            and type(made.kind) is str
            and type(made.message) is str
            and type(made.redaction_class) is str
            and type(made.attributes) is dict
            and (made.run_id is None or type(made.run_id) is str)
            and (made.deployment_id is None or type(made.deployment_id) is str)
            and (made.run_lease_id is None or type(made.run_lease_id) is str)
            and (made.attempt_id is None or type(made.attempt_id) is str)
            and (made.attempt_number is None or type(made.attempt_number) is int)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
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
            "attributes": self.attributes,
        }
        if self.run_id is not None:
            result["run_id"] = self.run_id
        if self.deployment_id is not None:
            result["deployment_id"] = self.deployment_id
        if self.run_lease_id is not None:
            result["run_lease_id"] = self.run_lease_id
        if self.attempt_id is not None:
            result["attempt_id"] = self.attempt_id
        if self.attempt_number is not None:
            result["attempt_number"] = self.attempt_number
        return result

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_trace,
    _set_category,
    _set_severity,
    _set_source,
    _set_kind,
    _set_message,
    _set_at,
    _set_occurred_at,
    _set_redaction_class,
    _set_attributes,
    _set_run_id,
    _set_deployment_id,
    _set_run_lease_id,
    _set_attempt_id,
    _set_attempt_number,
    _set_additional_properties,
) = setters(RunEvent)
