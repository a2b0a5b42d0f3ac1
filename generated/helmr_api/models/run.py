# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.run_status import RunStatus
from ..types import UNSET, Unset, format_datetime, parse_datetime

if TYPE_CHECKING:
    from ..models.metadata import Metadata
    from ..models.pending_wait import PendingWait


@_attrs_define(kw_only=True)
class Run:
    """One execution of a task, in one or more attempts. Why it failed is not here: read its events.

    Attributes:
        id: The run's id.
        project_id: The project of its environment.
        environment_id: The environment that it lives in.
        deployment_id: The deployment that it executes.
        deployment_task_id: The task in that deployment.
        session_id: Its session.
        version: Version of the deployment; equal to `deployment_version`.
        deployment_version: Version of the deployment.
        api_version: Contract version of the call that made it.
        task_id: The task.
        status: - `queued`: waits for a worker: new, before a retry, or to go on after a wait
            - `running`: a worker has it; also while it waits with the worker kept
            - `waiting`: parked during a wait, without a worker
            - `succeeded`: ended; the task returned
            - `failed`: ended; the task failed, or could not be executed
            - `cancelled`: ended by a cancel; shown at once, even while the worker still stops
            - `expired`: ended; its `ttl` passed before it was first started
        metadata: Free data of yours. Numbers pass through 64-bit floats: integers beyond 2^53 lose precision, and numbers
            outside the range of a float are refused (400).
        exit_code: 0 for a run that succeeded, the task's exit code for one that failed by exiting, `null` in every
            other case. Always present.
        created_at: When it was made.
        updated_at: When it last changed.
        sdk_version: From `Helmr-SDK-Version` of the start, else the deployment's. Omitted when empty.
        cli_version: From `Helmr-CLI-Version`, else `Helmr-Client-Version`, of the start, else the deployment's.
            Omitted when empty.
        attempt_number: Number of the current attempt, from 1.
        output: Any JSON. What the task returned, which may be null. Omitted when there is none.
        pending_wait: What a run waits for. Declared for later; this version of the server does not send it.
        idempotency_hit: Omitted; declared for later.
    """

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
    metadata: Metadata
    exit_code: int | None
    created_at: datetime.datetime
    updated_at: datetime.datetime
    sdk_version: str | Unset = UNSET
    cli_version: str | Unset = UNSET
    attempt_number: int | Unset = UNSET
    output: Any | Unset = UNSET
    pending_wait: PendingWait | Unset = UNSET
    idempotency_hit: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.metadata import Metadata
        from ..models.pending_wait import PendingWait

        d = dict(src_dict)
        _metadata = d.pop("metadata")
        _created_at = d.pop("created_at")
        _updated_at = d.pop("updated_at")
        _pending_wait = d.pop("pending_wait", UNSET)
        return cls(
            id=d.pop("id"),
            project_id=d.pop("project_id"),
            environment_id=d.pop("environment_id"),
            deployment_id=d.pop("deployment_id"),
            deployment_task_id=d.pop("deployment_task_id"),
            session_id=d.pop("session_id"),
            version=d.pop("version"),
            deployment_version=d.pop("deployment_version"),
            api_version=d.pop("api_version"),
            task_id=d.pop("task_id"),
            status=d.pop("status"),
            metadata=Metadata.from_dict(_metadata),
            exit_code=d.pop("exit_code"),
            created_at=parse_datetime(_created_at),
            updated_at=parse_datetime(_updated_at),
            sdk_version=d.pop("sdk_version", UNSET),
            cli_version=d.pop("cli_version", UNSET),
            attempt_number=d.pop("attempt_number", UNSET),
            output=d.pop("output", UNSET),
            pending_wait=_pending_wait
            if isinstance(_pending_wait, Unset)
            else PendingWait.from_dict(_pending_wait),
            idempotency_hit=d.pop("idempotency_hit", UNSET),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
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
            "metadata": self.metadata.to_dict(),
            "exit_code": self.exit_code,
            "created_at": format_datetime(self.created_at),
            "updated_at": format_datetime(self.updated_at),
        }
        if not isinstance(self.sdk_version, Unset):
            result["sdk_version"] = self.sdk_version
        if not isinstance(self.cli_version, Unset):
            result["cli_version"] = self.cli_version
        if not isinstance(self.attempt_number, Unset):
            result["attempt_number"] = self.attempt_number
        if not isinstance(self.output, Unset):
            result["output"] = self.output
        if not isinstance(self.pending_wait, Unset):
            result["pending_wait"] = self.pending_wait.to_dict()
        if not isinstance(self.idempotency_hit, Unset):
            result["idempotency_hit"] = self.idempotency_hit
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
