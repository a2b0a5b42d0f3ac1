# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset, format_datetime, parse_datetime


@_attrs_define(kw_only=True)
class StreamRecord:
    """A record of a stream.

    Attributes:
        id: The record's id.
        stream_id: Its stream.
        sequence: Its number in the stream, without gaps.
        data: Any JSON, also null. Always present.
        content_type: As given; `application/json` when none was.
        created_at: When it was appended.
        correlation_id: What it belongs to. Omitted when it has none.
    """

    id: str
    stream_id: str
    sequence: int
    data: Any
    content_type: str
    created_at: datetime.datetime
    correlation_id: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        d = dict(src_dict)
        _created_at = d.pop("created_at")
        return cls(
            id=d.pop("id"),
            stream_id=d.pop("stream_id"),
            sequence=d.pop("sequence"),
            data=d.pop("data"),
            content_type=d.pop("content_type"),
            created_at=parse_datetime(_created_at),
            correlation_id=d.pop("correlation_id", UNSET),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "stream_id": self.stream_id,
            "sequence": self.sequence,
            "data": self.data,
            "content_type": self.content_type,
            "created_at": format_datetime(self.created_at),
        }
        if not isinstance(self.correlation_id, Unset):
            result["correlation_id"] = self.correlation_id
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
