# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.workspace_file import WorkspaceFile


@lazy_attrs.frozen(kw_only=True, repr=False)
class WorkspaceFileStat(Model):
    """The entry at a path.

    Attributes:
        entry: An entry in the directory of a workspace.
    """

    __module__ = "helmr.types"
    _shown = ("entry",)

    entry: WorkspaceFile
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.workspace_file import WorkspaceFile

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_entry(made, WorkspaceFile.from_dict(d.pop("entry")))
        _set_additional_properties(made, d)  # what is left
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "entry": self.entry.to_dict(),
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_entry,
    _set_additional_properties,
) = setters(WorkspaceFileStat)
