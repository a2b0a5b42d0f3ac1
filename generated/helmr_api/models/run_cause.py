# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunCause(Model):
    """Why the run was created; empty for the run of a start.

    Attributes:
        kind: `stream_record` for a continuation run.
        record_id: The input record that caused the run.
        stream_id: The record's stream.
        sequence: The record's sequence.
    """

    __module__ = "helmr.types"
    _shown = ("kind", "sequence")

    kind: str | None = None
    record_id: str | None = None
    stream_id: str | None = None
    sequence: int | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_kind(made, d.pop("kind", None))
        _set_record_id(made, d.pop("record_id", None))
        _set_stream_id(made, d.pop("stream_id", None))
        _set_sequence(made, d.pop("sequence", None))
        _set_additional_properties(made, d)  # what is left
        if not (
            (made.kind is None or type(made.kind) is str)
            and (made.record_id is None or type(made.record_id) is str)
            and (made.stream_id is None or type(made.stream_id) is str)
            and (made.sequence is None or type(made.sequence) is int)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
        }
        if self.kind is not None:
            result["kind"] = self.kind
        if self.record_id is not None:
            result["record_id"] = self.record_id
        if self.stream_id is not None:
            result["stream_id"] = self.stream_id
        if self.sequence is not None:
            result["sequence"] = self.sequence
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_kind,
    _set_record_id,
    _set_stream_id,
    _set_sequence,
    _set_additional_properties,
) = setters(RunCause)
