# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.workspace_version import WorkspaceVersion


@lazy_attrs.frozen(kw_only=True, repr=False)
class WorkspaceVersionList(Model):
    """Versions of a workspace.

    Attributes:
        versions: Newest first, at most `limit`.
    """

    __module__ = "helmr.types"
    _shown = ("versions",)

    versions: list[WorkspaceVersion]
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.workspace_version import WorkspaceVersion

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_versions(made, [WorkspaceVersion.from_dict(item) for item in d.pop("versions")])
        _set_additional_properties(made, d)  # what is left
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "versions": [item.to_dict() for item in self.versions],
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_versions,
    _set_additional_properties,
) = setters(WorkspaceVersionList)
