# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.run_operation_kind import RunOperationKind
from ..models.run_operation_status import RunOperationStatus
from ..types import UNSET, Unset, format_datetime, parse_datetime


@_attrs_define(kw_only=True)
class RunOperation:
    """What a cancel did.

    Attributes:
        id: The operation's id.
        run_id: Its run.
        kind: Always `cancel`.
        status: - `applied`: the run was cancelled
            - `rejected`: nothing was done, the run had ended or was already stopping
        created_at: When it was asked for.
        reason: The reason as given. Omitted when empty.
        applied_at: Only when `status` is `applied`.
    """

    id: str
    run_id: str
    kind: RunOperationKind | str
    status: RunOperationStatus | str
    created_at: datetime.datetime
    reason: str | Unset = UNSET
    applied_at: datetime.datetime | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        d = dict(src_dict)
        _created_at = d.pop("created_at")
        _applied_at = d.pop("applied_at", UNSET)
        return cls(
            id=d.pop("id"),
            run_id=d.pop("run_id"),
            kind=d.pop("kind"),
            status=d.pop("status"),
            created_at=parse_datetime(_created_at),
            reason=d.pop("reason", UNSET),
            applied_at=_applied_at if isinstance(_applied_at, Unset) else parse_datetime(_applied_at),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "run_id": self.run_id,
            "kind": self.kind,
            "status": self.status,
            "created_at": format_datetime(self.created_at),
        }
        if not isinstance(self.reason, Unset):
            result["reason"] = self.reason
        if not isinstance(self.applied_at, Unset):
            result["applied_at"] = format_datetime(self.applied_at)
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
