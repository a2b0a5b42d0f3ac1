# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunEventTrace(Model):
    """The event's place in a distributed trace.

    Attributes:
        trace_id: 32 hexadecimal digits.
        span_id: 16 hexadecimal digits, of the run's root span or of the lease's.
        traceparent: The W3C header of the same ids.
    """

    __module__ = "helmr.types"
    _shown = ("trace_id", "span_id")

    trace_id: str
    span_id: str | None = None
    traceparent: str | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_trace_id(made, d.pop("trace_id"))
        _set_span_id(made, d.pop("span_id", None))
        _set_traceparent(made, d.pop("traceparent", None))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.trace_id) is str
            and (made.span_id is None or type(made.span_id) is str)
            and (made.traceparent is None or type(made.traceparent) is str)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "trace_id": self.trace_id,
        }
        if self.span_id is not None:
            result["span_id"] = self.span_id
        if self.traceparent is not None:
            result["traceparent"] = self.traceparent
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_trace_id,
    _set_span_id,
    _set_traceparent,
    _set_additional_properties,
) = setters(RunEventTrace)
