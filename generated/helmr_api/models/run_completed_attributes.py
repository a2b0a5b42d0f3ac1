# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunCompletedAttributes(Model):
    """Attributes of `run.completed`.

    Attributes:
        exit_code: Always 0.
    """

    __module__ = "helmr.types"
    _shown = ("exit_code",)

    exit_code: int
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_exit_code(made, d.pop("exit_code"))
        _set_additional_properties(made, d)  # what is left
        if not (type(made.exit_code) is int):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "exit_code": self.exit_code,
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_exit_code,
    _set_additional_properties,
) = setters(RunCompletedAttributes)
