# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class ScopedSession(Model):
    """The session that a public access token is bound to, always by id.

    Attributes:
        type_: Always `id`.
        id: The session's id.
    """

    __module__ = "helmr.types"
    _shown = ("id",)
    _wire_names = {"type_": "type"}

    type_: str
    id: str
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_type_(made, d.pop("type"))
        _set_id(made, d.pop("id"))
        _set_additional_properties(made, d)  # what is left
        if not (type(made.type_) is str and type(made.id) is str):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "type": self.type_,
            "id": self.id,
        }

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_type_,
    _set_id,
    _set_additional_properties,
) = setters(ScopedSession)
