# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters
from ..models.session_activity import SessionActivity
from ..models.session_status import SessionStatus

if TYPE_CHECKING:
    from ..models.session_error import SessionError
    from ..models.terminal_reason import TerminalReason


@lazy_attrs.frozen(kw_only=True, repr=False)
class Session(Model):
    """One invocation of a task, with everything that is exchanged with it.

    Attributes:
        id: The session's id.
        project_id: The project of its environment.
        environment_id: The environment that it belongs to.
        task_id: The task that was started.
        initial_deployment_id: The deployment that was current at the start.
        active_deployment_id: The deployment that the session's runs use; equal to
            `initial_deployment_id`.
        status:
            - `open`: takes input; its runs may be running or ended
            - `closed`: ended by a close
            - `cancelled`: ended by a cancel
            - `expired`: ended because `expires_at` has passed
        activity: What the session does, derived from its current run and its pending input.
            - `idle`: nothing: not open, or no current run, or the current run has ended
            - `queued`: the current run waits for a worker, or a continuation run is pending (even while the current run is
              running)
            - `running`: the current run executes
            - `waiting`: the current run waits for a record, a token or a timer
        can_close: Whether `closeSession` would succeed now: open, not past `expires_at`, no active run,
            no pending continuation run.
        metadata: Your own data. Numbers pass through 64-bit floats: integers beyond 2^53 lose
            precision, and numbers outside the range of a float are refused (400).
        terminal_reason: Why and from where the session ended; empty while it is open.
        created_at: When the session was started.
        updated_at: Changes on start, update, close, cancel, expiry and a new current run, but not with
            the progress of a run or new records.
        external_id: Your own name for the session. Omitted when it has none.
        current_run_id: The newest run of the session, even after it has ended. Omitted when there is
            none.
        workspace_id: The workspace that the session's runs work in.
        tags: Sorted, without duplicates. Omitted when there are none.
        result: Any JSON. The session's stored result. Normally omitted.
        error: Only when `status` is `cancelled` or `expired`.
        timed_out: Omitted when false.
        expires_at: When the session expires if it is idle then. Omitted when unset.
        expired_at: When the session expired. Only when `status` is `expired`, and not in the response
            to a repeated start.
    """

    __module__ = "helmr.types"
    _shown = (
        "id",
        "task_id",
        "status",
        "activity",
        "can_close",
        "terminal_reason",
        "external_id",
        "error",
        "timed_out",
    )
    _keeps_null = ("result",)

    id: str
    project_id: str
    environment_id: str
    task_id: str
    initial_deployment_id: str
    active_deployment_id: str
    status: SessionStatus | str
    activity: SessionActivity | str
    can_close: bool
    metadata: dict[str, Any]
    terminal_reason: TerminalReason
    created_at: datetime.datetime
    updated_at: datetime.datetime
    external_id: str | None = None
    current_run_id: str | None = None
    workspace_id: str | None = None
    tags: list[str] = lazy_attrs.field(factory=list[str])
    result: Any = None
    error: SessionError | None = None
    timed_out: bool = False
    expires_at: datetime.datetime | None = None
    expired_at: datetime.datetime | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.session_error import SessionError
        from ..models.terminal_reason import TerminalReason

        d = dict(src_dict)
        _tags = d.get("tags")
        _error = d.pop("error", None)
        _timed_out = d.get("timed_out")
        _expires_at = d.pop("expires_at", None)
        _expired_at = d.pop("expired_at", None)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_project_id(made, d.pop("project_id"))
        _set_environment_id(made, d.pop("environment_id"))
        _set_task_id(made, d.pop("task_id"))
        _set_initial_deployment_id(made, d.pop("initial_deployment_id"))
        _set_active_deployment_id(made, d.pop("active_deployment_id"))
        _set_status(made, d.pop("status"))
        _set_activity(made, d.pop("activity"))
        _set_can_close(made, d.pop("can_close"))
        _set_metadata(made, d.pop("metadata"))
        _set_terminal_reason(made, TerminalReason.from_dict(d.pop("terminal_reason")))
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_updated_at(made, parse_datetime(d.pop("updated_at")))
        _set_external_id(made, d.pop("external_id", None))
        _set_current_run_id(made, d.pop("current_run_id", None))
        _set_workspace_id(made, d.pop("workspace_id", None))
        _set_tags(made, [] if _tags is None or _tags == [] else d.pop("tags"))
        _set_result(made, None if d.get("result") is None else d.pop("result"))
        _set_error(made, None if _error is None else SessionError.from_dict(_error))
        _set_timed_out(made, False if _timed_out is None or _timed_out is False else d.pop("timed_out"))
        _set_expires_at(made, None if _expires_at is None else parse_datetime(_expires_at))
        _set_expired_at(made, None if _expired_at is None else parse_datetime(_expired_at))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.project_id) is str
            and type(made.environment_id) is str
            and type(made.task_id) is str
            and type(made.initial_deployment_id) is str
            and type(made.active_deployment_id) is str
            and type(made.status) is str
            and type(made.activity) is str
            and type(made.can_close) is bool
            and type(made.metadata) is dict
            and (made.external_id is None or type(made.external_id) is str)
            and (made.current_run_id is None or type(made.current_run_id) is str)
            and (made.workspace_id is None or type(made.workspace_id) is str)
            and type(made.tags) is list
            and all(type(item) is str for item in made.tags)
            and type(made.timed_out) is bool
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
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
            "metadata": self.metadata,
            "terminal_reason": self.terminal_reason.to_dict(),
            "created_at": format_datetime(self.created_at),
            "updated_at": format_datetime(self.updated_at),
        }
        if self.external_id is not None:
            result["external_id"] = self.external_id
        if self.current_run_id is not None:
            result["current_run_id"] = self.current_run_id
        if self.workspace_id is not None:
            result["workspace_id"] = self.workspace_id
        if self.tags:
            result["tags"] = self.tags
        if self.result is not None:
            result["result"] = self.result
        if self.error is not None:
            result["error"] = self.error.to_dict()
        if self.timed_out:
            result["timed_out"] = self.timed_out
        if self.expires_at is not None:
            result["expires_at"] = format_datetime(self.expires_at)
        if self.expired_at is not None:
            result["expired_at"] = format_datetime(self.expired_at)
        return result

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_project_id,
    _set_environment_id,
    _set_task_id,
    _set_initial_deployment_id,
    _set_active_deployment_id,
    _set_status,
    _set_activity,
    _set_can_close,
    _set_metadata,
    _set_terminal_reason,
    _set_created_at,
    _set_updated_at,
    _set_external_id,
    _set_current_run_id,
    _set_workspace_id,
    _set_tags,
    _set_result,
    _set_error,
    _set_timed_out,
    _set_expires_at,
    _set_expired_at,
    _set_additional_properties,
) = setters(Session)
