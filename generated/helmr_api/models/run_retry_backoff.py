# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


@_attrs_define(kw_only=True)
class RunRetryBackoff:
    """The backoff that holds for the run, with the members of `RetryBackoff`.

    Attributes:
        min_ms: First delay in milliseconds.
        max_ms: Longest delay in milliseconds.
        factor: Growth per attempt.
        jitter: `full` or `none`.
    """

    min_ms: int | Unset = UNSET
    max_ms: int | Unset = UNSET
    factor: float | Unset = UNSET
    jitter: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        d = dict(src_dict)
        return cls(
            min_ms=d.pop("minMs", UNSET),
            max_ms=d.pop("maxMs", UNSET),
            factor=d.pop("factor", UNSET),
            jitter=d.pop("jitter", UNSET),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
        }
        if not isinstance(self.min_ms, Unset):
            result["minMs"] = self.min_ms
        if not isinstance(self.max_ms, Unset):
            result["maxMs"] = self.max_ms
        if not isinstance(self.factor, Unset):
            result["factor"] = self.factor
        if not isinstance(self.jitter, Unset):
            result["jitter"] = self.jitter
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
