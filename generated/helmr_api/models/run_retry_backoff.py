# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunRetryBackoff(Model):
    """The backoff that applies to the run, with the fields of `RetryBackoff`.

    Attributes:
        min_ms: First delay in milliseconds.
        max_ms: Longest delay in milliseconds.
        factor: Growth per attempt.
        jitter: `full` or `none`.
    """

    __module__ = "helmr.types"
    _shown = ("min_ms", "max_ms", "factor")
    _wire_names = {"min_ms": "minMs", "max_ms": "maxMs"}

    min_ms: int | None = None
    max_ms: int | None = None
    factor: float | None = None
    jitter: str | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_min_ms(made, d.pop("minMs", None))
        _set_max_ms(made, d.pop("maxMs", None))
        _set_factor(made, d.pop("factor", None))
        _set_jitter(made, d.pop("jitter", None))
        _set_additional_properties(made, d)  # what is left
        if not (
            (made.min_ms is None or type(made.min_ms) is int)
            and (made.max_ms is None or type(made.max_ms) is int)
            and (made.factor is None or type(made.factor) in (float, int))
            and (made.jitter is None or type(made.jitter) is str)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
        }
        if self.min_ms is not None:
            result["minMs"] = self.min_ms
        if self.max_ms is not None:
            result["maxMs"] = self.max_ms
        if self.factor is not None:
            result["factor"] = self.factor
        if self.jitter is not None:
            result["jitter"] = self.jitter
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_min_ms,
    _set_max_ms,
    _set_factor,
    _set_jitter,
    _set_additional_properties,
) = setters(RunRetryBackoff)
