# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


@_attrs_define(kw_only=True)
class TokenTimeoutParts:
    """A time-out as the sum of its members, which must be positive. Unknown members are ignored. A server
    counts the sum in nanoseconds, up to 2^63 (292 years). So that every sum keeps below that, this schema
    allows a number of more than four years only alone.

    Attributes:
        milliseconds: Milliseconds.
        seconds: Seconds.
        minutes: Minutes.
        hours: Hours.
        duration: A duration in text.
    """

    milliseconds: float | None | Unset = UNSET
    seconds: float | None | Unset = UNSET
    minutes: float | None | Unset = UNSET
    hours: float | None | Unset = UNSET
    duration: str | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        d = dict(src_dict)
        return cls(
            milliseconds=d.pop("milliseconds", UNSET),
            seconds=d.pop("seconds", UNSET),
            minutes=d.pop("minutes", UNSET),
            hours=d.pop("hours", UNSET),
            duration=d.pop("duration", UNSET),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
        }
        if not isinstance(self.milliseconds, Unset):
            result["milliseconds"] = self.milliseconds
        if not isinstance(self.seconds, Unset):
            result["seconds"] = self.seconds
        if not isinstance(self.minutes, Unset):
            result["minutes"] = self.minutes
        if not isinstance(self.hours, Unset):
            result["hours"] = self.hours
        if not isinstance(self.duration, Unset):
            result["duration"] = self.duration
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
