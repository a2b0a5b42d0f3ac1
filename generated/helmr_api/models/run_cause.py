# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


@_attrs_define(kw_only=True)
class RunCause:
    """Why the run was made; empty for the run of a start.

    Attributes:
        kind: `stream_record` for a continuation run.
        record_id: The input record that owed the run.
        stream_id: The record's stream.
        sequence: The record's sequence.
    """

    kind: str | Unset = UNSET
    record_id: str | Unset = UNSET
    stream_id: str | Unset = UNSET
    sequence: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        d = dict(src_dict)
        return cls(
            kind=d.pop("kind", UNSET),
            record_id=d.pop("record_id", UNSET),
            stream_id=d.pop("stream_id", UNSET),
            sequence=d.pop("sequence", UNSET),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
        }
        if not isinstance(self.kind, Unset):
            result["kind"] = self.kind
        if not isinstance(self.record_id, Unset):
            result["record_id"] = self.record_id
        if not isinstance(self.stream_id, Unset):
            result["stream_id"] = self.stream_id
        if not isinstance(self.sequence, Unset):
            result["sequence"] = self.sequence
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
