# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.stream_record import StreamRecord


@lazy_attrs.frozen(kw_only=True, repr=False)
class StreamRecordList(Model):
    """Records of one stream.

    Attributes:
        records: Ascending by `sequence`, at most `limit`.
    """

    __module__ = "helmr.types"
    _shown = ("records",)

    records: list[StreamRecord]
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.stream_record import StreamRecord

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_records(made, [StreamRecord.from_dict(item) for item in d.pop("records")])
        _set_additional_properties(made, d)  # what is left
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "records": [item.to_dict() for item in self.records],
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_records,
    _set_additional_properties,
) = setters(StreamRecordList)
