# Derived from helmr_ergonomic/_async/execs.py. Edit that file, then run `make generate`.
"""Handles of commands in workspaces."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from helmr_api import resources
from helmr_api.types import id_of

from .._processes import ExecRef
from .._public import public
from .._workspaces import WorkspaceRef
from .byte_streams import ByteInput, ByteOutput
from .processes import ProcessHandle, ProcessWatch
from .resource import Resource

if TYPE_CHECKING:
    from helmr_api import models
    from helmr_api.types import Request

    from .transport import Transport


class ExecHandle(ProcessHandle["models.Exec"]):
    """A command in a workspace, with its input and output.

    Comes from `live.exec`, or from `workspaces.execs.open` with an id, even in another process hours later.
    """

    __slots__ = ("stderr", "stdin", "stdout")

    def __init__(
        self, transport: Transport, workspace_id: str, exec_id: str, *, offset: int | None = None
    ) -> None:
        from helmr_api.api.workspaces import (
            close_workspace_exec_stdin,
            get_workspace_exec,
            list_workspace_exec_stderr,
            list_workspace_exec_stdout,
            write_workspace_exec_stdin,
        )

        def present() -> Request[models.Exec]:
            request = get_workspace_exec.request(workspace_id, exec_id)
            return request.reading(lambda response: request.read(response).exec_)

        watch = ProcessWatch(transport, f"exec {exec_id}", exec_id, present)
        super().__init__(transport, workspace_id, watch)
        self.stdout: ByteOutput = self._written(
            "stdout", list_workspace_exec_stdout.request, list_workspace_exec_stdout.stream
        )
        """Its standard output."""
        self.stderr: ByteOutput = self._written(
            "stderr", list_workspace_exec_stderr.request, list_workspace_exec_stderr.stream
        )
        """Its standard error."""
        self.stdin: ByteInput = ByteInput(
            transport,
            f"stdin of exec {exec_id}",
            partial(write_workspace_exec_stdin.request, workspace_id, exec_id),
            partial(close_workspace_exec_stdin.request, workspace_id, exec_id),
            self._stdin_cursor,
            offset,
        )
        """Its standard input, if it was started with `stdin=True`."""

    def _stdin_cursor(self) -> int:
        return self.watch.refresh().stdin_cursor


class Execs(resources.WorkspacesExecs, Resource):
    """The exec operations of workspaces, and handles for execs: `workspaces.execs`.

    `live.exec` and `live.run` start one and handle the rest.
    """

    def open(self, workspace: WorkspaceRef, exec_: ExecRef, /) -> ExecHandle:
        """Return a handle for an existing exec, by ids or objects. Another process may have started it. Makes
        no request.

        Raises `ArgumentError` for anything else.

        >>> workspaces.execs.open(workspace_id, exec_id).wait()
        """
        return ExecHandle(self._transport, id_of(workspace, "workspace"), id_of(exec_, "exec"))


public(ExecHandle, Execs)
