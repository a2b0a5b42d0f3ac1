# Derived from helmr_ergonomic/_async/execs.py. Do not edit: change that file, then run `make generate`.
"""Handles of commands in workspaces."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from helmr_api import resources
from helmr_api.types import id_of

from .._processes import TERMINAL, ExecRef
from .._public import public
from .._workspaces import WorkspaceRef
from ..durations import Duration
from ..waiting import Deadline
from .byte_streams import ByteInput, ByteOutput
from .processes import ProcessHandle, ProcessWatch

if TYPE_CHECKING:
    from helmr_api import models
    from helmr_api.types import EventStream, Request

    from .transport import Transport


NOT_ENDED: Final = "has not ended"


class ExecHandle(ProcessHandle["models.Exec"]):
    """A command in a workspace: what it writes, what it reads, and its end.

    It is made by `live.exec`, or by `workspaces.execs.open` from an id: in another process, and hours later.
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

        super().__init__(transport, workspace_id, ProcessWatch(transport, "exec", exec_id, present))
        self.stdout: ByteOutput = self._output(
            "stdout", list_workspace_exec_stdout.request, list_workspace_exec_stdout.stream
        )
        """Its standard output."""
        self.stderr: ByteOutput = self._output(
            "stderr", list_workspace_exec_stderr.request, list_workspace_exec_stderr.stream
        )
        """Its standard error."""
        self.stdin: ByteInput = ByteInput(
            transport,
            f"stdin of exec {exec_id}",
            partial(write_workspace_exec_stdin.request, workspace_id, exec_id),
            partial(close_workspace_exec_stdin.request, workspace_id, exec_id),
            self._stdin_cursor,
            offset=offset,
        )
        """Its standard input, when it was left open."""

    def _output(
        self,
        name: str,
        page: Callable[..., Request[models.StreamChunkPage]],
        stream: Callable[..., EventStream[object]],
    ) -> ByteOutput:
        place = (self._workspace_id, self.id)
        return ByteOutput(
            self._transport, f"{name} of exec {self.id}", partial(page, *place), partial(stream, *place)
        )

    def retrieve(self) -> models.Exec:
        """The exec as it is now. Raises `NotFoundError`, and any other `HelmrError`.

        >>> proc.retrieve().state
        """
        return self.watch.look()

    def _stdin_cursor(self) -> int:
        return self.watch.look().stdin_cursor

    def wait(self, timeout: Duration | float | None = None) -> models.Exec:
        """Wait until the command has ended, and return the exec: `exit_code`, or `signal`.

        Cancelling the wait, or its timeout, does not end the command. It asks again and again, less often the
        longer nothing happens, every 2 s at most; broken connections do not end it.

        Args:
            timeout: how long to wait, as seconds, a `timedelta` or a duration such as `"10m"`; for ever when
                left out.

        Raises:
            ProcessTimeoutError: the time is over, and the command goes on.
            ProcessLostError: the exec is lost.
            ProcessFailedError: the command could not be run.
            HelmrError: any other that is not transient.

        >>> proc.wait("10m").exit_code
        """
        return self.watch.until(TERMINAL.__contains__, Deadline(timeout), NOT_ENDED)


class Execs(resources.WorkspacesExecs):
    """The execs of workspaces, operation by operation, and handles of them: `workspaces.execs`.

    `live.exec` and `live.run` start one and take care of the rest.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self._transport = transport

    def open(self, workspace: WorkspaceRef, exec_: ExecRef, /) -> ExecHandle:
        """A handle for an exec, by ids or as objects, in another process and later too. Makes no request.

        Raises `ArgumentError` when those are neither.

        >>> workspaces.execs.open(workspace_id, exec_id).wait()
        """
        return ExecHandle(self._transport, id_of(workspace, "workspace"), id_of(exec_, "exec"))


public(ExecHandle, Execs)
