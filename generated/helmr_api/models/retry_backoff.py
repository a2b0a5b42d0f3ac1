# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model
from ..models.retry_backoff_jitter import RetryBackoffJitter


@lazy_attrs.define(kw_only=True, repr=False)
class RetryBackoff(Model):
    """The delay before attempt n + 1 is min(`maxMs`, round(`minMs` × `factor`^(n − 1))) milliseconds.

    Attributes:
        min_ms: First delay in milliseconds; 1000 by default.
        max_ms: Longest delay in milliseconds; 30000 by default.
        factor: Growth per attempt; 2 by default.
        jitter:
            - `full` (when left out): a random part of the delay
            - `none`: the whole delay
    """

    __module__ = "helmr.types"
    _shown = ("min_ms", "max_ms", "factor", "jitter")

    min_ms: int | None = None
    max_ms: int | None = None
    factor: float | None = None
    jitter: RetryBackoffJitter | str | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        min_ms: int | None = None,
        max_ms: int | None = None,
        factor: float | None = None,
        jitter: RetryBackoffJitter | str | None = None,
    ) -> None:
        self.min_ms = min_ms
        self.max_ms = max_ms
        self.factor = factor
        self.jitter = jitter

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            min_ms=d.pop("minMs", None),
            max_ms=d.pop("maxMs", None),
            factor=d.pop("factor", None),
            jitter=d.pop("jitter", None),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if self.min_ms is not None:
            result["minMs"] = self.min_ms
        if self.max_ms is not None:
            result["maxMs"] = self.max_ms
        if self.factor is not None:
            result["factor"] = self.factor
        if self.jitter is not None:
            result["jitter"] = self.jitter
        return result
