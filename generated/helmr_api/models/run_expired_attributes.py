# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunExpiredAttributes(Model):
    """Attributes of `run.expired`.

    Attributes:
        ttl: The `ttl` as given.
        message: `run ttl expired before execution started`.
    """

    __module__ = "helmr.types"
    _shown = ("ttl", "message")

    ttl: str
    message: str
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_ttl(made, d.pop("ttl"))
        _set_message(made, d.pop("message"))
        _set_additional_properties(made, d)  # what is left
        if not (type(made.ttl) is str and type(made.message) is str):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "ttl": self.ttl,
            "message": self.message,
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_ttl,
    _set_message,
    _set_additional_properties,
) = setters(RunExpiredAttributes)
