# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters
from ..models.workspace_stop_state import WorkspaceStopState

if TYPE_CHECKING:
    from ..models.workspace_mount import WorkspaceMount


@lazy_attrs.frozen(kw_only=True, repr=False)
class WorkspaceStop(Model):
    """What the stop did.

    Attributes:
        workspace_id: The workspace.
        state:
            - `no_active_mount`: there was nothing to stop
            - `unmounted`: stopped
            - `unmounting`: a worker stops it
        mount: The mount that was stopped. Omitted when there was none.
    """

    __module__ = "helmr.types"
    _shown = ("state", "mount")

    workspace_id: str
    state: WorkspaceStopState | str
    mount: WorkspaceMount | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.workspace_mount import WorkspaceMount

        d = dict(src_dict)
        _mount = d.pop("mount", None)
        made = cls.__new__(cls)
        _set_workspace_id(made, d.pop("workspace_id"))
        _set_state(made, d.pop("state"))
        _set_mount(made, None if _mount is None else WorkspaceMount.from_dict(_mount))
        _set_additional_properties(made, d)  # what is left
        if not (type(made.workspace_id) is str and type(made.state) is str):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "workspace_id": self.workspace_id,
            "state": self.state,
        }
        if self.mount is not None:
            result["mount"] = self.mount.to_dict()
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_workspace_id,
    _set_state,
    _set_mount,
    _set_additional_properties,
) = setters(WorkspaceStop)
