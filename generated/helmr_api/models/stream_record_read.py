# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
# A server may send types that contradict the annotations, so `from_dict` checks them.
# pyright: reportUnnecessaryIsInstance=false
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.stream_record import StreamRecord


@lazy_attrs.frozen(kw_only=True, repr=False)
class StreamRecordRead(Model):
    """The next record, if there is one.

    Attributes:
        record: The first record after `after_sequence`; `null` when there is none. Always present.
    """

    __module__ = "helmr.types"
    _shown = ("record",)

    record: StreamRecord | None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.stream_record import StreamRecord

        d = dict(src_dict)
        _record = d.pop("record")
        made = cls.__new__(cls)
        _set_record(made, None if _record is None else StreamRecord.from_dict(_record))
        _set_additional_properties(made, d)  # what is left
        if not (made.record is None or isinstance(made.record, Model)):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "record": None if self.record is None else self.record.to_dict(),
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_record,
    _set_additional_properties,
) = setters(StreamRecordRead)
