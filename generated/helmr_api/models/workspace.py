# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters
from ..models.workspace_desired_state import WorkspaceDesiredState
from ..models.workspace_dirty_state import WorkspaceDirtyState
from ..models.workspace_state import WorkspaceState

if TYPE_CHECKING:
    pass


@lazy_attrs.frozen(kw_only=True, repr=False)
class Workspace(Model):
    """A directory that belongs to a sandbox. Its files are kept as versions; a worker mounts the current one
    so that runs, execs and PTYs can work in it.

    Attributes:
        id: The workspace's id.
        project_id: The project.
        environment_id: The environment.
        deployment_sandbox_id: The sandbox of the deployment that it was created with; it does not
            change.
        sandbox_id: The name of the sandbox.
        sandbox_fingerprint: The sandbox's fingerprint at creation.
        state:
            - `active`: it can be used
            - `recovery_required`: its mount was lost or failed with changed files; it can be read, changed and
              archived, but not mounted
            - `archived`: archived for good
            - `deleting`: being deleted; no server writes it yet
            - `deleted`: deleted; no server writes it yet
        desired_state:
            - `active`: the last request was for a mount, or it is new
            - `stopped`: the last request was a stop
            - `archived`: it was archived
            - `deleted`: it was deleted; no server writes it yet
        dirty_state:
            - `clean`: the current version has all files
            - `dirty`: files may have changed since, in the active mount
            - `capturing`: changed files are being stored; no server writes it yet
            - `capture_failed`: changed files could not be stored
            - `dirty_state_lost`: the mount was lost with its changed files
        metadata: Your own data. Numbers pass through 64-bit floats: integers beyond 2^53 lose
            precision, and numbers outside the range of a float are refused (400).
        last_activity_at: When a run published a version last; before that, when it was created.
        created_at: When it was created.
        updated_at: When it changed last.
        external_id: Your own name for it. Omitted when there is none.
        current_version_id: The version that files are read from and that is mounted next. Omitted when
            unset.
        last_workspace_mount_id: Omitted; no server sets it yet.
        tags: Sorted, without duplicates. Omitted when there are none.
        auto_stop_at: Omitted; no server sets it yet.
        auto_archive_at: Omitted; no server sets it yet.
        auto_delete_at: Omitted; no server sets it yet.
        archived_at: When it was archived. Omitted until then.
        deleted_at: Omitted; no server sets it yet.
    """

    __module__ = "helmr.types"
    _shown = ("id", "sandbox_id", "state", "desired_state", "dirty_state", "external_id")

    id: str
    project_id: str
    environment_id: str
    deployment_sandbox_id: str
    sandbox_id: str
    sandbox_fingerprint: str
    state: WorkspaceState | str
    desired_state: WorkspaceDesiredState | str
    dirty_state: WorkspaceDirtyState | str
    metadata: dict[str, Any]
    last_activity_at: datetime.datetime
    created_at: datetime.datetime
    updated_at: datetime.datetime
    external_id: str | None = None
    current_version_id: str | None = None
    last_workspace_mount_id: str | None = None
    tags: list[str] | None = None
    auto_stop_at: datetime.datetime | None = None
    auto_archive_at: datetime.datetime | None = None
    auto_delete_at: datetime.datetime | None = None
    archived_at: datetime.datetime | None = None
    deleted_at: datetime.datetime | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        _auto_stop_at = d.pop("auto_stop_at", None)
        _auto_archive_at = d.pop("auto_archive_at", None)
        _auto_delete_at = d.pop("auto_delete_at", None)
        _archived_at = d.pop("archived_at", None)
        _deleted_at = d.pop("deleted_at", None)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_project_id(made, d.pop("project_id"))
        _set_environment_id(made, d.pop("environment_id"))
        _set_deployment_sandbox_id(made, d.pop("deployment_sandbox_id"))
        _set_sandbox_id(made, d.pop("sandbox_id"))
        _set_sandbox_fingerprint(made, d.pop("sandbox_fingerprint"))
        _set_state(made, d.pop("state"))
        _set_desired_state(made, d.pop("desired_state"))
        _set_dirty_state(made, d.pop("dirty_state"))
        _set_metadata(made, d.pop("metadata"))
        _set_last_activity_at(made, parse_datetime(d.pop("last_activity_at")))
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_updated_at(made, parse_datetime(d.pop("updated_at")))
        _set_external_id(made, d.pop("external_id", None))
        _set_current_version_id(made, d.pop("current_version_id", None))
        _set_last_workspace_mount_id(made, d.pop("last_workspace_mount_id", None))
        _set_tags(made, d.pop("tags", None))
        _set_auto_stop_at(made, None if _auto_stop_at is None else parse_datetime(_auto_stop_at))
        _set_auto_archive_at(made, None if _auto_archive_at is None else parse_datetime(_auto_archive_at))
        _set_auto_delete_at(made, None if _auto_delete_at is None else parse_datetime(_auto_delete_at))
        _set_archived_at(made, None if _archived_at is None else parse_datetime(_archived_at))
        _set_deleted_at(made, None if _deleted_at is None else parse_datetime(_deleted_at))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.project_id) is str
            and type(made.environment_id) is str
            and type(made.deployment_sandbox_id) is str
            and type(made.sandbox_id) is str
            and type(made.sandbox_fingerprint) is str
            and type(made.state) is str
            and type(made.desired_state) is str
            and type(made.dirty_state) is str
            and type(made.metadata) is dict
            and (made.external_id is None or type(made.external_id) is str)
            and (made.current_version_id is None or type(made.current_version_id) is str)
            and (made.last_workspace_mount_id is None or type(made.last_workspace_mount_id) is str)
            and (
                made.tags is None or type(made.tags) is list and all(type(item) is str for item in made.tags)
            )
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "project_id": self.project_id,
            "environment_id": self.environment_id,
            "deployment_sandbox_id": self.deployment_sandbox_id,
            "sandbox_id": self.sandbox_id,
            "sandbox_fingerprint": self.sandbox_fingerprint,
            "state": self.state,
            "desired_state": self.desired_state,
            "dirty_state": self.dirty_state,
            "metadata": self.metadata,
            "last_activity_at": format_datetime(self.last_activity_at),
            "created_at": format_datetime(self.created_at),
            "updated_at": format_datetime(self.updated_at),
        }
        if self.external_id is not None:
            result["external_id"] = self.external_id
        if self.current_version_id is not None:
            result["current_version_id"] = self.current_version_id
        if self.last_workspace_mount_id is not None:
            result["last_workspace_mount_id"] = self.last_workspace_mount_id
        if self.tags is not None:
            result["tags"] = self.tags
        if self.auto_stop_at is not None:
            result["auto_stop_at"] = format_datetime(self.auto_stop_at)
        if self.auto_archive_at is not None:
            result["auto_archive_at"] = format_datetime(self.auto_archive_at)
        if self.auto_delete_at is not None:
            result["auto_delete_at"] = format_datetime(self.auto_delete_at)
        if self.archived_at is not None:
            result["archived_at"] = format_datetime(self.archived_at)
        if self.deleted_at is not None:
            result["deleted_at"] = format_datetime(self.deleted_at)
        return result

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_project_id,
    _set_environment_id,
    _set_deployment_sandbox_id,
    _set_sandbox_id,
    _set_sandbox_fingerprint,
    _set_state,
    _set_desired_state,
    _set_dirty_state,
    _set_metadata,
    _set_last_activity_at,
    _set_created_at,
    _set_updated_at,
    _set_external_id,
    _set_current_version_id,
    _set_last_workspace_mount_id,
    _set_tags,
    _set_auto_stop_at,
    _set_auto_archive_at,
    _set_auto_delete_at,
    _set_archived_at,
    _set_deleted_at,
    _set_additional_properties,
) = setters(Workspace)
