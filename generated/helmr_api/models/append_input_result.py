# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.continuation_status import ContinuationStatus
from ..models.idempotency_status import IdempotencyStatus
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.stream_record import StreamRecord


@_attrs_define(kw_only=True)
class AppendInputResult:
    """The record, and what it set going.

    Attributes:
        record: A record of a stream.
        idempotency_status: - `created`: a new record
            - `duplicate`: the key was used before; the record is the original one, nothing was stored
        continuation_status: - `accepted_run_pending`: nobody waited for the record; a continuation run is owed and made when the
              current run has ended
            - `created`: a continuation run was made during this call (it may be for an older record)
            - `duplicate`: the idempotency key was used before, and no run was made
    """

    record: StreamRecord
    idempotency_status: IdempotencyStatus | str
    continuation_status: ContinuationStatus | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.stream_record import StreamRecord

        d = dict(src_dict)
        _record = d.pop("record")
        return cls(
            record=StreamRecord.from_dict(_record),
            idempotency_status=d.pop("idempotency_status"),
            continuation_status=d.pop("continuation_status", UNSET),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "record": self.record.to_dict(),
            "idempotency_status": self.idempotency_status,
        }
        if not isinstance(self.continuation_status, Unset):
            result["continuation_status"] = self.continuation_status
        return result

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties)

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

    def __iter__(self) -> Iterator[str]:
        return iter(self.additional_properties)
