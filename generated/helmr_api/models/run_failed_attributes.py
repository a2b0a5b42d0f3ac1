# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset, format_datetime, parse_datetime

if TYPE_CHECKING:
    from ..models.run_failure_detail import RunFailureDetail
    from ..models.workspace_mount_error import WorkspaceMountError


@_attrs_define(kw_only=True)
class RunFailedAttributes:
    """Attributes of `run.failed`. A failure of an attempt has `failure_kind` and `detail`; a failure of the
    run's workspace or checkpoint has `origin` and `message` instead.

    | `failure_kind` | Meaning |
    |---|---|
    | `task_failed` | the task exited with a code other than 0 |
    | `max_duration` | it executed longer than `max_duration_seconds` |
    | `task_not_found`, `duplicate_task_id`, `missing_config`, `task_parse_failed` | the task could not be loaded; never retried |
    | `worker_failed` | any other failure in the worker, an uncaught exception for one |
    | `secret_unavailable` | a secret could not be had when the worker needed it |
    | `worker_lease_expired` | the worker's lease ran out while it executed |

    Attributes:
        failure_kind: See the table. Omitted when `origin` is `workspace_mount` or `runtime_resume_wait`.
        detail: More about a failure.
        origin: `workspace_mount`: the workspace could not be mounted. `runtime_resume_wait`: the checkpoint of a
            parked run could not be used.
        message: What happened, with `origin`.
        reason: With `runtime_resume_wait`: `runtime_checkpoint_expired` or `workspace_version_mismatch`.
        workspace_id: With `workspace_mount`.
        workspace_mount_id: With `workspace_mount`.
        error: Why a workspace could not be mounted; its members are free.
        runtime_checkpoint_id: With `runtime_resume_wait`.
        base_workspace_version_id: With `runtime_resume_wait`.
        current_workspace_version_id: With `runtime_resume_wait`.
        runtime_checkpoint_expires_at: With `runtime_resume_wait`.
    """

    failure_kind: str | Unset = UNSET
    detail: RunFailureDetail | Unset = UNSET
    origin: str | Unset = UNSET
    message: str | Unset = UNSET
    reason: str | Unset = UNSET
    workspace_id: str | Unset = UNSET
    workspace_mount_id: str | Unset = UNSET
    error: WorkspaceMountError | Unset = UNSET
    runtime_checkpoint_id: str | None | Unset = UNSET
    base_workspace_version_id: str | None | Unset = UNSET
    current_workspace_version_id: str | None | Unset = UNSET
    runtime_checkpoint_expires_at: datetime.datetime | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.run_failure_detail import RunFailureDetail
        from ..models.workspace_mount_error import WorkspaceMountError

        d = dict(src_dict)
        _detail = d.pop("detail", UNSET)
        _error = d.pop("error", UNSET)
        _runtime_checkpoint_expires_at = d.pop("runtime_checkpoint_expires_at", UNSET)
        return cls(
            failure_kind=d.pop("failure_kind", UNSET),
            detail=_detail if isinstance(_detail, Unset) else RunFailureDetail.from_dict(_detail),
            origin=d.pop("origin", UNSET),
            message=d.pop("message", UNSET),
            reason=d.pop("reason", UNSET),
            workspace_id=d.pop("workspace_id", UNSET),
            workspace_mount_id=d.pop("workspace_mount_id", UNSET),
            error=_error if isinstance(_error, Unset) else WorkspaceMountError.from_dict(_error),
            runtime_checkpoint_id=d.pop("runtime_checkpoint_id", UNSET),
            base_workspace_version_id=d.pop("base_workspace_version_id", UNSET),
            current_workspace_version_id=d.pop("current_workspace_version_id", UNSET),
            runtime_checkpoint_expires_at=_runtime_checkpoint_expires_at
            if isinstance(_runtime_checkpoint_expires_at, Unset)
            else None
            if _runtime_checkpoint_expires_at is None
            else parse_datetime(_runtime_checkpoint_expires_at),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
        }
        if not isinstance(self.failure_kind, Unset):
            result["failure_kind"] = self.failure_kind
        if not isinstance(self.detail, Unset):
            result["detail"] = self.detail.to_dict()
        if not isinstance(self.origin, Unset):
            result["origin"] = self.origin
        if not isinstance(self.message, Unset):
            result["message"] = self.message
        if not isinstance(self.reason, Unset):
            result["reason"] = self.reason
        if not isinstance(self.workspace_id, Unset):
            result["workspace_id"] = self.workspace_id
        if not isinstance(self.workspace_mount_id, Unset):
            result["workspace_mount_id"] = self.workspace_mount_id
        if not isinstance(self.error, Unset):
            result["error"] = self.error.to_dict()
        if not isinstance(self.runtime_checkpoint_id, Unset):
            result["runtime_checkpoint_id"] = self.runtime_checkpoint_id
        if not isinstance(self.base_workspace_version_id, Unset):
            result["base_workspace_version_id"] = self.base_workspace_version_id
        if not isinstance(self.current_workspace_version_id, Unset):
            result["current_workspace_version_id"] = self.current_workspace_version_id
        if not isinstance(self.runtime_checkpoint_expires_at, Unset):
            result["runtime_checkpoint_expires_at"] = (
                None
                if self.runtime_checkpoint_expires_at is None
                else format_datetime(self.runtime_checkpoint_expires_at)
            )
        return result

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties)

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

    def __iter__(self) -> Iterator[str]:
        return iter(self.additional_properties)
