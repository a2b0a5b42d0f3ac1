# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from attrs import define as _attrs_define

from ..types import UNSET, Unset


@_attrs_define(kw_only=True)
class SessionByExternalId:
    """A session by its external id.

    Attributes:
        type_: Always `external_id`.
        external_id: The session's external id; at most 512 bytes.
        id: Ignored in this form.
    """

    type_: Literal["external_id"]
    external_id: str
    id: str | None | Unset = UNSET

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        d = dict(src_dict)
        return cls(
            type_=d.pop("type"),
            external_id=d.pop("external_id"),
            id=d.pop("id", UNSET),
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            "type": self.type_,
            "external_id": self.external_id,
        }
        if not isinstance(self.id, Unset):
            result["id"] = self.id
        return result
