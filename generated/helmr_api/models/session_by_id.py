# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from attrs import define as _attrs_define

from ..types import UNSET, Unset


@_attrs_define(kw_only=True)
class SessionById:
    """A session by its id.

    Attributes:
        type_: Always `id`.
        id: The session's id.
        external_id: Ignored in this form.
    """

    type_: Literal["id"]
    id: str
    external_id: str | None | Unset = UNSET

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        d = dict(src_dict)
        return cls(
            type_=d.pop("type"),
            id=d.pop("id"),
            external_id=d.pop("external_id", UNSET),
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            "type": self.type_,
            "id": self.id,
        }
        if not isinstance(self.external_id, Unset):
            result["external_id"] = self.external_id
        return result
