# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.retry_backoff import RetryBackoff


@_attrs_define(kw_only=True)
class RetryPolicy:
    """When a failed attempt is tried again, in the same run. Either `{"enabled": false}` alone, or
    `maxAttempts` with the rest. The members are written as here, not in snake case.

    Attributes:
        enabled: False for no retry; then no other member is allowed.
        max_attempts: How many attempts in all. Required unless `enabled` is false.
        backoff: The delay before attempt n + 1 is min(`maxMs`, round(`minMs` × `factor`^(n − 1))) milliseconds.
    """

    enabled: bool | Unset = UNSET
    max_attempts: int | Unset = UNSET
    backoff: RetryBackoff | Unset = UNSET

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.retry_backoff import RetryBackoff

        d = dict(src_dict)
        _backoff = d.pop("backoff", UNSET)
        return cls(
            enabled=d.pop("enabled", UNSET),
            max_attempts=d.pop("maxAttempts", UNSET),
            backoff=_backoff if isinstance(_backoff, Unset) else RetryBackoff.from_dict(_backoff),
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {}
        if not isinstance(self.enabled, Unset):
            result["enabled"] = self.enabled
        if not isinstance(self.max_attempts, Unset):
            result["maxAttempts"] = self.max_attempts
        if not isinstance(self.backoff, Unset):
            result["backoff"] = self.backoff.to_dict()
        return result
