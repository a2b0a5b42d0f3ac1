# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model


@lazy_attrs.define(kw_only=True, repr=False)
class TokenTimeoutParts(Model):
    """A time-out as the sum of its fields. The sum must be positive, so at least one field is; others may be
    negative. A server counts the sum in nanoseconds, up to 2^63 (292 years), and rejects a sum that is not
    positive with a 400. Unknown fields are ignored.

    Attributes:
        milliseconds: Milliseconds.
        seconds: Seconds.
        minutes: Minutes.
        hours: Hours.
        duration: A duration as a string.
    """

    __module__ = "helmr.types"
    _shown = ("milliseconds", "seconds", "minutes", "hours")

    milliseconds: float | None = None
    seconds: float | None = None
    minutes: float | None = None
    hours: float | None = None
    duration: str | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        milliseconds: float | None = None,
        seconds: float | None = None,
        minutes: float | None = None,
        hours: float | None = None,
        duration: str | None = None,
        additional_properties: dict[str, Any] | None = None,
    ) -> None:
        self.milliseconds = milliseconds
        self.seconds = seconds
        self.minutes = minutes
        self.hours = hours
        self.duration = duration
        self.additional_properties = {} if additional_properties is None else additional_properties

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            milliseconds=d.pop("milliseconds", None),
            seconds=d.pop("seconds", None),
            minutes=d.pop("minutes", None),
            hours=d.pop("hours", None),
            duration=d.pop("duration", None),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
        }
        if self.milliseconds is not None:
            result["milliseconds"] = self.milliseconds
        if self.seconds is not None:
            result["seconds"] = self.seconds
        if self.minutes is not None:
            result["minutes"] = self.minutes
        if self.hours is not None:
            result["hours"] = self.hours
        if self.duration is not None:
            result["duration"] = self.duration
        return result
