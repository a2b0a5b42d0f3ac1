# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field


@_attrs_define(kw_only=True)
class RunDeadLetteredAttributes:
    """Attributes of `run.dead_lettered`.

    Attributes:
        reason: `max_dispatch_attempts_exceeded`.
        queue_dispatch_attempt: Which delivery this was.
        max_dispatch_attempts: How many are allowed.
    """

    reason: str
    queue_dispatch_attempt: int
    max_dispatch_attempts: int
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        d = dict(src_dict)
        return cls(
            reason=d.pop("reason"),
            queue_dispatch_attempt=d.pop("queue_dispatch_attempt"),
            max_dispatch_attempts=d.pop("max_dispatch_attempts"),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "reason": self.reason,
            "queue_dispatch_attempt": self.queue_dispatch_attempt,
            "max_dispatch_attempts": self.max_dispatch_attempts,
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
