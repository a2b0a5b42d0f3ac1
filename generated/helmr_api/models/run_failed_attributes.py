# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
# A server may send types that contradict the annotations, so `from_dict` checks them.
# pyright: reportUnnecessaryIsInstance=false
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.run_failure_detail import RunFailureDetail


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunFailedAttributes(Model):
    """Attributes of `run.failed`. A failure of an attempt has `failure_kind` and `detail`; a failure of the
    run's workspace or checkpoint has `origin` and `message` instead.

    | `failure_kind` | Meaning |
    |---|---|
    | `task_failed` | the task exited with a code other than 0 |
    | `max_duration` | it executed longer than `max_duration_seconds` |
    | `task_not_found`, `duplicate_task_id`, `missing_config`, `task_parse_failed` | the task could not be loaded; never retried |
    | `worker_failed` | any other failure in the worker, such as an uncaught exception |
    | `secret_unavailable` | a secret was unavailable when the worker needed it |
    | `worker_lease_expired` | the worker's lease expired during execution |

    Attributes:
        failure_kind: See the table. Omitted when `origin` is `workspace_mount` or
            `runtime_resume_wait`.
        detail: More about a failure.
        origin: `workspace_mount`: the workspace could not be mounted. `runtime_resume_wait`: the
            checkpoint of a parked run could not be used.
        message: What happened, with `origin`.
        reason: With `runtime_resume_wait`: `runtime_checkpoint_expired` or
            `workspace_version_mismatch`.
        workspace_id: With `workspace_mount`.
        workspace_mount_id: With `workspace_mount`.
        error: Why a workspace could not be mounted; its fields are free.
        runtime_checkpoint_id: With `runtime_resume_wait`.
        base_workspace_version_id: With `runtime_resume_wait`.
        current_workspace_version_id: With `runtime_resume_wait`.
        runtime_checkpoint_expires_at: With `runtime_resume_wait`.
    """

    __module__ = "helmr.types"
    _shown = ("failure_kind", "detail")
    _keeps_null = (
        "runtime_checkpoint_id",
        "base_workspace_version_id",
        "current_workspace_version_id",
        "runtime_checkpoint_expires_at",
    )

    failure_kind: str | None = None
    detail: RunFailureDetail | None = None
    origin: str | None = None
    message: str | None = None
    reason: str | None = None
    workspace_id: str | None = None
    workspace_mount_id: str | None = None
    error: dict[str, Any] | None = None
    runtime_checkpoint_id: str | None = None
    base_workspace_version_id: str | None = None
    current_workspace_version_id: str | None = None
    runtime_checkpoint_expires_at: datetime.datetime | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.run_failure_detail import RunFailureDetail

        d = dict(src_dict)
        _detail = d.pop("detail", None)
        _runtime_checkpoint_expires_at = (
            None if d.get("runtime_checkpoint_expires_at") is None else d.pop("runtime_checkpoint_expires_at")
        )
        made = cls.__new__(cls)
        _set_failure_kind(made, d.pop("failure_kind", None))
        _set_detail(made, None if _detail is None else RunFailureDetail.from_dict(_detail))
        _set_origin(made, d.pop("origin", None))
        _set_message(made, d.pop("message", None))
        _set_reason(made, d.pop("reason", None))
        _set_workspace_id(made, d.pop("workspace_id", None))
        _set_workspace_mount_id(made, d.pop("workspace_mount_id", None))
        _set_error(made, d.pop("error", None))
        _set_runtime_checkpoint_id(
            made, None if d.get("runtime_checkpoint_id") is None else d.pop("runtime_checkpoint_id")
        )
        _set_base_workspace_version_id(
            made, None if d.get("base_workspace_version_id") is None else d.pop("base_workspace_version_id")
        )
        _set_current_workspace_version_id(
            made,
            None if d.get("current_workspace_version_id") is None else d.pop("current_workspace_version_id"),
        )
        _set_runtime_checkpoint_expires_at(
            made,
            None
            if _runtime_checkpoint_expires_at is None
            else parse_datetime(_runtime_checkpoint_expires_at),
        )
        _set_additional_properties(made, d)  # what is left
        if not (
            (made.failure_kind is None or type(made.failure_kind) is str)
            and (made.origin is None or type(made.origin) is str)
            and (made.message is None or type(made.message) is str)
            and (made.reason is None or type(made.reason) is str)
            and (made.workspace_id is None or type(made.workspace_id) is str)
            and (made.workspace_mount_id is None or type(made.workspace_mount_id) is str)
            and (made.error is None or type(made.error) is dict)
            and (made.runtime_checkpoint_id is None or type(made.runtime_checkpoint_id) is str)
            and (made.base_workspace_version_id is None or type(made.base_workspace_version_id) is str)
            and (made.current_workspace_version_id is None or type(made.current_workspace_version_id) is str)
            and (
                made.runtime_checkpoint_expires_at is None
                or isinstance(made.runtime_checkpoint_expires_at, datetime.datetime)
            )
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
        }
        if self.failure_kind is not None:
            result["failure_kind"] = self.failure_kind
        if self.detail is not None:
            result["detail"] = self.detail.to_dict()
        if self.origin is not None:
            result["origin"] = self.origin
        if self.message is not None:
            result["message"] = self.message
        if self.reason is not None:
            result["reason"] = self.reason
        if self.workspace_id is not None:
            result["workspace_id"] = self.workspace_id
        if self.workspace_mount_id is not None:
            result["workspace_mount_id"] = self.workspace_mount_id
        if self.error is not None:
            result["error"] = self.error
        if self.runtime_checkpoint_id is not None:
            result["runtime_checkpoint_id"] = self.runtime_checkpoint_id
        if self.base_workspace_version_id is not None:
            result["base_workspace_version_id"] = self.base_workspace_version_id
        if self.current_workspace_version_id is not None:
            result["current_workspace_version_id"] = self.current_workspace_version_id
        if self.runtime_checkpoint_expires_at is not None:
            result["runtime_checkpoint_expires_at"] = format_datetime(self.runtime_checkpoint_expires_at)
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_failure_kind,
    _set_detail,
    _set_origin,
    _set_message,
    _set_reason,
    _set_workspace_id,
    _set_workspace_mount_id,
    _set_error,
    _set_runtime_checkpoint_id,
    _set_base_workspace_version_id,
    _set_current_workspace_version_id,
    _set_runtime_checkpoint_expires_at,
    _set_additional_properties,
) = setters(RunFailedAttributes)
