# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define

from ..types import UNSET, Unset, format_datetime, parse_datetime

if TYPE_CHECKING:
    from ..models.metadata import Metadata


@_attrs_define(kw_only=True)
class SessionUpdateRequest:
    """What to change; what is left out stays.

    Attributes:
        metadata: Free data of yours. Numbers pass through 64-bit floats: integers beyond 2^53 lose precision, and numbers
            outside the range of a float are refused (400).
        tags: Replaces all tags; `[]` clears them. `null` changes nothing.
        expires_at: A later expiry. The session must have one that is still in the future, and the new one must be
            later than both it and now. `null` changes nothing; an expiry cannot be removed.
    """

    metadata: Metadata | Unset = UNSET
    tags: list[str] | None | Unset = UNSET
    expires_at: datetime.datetime | None | Unset = UNSET

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.metadata import Metadata

        d = dict(src_dict)
        _metadata = d.pop("metadata", UNSET)
        _expires_at = d.pop("expires_at", UNSET)
        return cls(
            metadata=_metadata if isinstance(_metadata, Unset) else Metadata.from_dict(_metadata),
            tags=d.pop("tags", UNSET),
            expires_at=_expires_at
            if isinstance(_expires_at, Unset)
            else None
            if _expires_at is None
            else parse_datetime(_expires_at),
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {}
        if not isinstance(self.metadata, Unset):
            result["metadata"] = self.metadata.to_dict()
        if not isinstance(self.tags, Unset):
            result["tags"] = self.tags
        if not isinstance(self.expires_at, Unset):
            result["expires_at"] = None if self.expires_at is None else format_datetime(self.expires_at)
        return result
