# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunRetryScheduledAttributes(Model):
    """Attributes of `run.retry_scheduled`.

    Attributes:
        reason: `timeout` (maximum duration), `non_zero_exit`, `transient_error` (other failures in the
            worker) or `infra_lost` (lease expired).
        previous_attempt_id: The attempt that failed.
        previous_attempt_number: The number of the attempt that failed.
        next_attempt_id: The attempt that follows.
        next_attempt_number: The number of the attempt that follows.
        retry_after: When it may start.
        delay_ms: The delay in milliseconds.
    """

    __module__ = "helmr.types"
    _shown = ("previous_attempt_number", "next_attempt_number", "delay_ms")

    reason: str
    previous_attempt_id: str
    previous_attempt_number: int
    next_attempt_id: str
    next_attempt_number: int
    retry_after: datetime.datetime
    delay_ms: int
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_reason(made, d.pop("reason"))
        _set_previous_attempt_id(made, d.pop("previous_attempt_id"))
        _set_previous_attempt_number(made, d.pop("previous_attempt_number"))
        _set_next_attempt_id(made, d.pop("next_attempt_id"))
        _set_next_attempt_number(made, d.pop("next_attempt_number"))
        _set_retry_after(made, parse_datetime(d.pop("retry_after")))
        _set_delay_ms(made, d.pop("delay_ms"))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.reason) is str
            and type(made.previous_attempt_id) is str
            and type(made.previous_attempt_number) is int
            and type(made.next_attempt_id) is str
            and type(made.next_attempt_number) is int
            and type(made.delay_ms) is int
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "reason": self.reason,
            "previous_attempt_id": self.previous_attempt_id,
            "previous_attempt_number": self.previous_attempt_number,
            "next_attempt_id": self.next_attempt_id,
            "next_attempt_number": self.next_attempt_number,
            "retry_after": format_datetime(self.retry_after),
            "delay_ms": self.delay_ms,
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_reason,
    _set_previous_attempt_id,
    _set_previous_attempt_number,
    _set_next_attempt_id,
    _set_next_attempt_number,
    _set_retry_after,
    _set_delay_ms,
    _set_additional_properties,
) = setters(RunRetryScheduledAttributes)
