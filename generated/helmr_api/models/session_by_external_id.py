# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from .. import lazy_attrs
from ..model import Model


@lazy_attrs.define(kw_only=True, repr=False)
class SessionByExternalId(Model):
    """A session by its external id.

    Attributes:
        type_: Always `external_id`.
        external_id: The session's external id; at most 512 bytes.
        id: Ignored in this form.
    """

    __module__ = "helmr.types"
    _shown = ("type_", "external_id", "id")

    type_: Literal["external_id"]
    external_id: str
    id: str | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        type_: Literal["external_id"],
        external_id: str,
        id: str | None = None,
    ) -> None:
        self.type_ = type_
        self.external_id = external_id
        self.id = id

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            type_=d.pop("type"),
            external_id=d.pop("external_id"),
            id=d.pop("id", None),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            "type": self.type_,
            "external_id": self.external_id,
        }
        if self.id is not None:
            result["id"] = self.id
        return result
