# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset, format_datetime, parse_datetime


@_attrs_define(kw_only=True)
class PendingWait:
    """What a run waits for. Declared for later; this version of the server does not send it.

    Attributes:
        id: Id of the wait.
        created_at: When the wait began.
        kind: `stream`, `token` or `timer`.
        status: Status of the wait.
        params: Any JSON. Parameters of the wait.
        metadata: Any JSON.
        tags: Labels of the wait.
        timeout: Time-out of the wait.
    """

    id: str
    created_at: datetime.datetime
    kind: str | Unset = UNSET
    status: str | Unset = UNSET
    params: Any | Unset = UNSET
    metadata: Any | Unset = UNSET
    tags: list[str] | Unset = UNSET
    timeout: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        d = dict(src_dict)
        _created_at = d.pop("created_at")
        return cls(
            id=d.pop("id"),
            created_at=parse_datetime(_created_at),
            kind=d.pop("kind", UNSET),
            status=d.pop("status", UNSET),
            params=d.pop("params", UNSET),
            metadata=d.pop("metadata", UNSET),
            tags=d.pop("tags", UNSET),
            timeout=d.pop("timeout", UNSET),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "created_at": format_datetime(self.created_at),
        }
        if not isinstance(self.kind, Unset):
            result["kind"] = self.kind
        if not isinstance(self.status, Unset):
            result["status"] = self.status
        if not isinstance(self.params, Unset):
            result["params"] = self.params
        if not isinstance(self.metadata, Unset):
            result["metadata"] = self.metadata
        if not isinstance(self.tags, Unset):
            result["tags"] = self.tags
        if not isinstance(self.timeout, Unset):
            result["timeout"] = self.timeout
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
