# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.workspace_version import WorkspaceVersion


@lazy_attrs.frozen(kw_only=True, repr=False)
class WorkspaceVersionEnvelope(Model):
    """A version of a workspace.

    Attributes:
        version: The files of a workspace at one point in time.
    """

    __module__ = "helmr.types"
    _shown = ("version",)

    version: WorkspaceVersion
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.workspace_version import WorkspaceVersion

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_version(made, WorkspaceVersion.from_dict(d.pop("version")))
        _set_additional_properties(made, d)  # what is left
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "version": self.version.to_dict(),
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_version,
    _set_additional_properties,
) = setters(WorkspaceVersionEnvelope)
