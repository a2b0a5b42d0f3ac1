# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model

if TYPE_CHECKING:
    from ..models.public_access_scope_request import PublicAccessScopeRequest


@lazy_attrs.define(kw_only=True, repr=False)
class PublicAccessTokenCreateRequest(Model):
    """A public access token to create.

    Attributes:
        scope: What the token allows.
        expires_at: The time until which it can be used. Any time in the future; 30 days from now when
            left out.
        max_uses: The number of successful requests it allows; unlimited by default.
    """

    __module__ = "helmr.types"
    _shown = ("scope", "max_uses")

    scope: PublicAccessScopeRequest
    expires_at: datetime.datetime | None = None
    max_uses: int | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        scope: PublicAccessScopeRequest,
        expires_at: datetime.datetime | None = None,
        max_uses: int | None = None,
    ) -> None:
        self.scope = scope
        self.expires_at = expires_at
        self.max_uses = max_uses

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.public_access_scope_request import PublicAccessScopeRequest

        d = dict(src_dict)
        _expires_at = d.pop("expires_at", None)
        return cls(
            scope=PublicAccessScopeRequest.from_dict(d.pop("scope")),
            expires_at=None if _expires_at is None else parse_datetime(_expires_at),
            max_uses=d.pop("max_uses", None),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            "scope": self.scope.to_dict(),
        }
        if self.expires_at is not None:
            result["expires_at"] = format_datetime(self.expires_at)
        if self.max_uses is not None:
            result["max_uses"] = self.max_uses
        return result
