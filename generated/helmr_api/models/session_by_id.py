# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from .. import lazy_attrs
from ..model import Model


@lazy_attrs.define(kw_only=True, repr=False)
class SessionById(Model):
    """A session by its id.

    Attributes:
        type_: Always `id`.
        id: The session's id.
        external_id: Ignored in this form.
    """

    __module__ = "helmr.types"
    _shown = ("type_", "id", "external_id")

    type_: Literal["id"]
    id: str
    external_id: str | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        type_: Literal["id"],
        id: str,
        external_id: str | None = None,
    ) -> None:
        self.type_ = type_
        self.id = id
        self.external_id = external_id

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            type_=d.pop("type"),
            id=d.pop("id"),
            external_id=d.pop("external_id", None),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            "type": self.type_,
            "id": self.id,
        }
        if self.external_id is not None:
            result["external_id"] = self.external_id
        return result
