# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.exec_ import Exec


@lazy_attrs.frozen(kw_only=True, repr=False)
class ExecList(Model):
    """Execs of a workspace.

    Attributes:
        execs: Newest first, at most `limit`.
    """

    __module__ = "helmr.types"
    _shown = ("execs",)

    execs: list[Exec]
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.exec_ import Exec

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_execs(made, [Exec.from_dict(item) for item in d.pop("execs")])
        _set_additional_properties(made, d)  # what is left
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "execs": [item.to_dict() for item in self.execs],
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_execs,
    _set_additional_properties,
) = setters(ExecList)
