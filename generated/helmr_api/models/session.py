# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.session_activity import SessionActivity
from ..models.session_status import SessionStatus
from ..types import UNSET, Unset, format_datetime, parse_datetime

if TYPE_CHECKING:
    from ..models.metadata import Metadata
    from ..models.session_error import SessionError
    from ..models.terminal_reason import TerminalReason


@_attrs_define(kw_only=True)
class Session:
    """One invocation of a task, with everything that is exchanged with it.

    Attributes:
        id: The session's id.
        project_id: The project of its environment.
        environment_id: The environment that it lives in.
        task_id: The task that was started.
        initial_deployment_id: The deployment that was current at the start.
        active_deployment_id: The deployment that the session's runs use; equal to `initial_deployment_id`.
        status: - `open`: takes input; its runs may be running or ended
            - `closed`: ended by a close
            - `cancelled`: ended by a cancel
            - `expired`: ended because `expires_at` has passed
        activity: What the session does, derived from its current run and its pending input.
            - `idle`: nothing: not open, or no current run, or the current run has ended
            - `queued`: the current run waits for a worker, or a continuation run is owed (even while the current
              run is running)
            - `running`: the current run executes
            - `waiting`: the current run waits for a record, a token or a timer
        can_close: Whether `closeSession` would close it now: open, not past `expires_at`, no active run, no
            continuation run owed.
        metadata: Free data of yours. Numbers pass through 64-bit floats: integers beyond 2^53 lose precision, and numbers
            outside the range of a float are refused (400).
        terminal_reason: Why and from where the session ended; empty while it is open.
        created_at: When the session was started.
        updated_at: Moves with start, update, close, cancel, expiry and a new current run; not with the progress of a
            run, nor with records.
        external_id: Your own name for the session. Omitted when it has none.
        current_run_id: The newest run of the session; it stays after that run's end. Omitted when there is none.
        workspace_id: The workspace that the session's runs work in.
        tags: Sorted, without duplicates. Omitted when there are none.
        result: Any JSON. The session's stored result. Normally omitted.
        error: Why a session was cancelled or expired.
        timed_out: Omitted when false.
        expires_at: When the session expires if it is idle then. Omitted when unset.
        expired_at: When the session expired. Only when `status` is `expired`, and not in the answer to a repeated
            start.
    """

    id: str
    project_id: str
    environment_id: str
    task_id: str
    initial_deployment_id: str
    active_deployment_id: str
    status: SessionStatus | str
    activity: SessionActivity | str
    can_close: bool
    metadata: Metadata
    terminal_reason: TerminalReason
    created_at: datetime.datetime
    updated_at: datetime.datetime
    external_id: str | Unset = UNSET
    current_run_id: str | Unset = UNSET
    workspace_id: str | Unset = UNSET
    tags: list[str] | Unset = UNSET
    result: Any | Unset = UNSET
    error: SessionError | Unset = UNSET
    timed_out: bool | Unset = UNSET
    expires_at: datetime.datetime | Unset = UNSET
    expired_at: datetime.datetime | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.metadata import Metadata
        from ..models.session_error import SessionError
        from ..models.terminal_reason import TerminalReason

        d = dict(src_dict)
        _metadata = d.pop("metadata")
        _terminal_reason = d.pop("terminal_reason")
        _created_at = d.pop("created_at")
        _updated_at = d.pop("updated_at")
        _error = d.pop("error", UNSET)
        _expires_at = d.pop("expires_at", UNSET)
        _expired_at = d.pop("expired_at", UNSET)
        return cls(
            id=d.pop("id"),
            project_id=d.pop("project_id"),
            environment_id=d.pop("environment_id"),
            task_id=d.pop("task_id"),
            initial_deployment_id=d.pop("initial_deployment_id"),
            active_deployment_id=d.pop("active_deployment_id"),
            status=d.pop("status"),
            activity=d.pop("activity"),
            can_close=d.pop("can_close"),
            metadata=Metadata.from_dict(_metadata),
            terminal_reason=TerminalReason.from_dict(_terminal_reason),
            created_at=parse_datetime(_created_at),
            updated_at=parse_datetime(_updated_at),
            external_id=d.pop("external_id", UNSET),
            current_run_id=d.pop("current_run_id", UNSET),
            workspace_id=d.pop("workspace_id", UNSET),
            tags=d.pop("tags", UNSET),
            result=d.pop("result", UNSET),
            error=_error if isinstance(_error, Unset) else SessionError.from_dict(_error),
            timed_out=d.pop("timed_out", UNSET),
            expires_at=_expires_at if isinstance(_expires_at, Unset) else parse_datetime(_expires_at),
            expired_at=_expired_at if isinstance(_expired_at, Unset) else parse_datetime(_expired_at),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "project_id": self.project_id,
            "environment_id": self.environment_id,
            "task_id": self.task_id,
            "initial_deployment_id": self.initial_deployment_id,
            "active_deployment_id": self.active_deployment_id,
            "status": self.status,
            "activity": self.activity,
            "can_close": self.can_close,
            "metadata": self.metadata.to_dict(),
            "terminal_reason": self.terminal_reason.to_dict(),
            "created_at": format_datetime(self.created_at),
            "updated_at": format_datetime(self.updated_at),
        }
        if not isinstance(self.external_id, Unset):
            result["external_id"] = self.external_id
        if not isinstance(self.current_run_id, Unset):
            result["current_run_id"] = self.current_run_id
        if not isinstance(self.workspace_id, Unset):
            result["workspace_id"] = self.workspace_id
        if not isinstance(self.tags, Unset):
            result["tags"] = self.tags
        if not isinstance(self.result, Unset):
            result["result"] = self.result
        if not isinstance(self.error, Unset):
            result["error"] = self.error.to_dict()
        if not isinstance(self.timed_out, Unset):
            result["timed_out"] = self.timed_out
        if not isinstance(self.expires_at, Unset):
            result["expires_at"] = format_datetime(self.expires_at)
        if not isinstance(self.expired_at, Unset):
            result["expired_at"] = format_datetime(self.expired_at)
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
