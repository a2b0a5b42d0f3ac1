# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset, format_datetime, parse_datetime

if TYPE_CHECKING:
    from ..models.public_access_scope import PublicAccessScope


@_attrs_define(kw_only=True)
class PublicAccessToken:
    """A public access token for a stream.

    Attributes:
        id: The token's id.
        public_access_token: The bearer. A secret; shown only here.
        scope: What the token allows.
        expires_at: Until when it can be used.
        created_at: When it was made.
        max_uses: Omitted when unlimited.
    """

    id: str
    public_access_token: str = _attrs_field(repr=False)
    scope: PublicAccessScope
    expires_at: datetime.datetime
    created_at: datetime.datetime
    max_uses: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.public_access_scope import PublicAccessScope

        d = dict(src_dict)
        _scope = d.pop("scope")
        _expires_at = d.pop("expires_at")
        _created_at = d.pop("created_at")
        return cls(
            id=d.pop("id"),
            public_access_token=d.pop("public_access_token"),
            scope=PublicAccessScope.from_dict(_scope),
            expires_at=parse_datetime(_expires_at),
            created_at=parse_datetime(_created_at),
            max_uses=d.pop("max_uses", UNSET),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "public_access_token": self.public_access_token,
            "scope": self.scope.to_dict(),
            "expires_at": format_datetime(self.expires_at),
            "created_at": format_datetime(self.created_at),
        }
        if not isinstance(self.max_uses, Unset):
            result["max_uses"] = self.max_uses
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
