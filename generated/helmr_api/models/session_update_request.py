# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model

if TYPE_CHECKING:
    pass


@lazy_attrs.define(kw_only=True, repr=False)
class SessionUpdateRequest(Model):
    """The fields to change; omitted ones are unchanged.

    Attributes:
        metadata: Replaces the whole object; `{}` clears it. `null` is refused.
        tags: Replaces all tags; `[]` clears them. `null` changes nothing.
        expires_at: A later expiry. The session must have one that is still in the future, and the new
            one must be later than both it and now. `null` changes nothing; an expiry cannot be removed.
    """

    __module__ = "helmr.types"

    metadata: dict[str, Any] | None = None
    tags: list[str] | None = None
    expires_at: datetime.datetime | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
        expires_at: datetime.datetime | None = None,
    ) -> None:
        self.metadata = metadata
        self.tags = tags
        self.expires_at = expires_at

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        _expires_at = d.pop("expires_at", None)
        return cls(
            metadata=d.pop("metadata", None),
            tags=d.pop("tags", None),
            expires_at=None if _expires_at is None else parse_datetime(_expires_at),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if self.metadata is not None:
            result["metadata"] = self.metadata
        if self.tags is not None:
            result["tags"] = self.tags
        if self.expires_at is not None:
            result["expires_at"] = format_datetime(self.expires_at)
        return result
