# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class DeploymentError(Model):
    """Why the build failed. Omitted unless it failed with a message.

    Attributes:
        message: What went wrong, for people.
    """

    __module__ = "helmr.types"
    _shown = ("message",)

    message: str
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_message(made, d.pop("message"))
        _set_additional_properties(made, d)  # what is left
        if not (type(made.message) is str):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "message": self.message,
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_message,
    _set_additional_properties,
) = setters(DeploymentError)
