# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunCancelRequestedAttributes(Model):
    """Attributes of `run.cancel_requested`.

    Attributes:
        reason: Reason of the cancel.
        force: Always false.
    """

    __module__ = "helmr.types"
    _shown = ("force",)

    reason: str
    force: bool
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_reason(made, d.pop("reason"))
        _set_force(made, d.pop("force"))
        _set_additional_properties(made, d)  # what is left
        if not (type(made.reason) is str and type(made.force) is bool):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "reason": self.reason,
            "force": self.force,
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_reason,
    _set_force,
    _set_additional_properties,
) = setters(RunCancelRequestedAttributes)
