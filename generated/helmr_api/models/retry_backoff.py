# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define

from ..models.retry_backoff_jitter import RetryBackoffJitter
from ..types import UNSET, Unset


@_attrs_define(kw_only=True)
class RetryBackoff:
    """The delay before attempt n + 1 is min(`maxMs`, round(`minMs` × `factor`^(n − 1))) milliseconds.

    Attributes:
        min_ms: First delay in milliseconds; 1000 when left out.
        max_ms: Longest delay in milliseconds; 30000 when left out.
        factor: Growth per attempt; 2 when left out.
        jitter: - `full` (when left out): a random part of the delay
            - `none`: the whole delay
    """

    min_ms: int | Unset = UNSET
    max_ms: int | Unset = UNSET
    factor: float | Unset = UNSET
    jitter: RetryBackoffJitter | str | Unset = UNSET

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        d = dict(src_dict)
        return cls(
            min_ms=d.pop("minMs", UNSET),
            max_ms=d.pop("maxMs", UNSET),
            factor=d.pop("factor", UNSET),
            jitter=d.pop("jitter", UNSET),
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {}
        if not isinstance(self.min_ms, Unset):
            result["minMs"] = self.min_ms
        if not isinstance(self.max_ms, Unset):
            result["maxMs"] = self.max_ms
        if not isinstance(self.factor, Unset):
            result["factor"] = self.factor
        if not isinstance(self.jitter, Unset):
            result["jitter"] = self.jitter
        return result
