# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters
from ..models.pty_state import PtyState

if TYPE_CHECKING:
    from ..models.workspace_process_error import WorkspaceProcessError


@lazy_attrs.frozen(kw_only=True, repr=False)
class Pty(Model):
    """A pseudo-terminal with a shell in a workspace.

    Attributes:
        id: The PTY's id.
        workspace_id: The workspace.
        cwd: The working directory of its shell; an empty string if none was given.
        cols: Columns, without an outstanding resize.
        rows: Rows, without an outstanding resize.
        filesystem_mode: `write`.
        state:
            - `creating`: a worker will open it once the workspace is mounted
            - `open`: it can be used
            - `resizing`: it can be used; a worker will resize it
            - `closing`: a worker will end it
            - `closed`: it has ended
            - `lost`: the mount was lost or failed
            - `failed`: it could not be opened
        output_cursor: Bytes of output so far.
        input_cursor: Bytes of input so far.
        error: Why an exec or PTY did not end normally; `{}` when it did not. `code` is
            `workspace_mount_stopped`, `workspace_mount_failed` or `workspace_mount_lost`; otherwise the
            fields are the worker's own.
        created_at: When it was created.
        updated_at: When it changed last.
        workspace_mount_id: The mount that it belongs to.
        process_id: Id of the shell's process. Omitted until it is open.
        started_at: When it was opened. Omitted until then.
        closed_at: When it ended. Omitted until then.
    """

    __module__ = "helmr.types"
    _shown = ("id", "cols", "rows", "state", "output_cursor", "input_cursor", "error", "process_id")

    id: str
    workspace_id: str
    cwd: str
    cols: int
    rows: int
    filesystem_mode: str
    state: PtyState | str
    output_cursor: int
    input_cursor: int
    error: WorkspaceProcessError
    created_at: datetime.datetime
    updated_at: datetime.datetime
    workspace_mount_id: str | None = None
    process_id: str | None = None
    started_at: datetime.datetime | None = None
    closed_at: datetime.datetime | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.workspace_process_error import WorkspaceProcessError

        d = dict(src_dict)
        _started_at = d.pop("started_at", None)
        _closed_at = d.pop("closed_at", None)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_workspace_id(made, d.pop("workspace_id"))
        _set_cwd(made, d.pop("cwd"))
        _set_cols(made, d.pop("cols"))
        _set_rows(made, d.pop("rows"))
        _set_filesystem_mode(made, d.pop("filesystem_mode"))
        _set_state(made, d.pop("state"))
        _set_output_cursor(made, d.pop("output_cursor"))
        _set_input_cursor(made, d.pop("input_cursor"))
        _set_error(made, WorkspaceProcessError.from_dict(d.pop("error")))
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_updated_at(made, parse_datetime(d.pop("updated_at")))
        _set_workspace_mount_id(made, d.pop("workspace_mount_id", None))
        _set_process_id(made, d.pop("process_id", None))
        _set_started_at(made, None if _started_at is None else parse_datetime(_started_at))
        _set_closed_at(made, None if _closed_at is None else parse_datetime(_closed_at))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.workspace_id) is str
            and type(made.cwd) is str
            and type(made.cols) is int
            and type(made.rows) is int
            and type(made.filesystem_mode) is str
            and type(made.state) is str
            and type(made.output_cursor) is int
            and type(made.input_cursor) is int
            and (made.workspace_mount_id is None or type(made.workspace_mount_id) is str)
            and (made.process_id is None or type(made.process_id) is str)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "workspace_id": self.workspace_id,
            "cwd": self.cwd,
            "cols": self.cols,
            "rows": self.rows,
            "filesystem_mode": self.filesystem_mode,
            "state": self.state,
            "output_cursor": self.output_cursor,
            "input_cursor": self.input_cursor,
            "error": self.error.to_dict(),
            "created_at": format_datetime(self.created_at),
            "updated_at": format_datetime(self.updated_at),
        }
        if self.workspace_mount_id is not None:
            result["workspace_mount_id"] = self.workspace_mount_id
        if self.process_id is not None:
            result["process_id"] = self.process_id
        if self.started_at is not None:
            result["started_at"] = format_datetime(self.started_at)
        if self.closed_at is not None:
            result["closed_at"] = format_datetime(self.closed_at)
        return result

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_workspace_id,
    _set_cwd,
    _set_cols,
    _set_rows,
    _set_filesystem_mode,
    _set_state,
    _set_output_cursor,
    _set_input_cursor,
    _set_error,
    _set_created_at,
    _set_updated_at,
    _set_workspace_mount_id,
    _set_process_id,
    _set_started_at,
    _set_closed_at,
    _set_additional_properties,
) = setters(Pty)
