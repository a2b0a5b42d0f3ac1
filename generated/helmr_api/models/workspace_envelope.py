# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.workspace import Workspace


@lazy_attrs.frozen(kw_only=True, repr=False)
class WorkspaceEnvelope(Model):
    """A workspace.

    Attributes:
        workspace: A directory that belongs to a sandbox. Its files are kept as versions; a worker
            mounts the current one so that runs, execs and PTYs can work in it.
        is_cached: True when it is the workspace of a known idempotency key. Omitted otherwise.
    """

    __module__ = "helmr.types"
    _shown = ("workspace", "is_cached")

    workspace: Workspace
    is_cached: bool | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.workspace import Workspace

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_workspace(made, Workspace.from_dict(d.pop("workspace")))
        _set_is_cached(made, d.pop("is_cached", None))
        _set_additional_properties(made, d)  # what is left
        if not (made.is_cached is None or type(made.is_cached) is bool):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "workspace": self.workspace.to_dict(),
        }
        if self.is_cached is not None:
            result["is_cached"] = self.is_cached
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_workspace,
    _set_is_cached,
    _set_additional_properties,
) = setters(WorkspaceEnvelope)
