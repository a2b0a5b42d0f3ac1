# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define

from ..types import UNSET, Unset, format_datetime, parse_datetime

if TYPE_CHECKING:
    from ..models.public_access_scope_request import PublicAccessScopeRequest


@_attrs_define(kw_only=True)
class PublicAccessTokenCreateRequest:
    """A public access token to create.

    Attributes:
        scope: What the token shall allow.
        expires_at: Until when it can be used; in the future, without a limit; in 30 days when left out.
        max_uses: How many successful calls it allows; any number when left out.
    """

    scope: PublicAccessScopeRequest
    expires_at: datetime.datetime | None | Unset = UNSET
    max_uses: int | None | Unset = UNSET

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.public_access_scope_request import PublicAccessScopeRequest

        d = dict(src_dict)
        _scope = d.pop("scope")
        _expires_at = d.pop("expires_at", UNSET)
        return cls(
            scope=PublicAccessScopeRequest.from_dict(_scope),
            expires_at=_expires_at
            if isinstance(_expires_at, Unset)
            else None
            if _expires_at is None
            else parse_datetime(_expires_at),
            max_uses=d.pop("max_uses", UNSET),
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            "scope": self.scope.to_dict(),
        }
        if not isinstance(self.expires_at, Unset):
            result["expires_at"] = None if self.expires_at is None else format_datetime(self.expires_at)
        if not isinstance(self.max_uses, Unset):
            result["max_uses"] = self.max_uses
        return result
