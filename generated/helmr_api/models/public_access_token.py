# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.public_access_scope import PublicAccessScope


@lazy_attrs.frozen(kw_only=True, repr=False)
class PublicAccessToken(Model):
    """A public access token for a stream.

    Attributes:
        id: The token's id.
        public_access_token: The bearer. A secret; shown only here.
        scope: What the token allows.
        expires_at: The time until which it can be used.
        created_at: When it was created.
        max_uses: Omitted when unlimited.
    """

    __module__ = "helmr.types"
    _shown = ("id", "scope", "max_uses")

    id: str
    public_access_token: str
    scope: PublicAccessScope
    expires_at: datetime.datetime
    created_at: datetime.datetime
    max_uses: int | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.public_access_scope import PublicAccessScope

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_public_access_token(made, d.pop("public_access_token"))
        _set_scope(made, PublicAccessScope.from_dict(d.pop("scope")))
        _set_expires_at(made, parse_datetime(d.pop("expires_at")))
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_max_uses(made, d.pop("max_uses", None))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.public_access_token) is str
            and (made.max_uses is None or type(made.max_uses) is int)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "public_access_token": self.public_access_token,
            "scope": self.scope.to_dict(),
            "expires_at": format_datetime(self.expires_at),
            "created_at": format_datetime(self.created_at),
        }
        if self.max_uses is not None:
            result["max_uses"] = self.max_uses
        return result

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_public_access_token,
    _set_scope,
    _set_expires_at,
    _set_created_at,
    _set_max_uses,
    _set_additional_properties,
) = setters(PublicAccessToken)
