# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.workspace import Workspace


@lazy_attrs.frozen(kw_only=True, repr=False)
class WorkspaceList(Model):
    """Workspaces of the environment.

    Attributes:
        workspaces: Most recently updated first, at most `limit`.
    """

    __module__ = "helmr.types"
    _shown = ("workspaces",)

    workspaces: list[Workspace]
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.workspace import Workspace

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_workspaces(made, [Workspace.from_dict(item) for item in d.pop("workspaces")])
        _set_additional_properties(made, d)  # what is left
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "workspaces": [item.to_dict() for item in self.workspaces],
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_workspaces,
    _set_additional_properties,
) = setters(WorkspaceList)
