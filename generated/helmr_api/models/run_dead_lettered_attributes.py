# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunDeadLetteredAttributes(Model):
    """Attributes of `run.dead_lettered`.

    Attributes:
        reason: `max_dispatch_attempts_exceeded`.
        queue_dispatch_attempt: The number of this delivery.
        max_dispatch_attempts: The maximum number of deliveries.
    """

    __module__ = "helmr.types"
    _shown = ("queue_dispatch_attempt", "max_dispatch_attempts")

    reason: str
    queue_dispatch_attempt: int
    max_dispatch_attempts: int
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_reason(made, d.pop("reason"))
        _set_queue_dispatch_attempt(made, d.pop("queue_dispatch_attempt"))
        _set_max_dispatch_attempts(made, d.pop("max_dispatch_attempts"))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.reason) is str
            and type(made.queue_dispatch_attempt) is int
            and type(made.max_dispatch_attempts) is int
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "reason": self.reason,
            "queue_dispatch_attempt": self.queue_dispatch_attempt,
            "max_dispatch_attempts": self.max_dispatch_attempts,
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_reason,
    _set_queue_dispatch_attempt,
    _set_max_dispatch_attempts,
    _set_additional_properties,
) = setters(RunDeadLetteredAttributes)
