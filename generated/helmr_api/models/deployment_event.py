# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.deployment_event_attributes import DeploymentEventAttributes
    from ..models.deployment_event_trace import DeploymentEventTrace


@lazy_attrs.frozen(kw_only=True, repr=False)
class DeploymentEvent(Model):
    """An event in the history of a deployment. Other kinds are allowed.

    | Kind | When | `severity` | `source` | `attributes.status` | Ends a followed stream |
    |---|---|---|---|---|---|
    | `deployment.queued` | it was uploaded | `info` | `control` | `queued` | |
    | `deployment.building` | a worker began to build it, possibly again after a lease expired | `info` | `worker` | `building` | |
    | `deployment.deployed` | it was built | `info` | `worker` | `deployed` | yes |
    | `deployment.failed` | the build failed; `message` says why | `error` | `worker` | `failed` | yes |

    Attributes:
        id: The event's number in the deployment, from 1, in decimal; the cursor.
        deployment_id: The deployment.
        trace: Where the event is in a distributed trace.
        category: `lifecycle`.
        severity: `info` or `error`.
        source: `control` or `worker`.
        kind: What happened; see the table.
        message: A message for people, such as why the build failed.
        at: When it was recorded.
        occurred_at: When it happened.
        redaction_class: `internal`.
        attributes: Details of an event of a deployment.
    """

    __module__ = "helmr.types"
    _shown = ("id", "trace", "kind", "attributes")

    id: str
    deployment_id: str
    trace: DeploymentEventTrace
    category: str
    severity: str
    source: str
    kind: str
    message: str
    at: datetime.datetime
    occurred_at: datetime.datetime
    redaction_class: str
    attributes: DeploymentEventAttributes
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.deployment_event_attributes import DeploymentEventAttributes
        from ..models.deployment_event_trace import DeploymentEventTrace

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_deployment_id(made, d.pop("deployment_id"))
        _set_trace(made, DeploymentEventTrace.from_dict(d.pop("trace")))
        _set_category(made, d.pop("category"))
        _set_severity(made, d.pop("severity"))
        _set_source(made, d.pop("source"))
        _set_kind(made, d.pop("kind"))
        _set_message(made, d.pop("message"))
        _set_at(made, parse_datetime(d.pop("at")))
        _set_occurred_at(made, parse_datetime(d.pop("occurred_at")))
        _set_redaction_class(made, d.pop("redaction_class"))
        _set_attributes(made, DeploymentEventAttributes.from_dict(d.pop("attributes")))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.deployment_id) is str
            and type(made.category) is str
            and type(made.severity) is str
            and type(made.source) is str
            and type(made.kind) is str
            and type(made.message) is str
            and type(made.redaction_class) is str
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "id": self.id,
            "deployment_id": self.deployment_id,
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

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_deployment_id,
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
    _set_additional_properties,
) = setters(DeploymentEvent)
