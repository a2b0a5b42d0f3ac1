# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters
from ..models.workspace_mount_state import WorkspaceMountState


@lazy_attrs.frozen(kw_only=True, repr=False)
class WorkspaceMount(Model):
    """A version of a workspace on a worker. At most one mount of a workspace is `mounting`, `mounted` or
    `unmounting`. When a mount becomes `failed` or `lost`, its execs and PTYs become `lost` with the error
    code `workspace_mount_failed` or `workspace_mount_lost`; if files had changed, the workspace becomes
    `recovery_required`.

    Attributes:
        id: The mount's id.
        project_id: The project.
        environment_id: The environment.
        workspace_id: The workspace.
        deployment_sandbox_id: The sandbox that it is mounted with.
        state:
            - `mounting`: requested; no worker has mounted it yet
            - `mounted`: it can be used
            - `unmounting`: it is being stopped; changed files are stored
            - `unmounted`: stopped
            - `lost`: its worker has sent no heartbeat for 5 minutes
            - `failed`: its worker could not mount or store it
        claim_attempt: The number of attempts to mount it; always 0.
        fencing_generation: Counts its owners, from 1.
        dirty_generation: Counts changes of files, from 0.
        created_at: When it was requested.
        updated_at: When it changed last.
        base_version_id: The version that is mounted. Omitted when unset.
        worker_instance_id: Omitted; no server sets it yet.
        reservation_expires_at: Omitted; no server sets it yet.
        last_heartbeat_at: When its worker last reported. Omitted until then.
    """

    __module__ = "helmr.types"
    _shown = ("id", "state", "claim_attempt", "fencing_generation", "dirty_generation")

    id: str
    project_id: str
    environment_id: str
    workspace_id: str
    deployment_sandbox_id: str
    state: WorkspaceMountState | str
    claim_attempt: int
    fencing_generation: int
    dirty_generation: int
    created_at: datetime.datetime
    updated_at: datetime.datetime
    base_version_id: str | None = None
    worker_instance_id: str | None = None
    reservation_expires_at: datetime.datetime | None = None
    last_heartbeat_at: datetime.datetime | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        _reservation_expires_at = d.pop("reservation_expires_at", None)
        _last_heartbeat_at = d.pop("last_heartbeat_at", None)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_project_id(made, d.pop("project_id"))
        _set_environment_id(made, d.pop("environment_id"))
        _set_workspace_id(made, d.pop("workspace_id"))
        _set_deployment_sandbox_id(made, d.pop("deployment_sandbox_id"))
        _set_state(made, d.pop("state"))
        _set_claim_attempt(made, d.pop("claim_attempt"))
        _set_fencing_generation(made, d.pop("fencing_generation"))
        _set_dirty_generation(made, d.pop("dirty_generation"))
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_updated_at(made, parse_datetime(d.pop("updated_at")))
        _set_base_version_id(made, d.pop("base_version_id", None))
        _set_worker_instance_id(made, d.pop("worker_instance_id", None))
        _set_reservation_expires_at(
            made, None if _reservation_expires_at is None else parse_datetime(_reservation_expires_at)
        )
        _set_last_heartbeat_at(
            made, None if _last_heartbeat_at is None else parse_datetime(_last_heartbeat_at)
        )
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.project_id) is str
            and type(made.environment_id) is str
            and type(made.workspace_id) is str
            and type(made.deployment_sandbox_id) is str
            and type(made.state) is str
            and type(made.claim_attempt) is int
            and type(made.fencing_generation) is int
            and type(made.dirty_generation) is int
            and (made.base_version_id is None or type(made.base_version_id) is str)
            and (made.worker_instance_id is None or type(made.worker_instance_id) is str)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "project_id": self.project_id,
            "environment_id": self.environment_id,
            "workspace_id": self.workspace_id,
            "deployment_sandbox_id": self.deployment_sandbox_id,
            "state": self.state,
            "claim_attempt": self.claim_attempt,
            "fencing_generation": self.fencing_generation,
            "dirty_generation": self.dirty_generation,
            "created_at": format_datetime(self.created_at),
            "updated_at": format_datetime(self.updated_at),
        }
        if self.base_version_id is not None:
            result["base_version_id"] = self.base_version_id
        if self.worker_instance_id is not None:
            result["worker_instance_id"] = self.worker_instance_id
        if self.reservation_expires_at is not None:
            result["reservation_expires_at"] = format_datetime(self.reservation_expires_at)
        if self.last_heartbeat_at is not None:
            result["last_heartbeat_at"] = format_datetime(self.last_heartbeat_at)
        return result

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_project_id,
    _set_environment_id,
    _set_workspace_id,
    _set_deployment_sandbox_id,
    _set_state,
    _set_claim_attempt,
    _set_fencing_generation,
    _set_dirty_generation,
    _set_created_at,
    _set_updated_at,
    _set_base_version_id,
    _set_worker_instance_id,
    _set_reservation_expires_at,
    _set_last_heartbeat_at,
    _set_additional_properties,
) = setters(WorkspaceMount)
