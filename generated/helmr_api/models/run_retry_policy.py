# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.run_retry_backoff import RunRetryBackoff


@_attrs_define(kw_only=True)
class RunRetryPolicy:
    """The retry policy that holds for the run, with the members of `RetryPolicy`.

    Attributes:
        enabled: False for no retry.
        max_attempts: How many attempts in all.
        backoff: The backoff that holds for the run, with the members of `RetryBackoff`.
    """

    enabled: bool | Unset = UNSET
    max_attempts: int | Unset = UNSET
    backoff: RunRetryBackoff | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.run_retry_backoff import RunRetryBackoff

        d = dict(src_dict)
        _backoff = d.pop("backoff", UNSET)
        return cls(
            enabled=d.pop("enabled", UNSET),
            max_attempts=d.pop("maxAttempts", UNSET),
            backoff=_backoff if isinstance(_backoff, Unset) else RunRetryBackoff.from_dict(_backoff),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
        }
        if not isinstance(self.enabled, Unset):
            result["enabled"] = self.enabled
        if not isinstance(self.max_attempts, Unset):
            result["maxAttempts"] = self.max_attempts
        if not isinstance(self.backoff, Unset):
            result["backoff"] = self.backoff.to_dict()
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
