# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model

if TYPE_CHECKING:
    from ..models.retry_backoff import RetryBackoff


@lazy_attrs.define(kw_only=True, repr=False)
class RetryPolicy(Model):
    """Whether and how a failed attempt is retried, in the same run. Either `{"enabled": false}` alone, or
    `maxAttempts` with the rest. The fields are written as here, not in snake case.

    Attributes:
        enabled: False for no retry; then no other field is allowed.
        max_attempts: The total number of attempts. Required unless `enabled` is false.
        backoff: The delay before attempt n + 1 is min(`maxMs`, round(`minMs` × `factor`^(n − 1)))
            milliseconds.
    """

    __module__ = "helmr.types"
    _shown = ("enabled", "max_attempts", "backoff")

    enabled: bool | None = None
    max_attempts: int | None = None
    backoff: RetryBackoff | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        enabled: bool | None = None,
        max_attempts: int | None = None,
        backoff: RetryBackoff | None = None,
    ) -> None:
        self.enabled = enabled
        self.max_attempts = max_attempts
        self.backoff = backoff

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.retry_backoff import RetryBackoff

        d = dict(src_dict)
        _backoff = d.pop("backoff", None)
        return cls(
            enabled=d.pop("enabled", None),
            max_attempts=d.pop("maxAttempts", None),
            backoff=None if _backoff is None else RetryBackoff.from_dict(_backoff),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if self.enabled is not None:
            result["enabled"] = self.enabled
        if self.max_attempts is not None:
            result["maxAttempts"] = self.max_attempts
        if self.backoff is not None:
            result["backoff"] = self.backoff.to_dict()
        return result
