# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters
from ..models.run_status import RunStatus

if TYPE_CHECKING:
    from ..models.pending_wait import PendingWait


@lazy_attrs.frozen(kw_only=True, repr=False)
class Run(Model):
    """One execution of a task, in one or more attempts. The reason of a failure is in its events.

    Attributes:
        id: The run's id.
        project_id: The project of its environment.
        environment_id: The environment that it belongs to.
        deployment_id: The deployment that it executes.
        deployment_task_id: The task in that deployment.
        session_id: Its session.
        version: Version of the deployment; equal to `deployment_version`.
        deployment_version: Version of the deployment.
        api_version: Contract version of the request that created it.
        task_id: The task.
        status:
            - `queued`: waits for a worker: new, before a retry, or to resume after a wait
            - `running`: a worker has it; also while it waits with the worker kept
            - `waiting`: parked during a wait, without a worker
            - `succeeded`: ended; the task returned
            - `failed`: ended; the task failed, or could not be executed
            - `cancelled`: ended by a cancel; shown at once, even while the worker still stops
            - `expired`: ended; its `ttl` passed before it was first started
        metadata: As given at the start; the task can change it while running.
        exit_code: 0 for a run that succeeded, the task's exit code for one that failed by exiting,
            `null` in every other case. Always present.
        created_at: When it was created.
        updated_at: When it last changed.
        sdk_version: From `Helmr-SDK-Version` of the start, else the deployment's. Omitted when empty.
        cli_version: From `Helmr-CLI-Version`, else `Helmr-Client-Version`, of the start, else the
            deployment's. Omitted when empty.
        attempt_number: Number of the current attempt, from 1.
        output_json: The return value of the task: any JSON, including null. Omitted when there is none.
        pending_wait: Reserved; always omitted.
        idempotency_hit: Reserved; always omitted.
    """

    __module__ = "helmr.types"
    _shown = ("id", "task_id", "status", "exit_code", "attempt_number", "pending_wait", "idempotency_hit")
    _wire_names = {"output_json": "output"}
    _keeps_null = ("output_json",)

    id: str
    project_id: str
    environment_id: str
    deployment_id: str
    deployment_task_id: str
    session_id: str
    version: str
    deployment_version: str
    api_version: str
    task_id: str
    status: RunStatus | str
    metadata: dict[str, Any]
    exit_code: int | None
    created_at: datetime.datetime
    updated_at: datetime.datetime
    sdk_version: str | None = None
    cli_version: str | None = None
    attempt_number: int | None = None
    output_json: Any = None
    pending_wait: PendingWait | None = None
    idempotency_hit: bool | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.pending_wait import PendingWait

        d = dict(src_dict)
        _pending_wait = d.pop("pending_wait", None)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_project_id(made, d.pop("project_id"))
        _set_environment_id(made, d.pop("environment_id"))
        _set_deployment_id(made, d.pop("deployment_id"))
        _set_deployment_task_id(made, d.pop("deployment_task_id"))
        _set_session_id(made, d.pop("session_id"))
        _set_version(made, d.pop("version"))
        _set_deployment_version(made, d.pop("deployment_version"))
        _set_api_version(made, d.pop("api_version"))
        _set_task_id(made, d.pop("task_id"))
        _set_status(made, d.pop("status"))
        _set_metadata(made, d.pop("metadata"))
        _set_exit_code(made, d.pop("exit_code"))
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_updated_at(made, parse_datetime(d.pop("updated_at")))
        _set_sdk_version(made, d.pop("sdk_version", None))
        _set_cli_version(made, d.pop("cli_version", None))
        _set_attempt_number(made, d.pop("attempt_number", None))
        _set_output_json(made, None if d.get("output") is None else d.pop("output"))
        _set_pending_wait(made, None if _pending_wait is None else PendingWait.from_dict(_pending_wait))
        _set_idempotency_hit(made, d.pop("idempotency_hit", None))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.project_id) is str
            and type(made.environment_id) is str
            and type(made.deployment_id) is str
            and type(made.deployment_task_id) is str
            and type(made.session_id) is str
            and type(made.version) is str
            and type(made.deployment_version) is str
            and type(made.api_version) is str
            and type(made.task_id) is str
            and type(made.status) is str
            and type(made.metadata) is dict
            and (made.exit_code is None or type(made.exit_code) is int)
            and (made.sdk_version is None or type(made.sdk_version) is str)
            and (made.cli_version is None or type(made.cli_version) is str)
            and (made.attempt_number is None or type(made.attempt_number) is int)
            and (made.idempotency_hit is None or type(made.idempotency_hit) is bool)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "project_id": self.project_id,
            "environment_id": self.environment_id,
            "deployment_id": self.deployment_id,
            "deployment_task_id": self.deployment_task_id,
            "session_id": self.session_id,
            "version": self.version,
            "deployment_version": self.deployment_version,
            "api_version": self.api_version,
            "task_id": self.task_id,
            "status": self.status,
            "metadata": self.metadata,
            "exit_code": self.exit_code,
            "created_at": format_datetime(self.created_at),
            "updated_at": format_datetime(self.updated_at),
        }
        if self.sdk_version is not None:
            result["sdk_version"] = self.sdk_version
        if self.cli_version is not None:
            result["cli_version"] = self.cli_version
        if self.attempt_number is not None:
            result["attempt_number"] = self.attempt_number
        if self.output_json is not None:
            result["output"] = self.output_json
        if self.pending_wait is not None:
            result["pending_wait"] = self.pending_wait.to_dict()
        if self.idempotency_hit is not None:
            result["idempotency_hit"] = self.idempotency_hit
        return result

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_project_id,
    _set_environment_id,
    _set_deployment_id,
    _set_deployment_task_id,
    _set_session_id,
    _set_version,
    _set_deployment_version,
    _set_api_version,
    _set_task_id,
    _set_status,
    _set_metadata,
    _set_exit_code,
    _set_created_at,
    _set_updated_at,
    _set_sdk_version,
    _set_cli_version,
    _set_attempt_number,
    _set_output_json,
    _set_pending_wait,
    _set_idempotency_hit,
    _set_additional_properties,
) = setters(Run)
