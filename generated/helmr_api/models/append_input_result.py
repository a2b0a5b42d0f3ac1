# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters
from ..models.continuation_status import ContinuationStatus
from ..models.idempotency_status import IdempotencyStatus

if TYPE_CHECKING:
    from ..models.stream_record import StreamRecord


@lazy_attrs.frozen(kw_only=True, repr=False)
class AppendInputResult(Model):
    """The record, and its effect.

    Attributes:
        record: A record of a stream.
        idempotency_status:
            - `created`: a new record
            - `duplicate`: the key was used before; the record is the original one, nothing was stored
        continuation_status: Omitted when the record was delivered to a waiting run and no run was
            created.
    """

    __module__ = "helmr.types"
    _shown = ("record", "idempotency_status", "continuation_status")

    record: StreamRecord
    idempotency_status: IdempotencyStatus | str
    continuation_status: ContinuationStatus | str | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.stream_record import StreamRecord

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_record(made, StreamRecord.from_dict(d.pop("record")))
        _set_idempotency_status(made, d.pop("idempotency_status"))
        _set_continuation_status(made, d.pop("continuation_status", None))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.idempotency_status) is str
            and (made.continuation_status is None or type(made.continuation_status) is str)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "record": self.record.to_dict(),
            "idempotency_status": self.idempotency_status,
        }
        if self.continuation_status is not None:
            result["continuation_status"] = self.continuation_status
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_record,
    _set_idempotency_status,
    _set_continuation_status,
    _set_additional_properties,
) = setters(AppendInputResult)
