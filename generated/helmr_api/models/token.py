# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.token_status import TokenStatus
from ..types import UNSET, Unset, format_datetime, parse_datetime

if TYPE_CHECKING:
    from ..models.metadata import Metadata


@_attrs_define(kw_only=True)
class Token:
    """A decision that somebody outside makes.

    Attributes:
        id: The token's id.
        status: - `pending`: waits for its completion; past `timeout_at` it counts as expired already
            - `completed`: has its data, for good
            - `expired`: was not completed in time
            - `cancelled`: was cancelled
        timeout_at: Until when it can be completed.
        metadata: Free data of yours. Numbers pass through 64-bit floats: integers beyond 2^53 lose precision, and numbers
            outside the range of a float are refused (400).
        callback_url: Completes the token without a credential. A secret. Only in the answer to `createToken`, and only
            when the server has a public URL.
        public_access_token: Completes the token without an API key. A secret. Only in the answer to `createToken`.
        data: Any JSON, also null: what it was completed with. Omitted unless completed.
        tags: Sorted, without duplicates. Omitted when there are none.
    """

    id: str
    status: TokenStatus | str
    timeout_at: datetime.datetime
    metadata: Metadata
    callback_url: str | Unset = _attrs_field(default=UNSET, repr=False)
    public_access_token: str | Unset = _attrs_field(default=UNSET, repr=False)
    data: Any | Unset = UNSET
    tags: list[str] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.metadata import Metadata

        d = dict(src_dict)
        _timeout_at = d.pop("timeout_at")
        _metadata = d.pop("metadata")
        return cls(
            id=d.pop("id"),
            status=d.pop("status"),
            timeout_at=parse_datetime(_timeout_at),
            metadata=Metadata.from_dict(_metadata),
            callback_url=d.pop("callback_url", UNSET),
            public_access_token=d.pop("public_access_token", UNSET),
            data=d.pop("data", UNSET),
            tags=d.pop("tags", UNSET),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "status": self.status,
            "timeout_at": format_datetime(self.timeout_at),
            "metadata": self.metadata.to_dict(),
        }
        if not isinstance(self.callback_url, Unset):
            result["callback_url"] = self.callback_url
        if not isinstance(self.public_access_token, Unset):
            result["public_access_token"] = self.public_access_token
        if not isinstance(self.data, Unset):
            result["data"] = self.data
        if not isinstance(self.tags, Unset):
            result["tags"] = self.tags
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
