# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters
from ..models.idempotency_status import IdempotencyStatus

if TYPE_CHECKING:
    from ..models.stream_record import StreamRecord


@lazy_attrs.frozen(kw_only=True, repr=False)
class AppendOutputResult(Model):
    """The record.

    Attributes:
        record: A record of a stream.
        idempotency_status:
            - `created`: a new record
            - `duplicate`: the key was used before; the record is the original one, nothing was stored
    """

    __module__ = "helmr.types"
    _shown = ("record", "idempotency_status")

    record: StreamRecord
    idempotency_status: IdempotencyStatus | str
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.stream_record import StreamRecord

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_record(made, StreamRecord.from_dict(d.pop("record")))
        _set_idempotency_status(made, d.pop("idempotency_status"))
        _set_additional_properties(made, d)  # what is left
        if not (type(made.idempotency_status) is str):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "record": self.record.to_dict(),
            "idempotency_status": self.idempotency_status,
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_record,
    _set_idempotency_status,
    _set_additional_properties,
) = setters(AppendOutputResult)
