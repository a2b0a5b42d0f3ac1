# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters
from ..models.exec_state import ExecState

if TYPE_CHECKING:
    from ..models.workspace_process_error import WorkspaceProcessError


@lazy_attrs.frozen(kw_only=True, repr=False)
class Exec(Model):
    """A command in a workspace.

    Attributes:
        id: The exec's id.
        workspace_id: The workspace.
        command: The program and its arguments.
        cwd: The working directory; an empty string if none was given.
        env_shape: The environment variables that were given, with their values.
        filesystem_mode: `write`.
        state:
            - `materializing`: the workspace is not mounted yet
            - `queued`: waits for a worker to start it
            - `running`: a worker has started it
            - `exited`: it ended normally or by a signal
            - `terminated`: the workspace was stopped
            - `lost`: the mount was lost or failed
            - `failed`: it could not be started or run
        detached: As sent. The server only records it.
        error: Why an exec or PTY did not end normally; `{}` when it did not. `code` is
            `workspace_mount_stopped`, `workspace_mount_failed` or `workspace_mount_lost`; otherwise the
            fields are the worker's own.
        stdout_cursor: Bytes of standard output so far.
        stderr_cursor: Bytes of standard error so far.
        stdin_cursor: Bytes of standard input so far.
        created_at: When it was created.
        updated_at: When it changed last.
        workspace_mount_id: The mount that it belongs to.
        process_id: Id of the process. Omitted until it runs.
        exit_code: Omitted when unknown.
        signal: The signal that ended it. Omitted when none did.
        stdin_closed_at: When its input was closed. Omitted until then.
        started_at: When it was started. Omitted until then.
        exited_at: When it ended. Omitted until then.
    """

    __module__ = "helmr.types"
    _shown = (
        "id",
        "state",
        "detached",
        "error",
        "stdout_cursor",
        "stderr_cursor",
        "stdin_cursor",
        "process_id",
        "exit_code",
    )

    id: str
    workspace_id: str
    command: list[str]
    cwd: str
    env_shape: dict[str, Any]
    filesystem_mode: str
    state: ExecState | str
    detached: bool
    error: WorkspaceProcessError
    stdout_cursor: int
    stderr_cursor: int
    stdin_cursor: int
    created_at: datetime.datetime
    updated_at: datetime.datetime
    workspace_mount_id: str | None = None
    process_id: str | None = None
    exit_code: int | None = None
    signal: str | None = None
    stdin_closed_at: datetime.datetime | None = None
    started_at: datetime.datetime | None = None
    exited_at: datetime.datetime | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.workspace_process_error import WorkspaceProcessError

        d = dict(src_dict)
        _stdin_closed_at = d.pop("stdin_closed_at", None)
        _started_at = d.pop("started_at", None)
        _exited_at = d.pop("exited_at", None)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_workspace_id(made, d.pop("workspace_id"))
        _set_command(made, d.pop("command"))
        _set_cwd(made, d.pop("cwd"))
        _set_env_shape(made, d.pop("env_shape"))
        _set_filesystem_mode(made, d.pop("filesystem_mode"))
        _set_state(made, d.pop("state"))
        _set_detached(made, d.pop("detached"))
        _set_error(made, WorkspaceProcessError.from_dict(d.pop("error")))
        _set_stdout_cursor(made, d.pop("stdout_cursor"))
        _set_stderr_cursor(made, d.pop("stderr_cursor"))
        _set_stdin_cursor(made, d.pop("stdin_cursor"))
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_updated_at(made, parse_datetime(d.pop("updated_at")))
        _set_workspace_mount_id(made, d.pop("workspace_mount_id", None))
        _set_process_id(made, d.pop("process_id", None))
        _set_exit_code(made, d.pop("exit_code", None))
        _set_signal(made, d.pop("signal", None))
        _set_stdin_closed_at(made, None if _stdin_closed_at is None else parse_datetime(_stdin_closed_at))
        _set_started_at(made, None if _started_at is None else parse_datetime(_started_at))
        _set_exited_at(made, None if _exited_at is None else parse_datetime(_exited_at))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.workspace_id) is str
            and type(made.command) is list
            and all(type(item) is str for item in made.command)
            and type(made.cwd) is str
            and type(made.env_shape) is dict
            and type(made.filesystem_mode) is str
            and type(made.state) is str
            and type(made.detached) is bool
            and type(made.stdout_cursor) is int
            and type(made.stderr_cursor) is int
            and type(made.stdin_cursor) is int
            and (made.workspace_mount_id is None or type(made.workspace_mount_id) is str)
            and (made.process_id is None or type(made.process_id) is str)
            and (made.exit_code is None or type(made.exit_code) is int)
            and (made.signal is None or type(made.signal) is str)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "workspace_id": self.workspace_id,
            "command": self.command,
            "cwd": self.cwd,
            "env_shape": self.env_shape,
            "filesystem_mode": self.filesystem_mode,
            "state": self.state,
            "detached": self.detached,
            "error": self.error.to_dict(),
            "stdout_cursor": self.stdout_cursor,
            "stderr_cursor": self.stderr_cursor,
            "stdin_cursor": self.stdin_cursor,
            "created_at": format_datetime(self.created_at),
            "updated_at": format_datetime(self.updated_at),
        }
        if self.workspace_mount_id is not None:
            result["workspace_mount_id"] = self.workspace_mount_id
        if self.process_id is not None:
            result["process_id"] = self.process_id
        if self.exit_code is not None:
            result["exit_code"] = self.exit_code
        if self.signal is not None:
            result["signal"] = self.signal
        if self.stdin_closed_at is not None:
            result["stdin_closed_at"] = format_datetime(self.stdin_closed_at)
        if self.started_at is not None:
            result["started_at"] = format_datetime(self.started_at)
        if self.exited_at is not None:
            result["exited_at"] = format_datetime(self.exited_at)
        return result

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_workspace_id,
    _set_command,
    _set_cwd,
    _set_env_shape,
    _set_filesystem_mode,
    _set_state,
    _set_detached,
    _set_error,
    _set_stdout_cursor,
    _set_stderr_cursor,
    _set_stdin_cursor,
    _set_created_at,
    _set_updated_at,
    _set_workspace_mount_id,
    _set_process_id,
    _set_exit_code,
    _set_signal,
    _set_stdin_closed_at,
    _set_started_at,
    _set_exited_at,
    _set_additional_properties,
) = setters(Exec)
