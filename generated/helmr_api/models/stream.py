# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.stream_direction import StreamDirection
from ..types import format_datetime, parse_datetime

if TYPE_CHECKING:
    from ..models.metadata import Metadata


@_attrs_define(kw_only=True)
class Stream:
    """A stream of a session. An input and an output stream of one name are two streams.

    Attributes:
        id: The stream's id.
        session_id: Its session.
        name: The name that the deployment declares.
        direction: - `input`: others send, the task reads
            - `output`: the task writes, others read
        sequence: Sequence of the newest record; 0 when there is none.
        metadata: Free data of yours. Numbers pass through 64-bit floats: integers beyond 2^53 lose precision, and numbers
            outside the range of a float are refused (400).
        created_at: When the stream was first used or listed.
    """

    id: str
    session_id: str
    name: str
    direction: StreamDirection | str
    sequence: int
    metadata: Metadata
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.metadata import Metadata

        d = dict(src_dict)
        _metadata = d.pop("metadata")
        _created_at = d.pop("created_at")
        return cls(
            id=d.pop("id"),
            session_id=d.pop("session_id"),
            name=d.pop("name"),
            direction=d.pop("direction"),
            sequence=d.pop("sequence"),
            metadata=Metadata.from_dict(_metadata),
            created_at=parse_datetime(_created_at),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "session_id": self.session_id,
            "name": self.name,
            "direction": self.direction,
            "sequence": self.sequence,
            "metadata": self.metadata.to_dict(),
            "created_at": format_datetime(self.created_at),
        }
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
