# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.deployment_event import DeploymentEvent


@lazy_attrs.frozen(kw_only=True, repr=False)
class DeploymentEventPage(Model):
    """Events of a deployment.

    Attributes:
        events: Ascending by `id`, at most `limit`.
        cursor: The cursor that the request used.
        next_cursor: The last returned event's id. Only when there are more events now; never null.
    """

    __module__ = "helmr.types"
    _shown = ("events", "cursor", "next_cursor")

    events: list[DeploymentEvent]
    cursor: int | str
    next_cursor: int | str | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.deployment_event import DeploymentEvent

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_events(made, [DeploymentEvent.from_dict(item) for item in d.pop("events")])
        _set_cursor(made, d.pop("cursor"))
        _set_next_cursor(made, d.pop("next_cursor", None))
        _set_additional_properties(made, d)  # what is left
        if not (
            (type(made.cursor) is int or type(made.cursor) is str)
            and (made.next_cursor is None or type(made.next_cursor) is int or type(made.next_cursor) is str)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "events": [item.to_dict() for item in self.events],
            "cursor": self.cursor,
        }
        if self.next_cursor is not None:
            result["next_cursor"] = self.next_cursor
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_events,
    _set_cursor,
    _set_next_cursor,
    _set_additional_properties,
) = setters(DeploymentEventPage)
