# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import format_datetime, parse_datetime


@_attrs_define(kw_only=True)
class RunRetryScheduledAttributes:
    """Attributes of `run.retry_scheduled`.

    Attributes:
        reason: `timeout` (maximum duration), `non_zero_exit`, `transient_error` (other failures in the worker) or
            `infra_lost` (lease ran out).
        previous_attempt_id: The attempt that failed.
        previous_attempt_number: Its number.
        next_attempt_id: The attempt that follows.
        next_attempt_number: Its number.
        retry_after: When it may start.
        delay_ms: The delay in milliseconds.
    """

    reason: str
    previous_attempt_id: str
    previous_attempt_number: int
    next_attempt_id: str
    next_attempt_number: int
    retry_after: datetime.datetime
    delay_ms: int
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        d = dict(src_dict)
        _retry_after = d.pop("retry_after")
        return cls(
            reason=d.pop("reason"),
            previous_attempt_id=d.pop("previous_attempt_id"),
            previous_attempt_number=d.pop("previous_attempt_number"),
            next_attempt_id=d.pop("next_attempt_id"),
            next_attempt_number=d.pop("next_attempt_number"),
            retry_after=parse_datetime(_retry_after),
            delay_ms=d.pop("delay_ms"),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "reason": self.reason,
            "previous_attempt_id": self.previous_attempt_id,
            "previous_attempt_number": self.previous_attempt_number,
            "next_attempt_id": self.next_attempt_id,
            "next_attempt_number": self.next_attempt_number,
            "retry_after": format_datetime(self.retry_after),
            "delay_ms": self.delay_ms,
        }
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
