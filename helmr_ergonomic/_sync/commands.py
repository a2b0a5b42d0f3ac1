# Derived from helmr_ergonomic/_async/commands.py. Edit that file, then run `make generate`.
"""Running commands and opening terminals in a workspace."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from .._processes import END_STATES, RUN_SECONDS, CommandResult, as_bytes, exec_request, pty_request
from .._validation import checked_flag
from ..durations import Duration
from ..errors import HelmrError, HelmrStatusError, HelmrTimeoutError, ProcessStoppedError, ProcessTimeoutError
from ..output import OutputReader
from ..reconnect import prepare_retry, reconnecting
from ..waiting import Deadline
from .byte_streams import ENDED
from .execs import ExecHandle
from .processes import NOT_ENDED, ProcessWatch
from .ptys import CLOSING, PtyHandle
from .timing import shielded, sleep

if TYPE_CHECKING:
    from helmr_api import models

    from .transport import Transport


class _TakingWatch(ProcessWatch["models.Exec"]):
    """Collects all output of an exec while waiting for it to end."""

    __slots__ = ("_parts",)

    def __init__(self, handle: ExecHandle) -> None:
        watch = handle.watch
        super().__init__(watch._transport, watch.what, watch.id, watch._request, watch.seen)  # pyright: ignore[reportPrivateUsage]  its own
        self._parts = (
            (handle.stdout, OutputReader(0, f"stdout of {watch.what}"), self.stdout),
            (handle.stderr, OutputReader(0, f"stderr of {watch.what}"), self.stderr),
        )

    def take(self, seen: models.Exec, deadline: Deadline) -> bool:
        before = len(self.stdout) + len(self.stderr)
        for (output, reader, taken), there in zip(self._parts, _cursors(seen), strict=True):
            while reader.cursor < there:
                if not (data := output.next_page(reader, deadline)):
                    break
                taken += data
        return len(self.stdout) + len(self.stderr) > before

    def has_all(self, seen: models.Exec) -> bool:
        return all(
            reader.cursor >= there for (_, reader, _), there in zip(self._parts, _cursors(seen), strict=True)
        )


def _cursors(seen: models.Exec) -> tuple[int, int]:
    return seen.stdout_cursor, seen.stderr_cursor


class Commands:
    """Commands and terminals in one workspace, as part of `LiveWorkspace`."""

    __slots__ = ()
    _transport: Transport
    id: str

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        input: bytes | str | None = None,
        timeout: Duration | float = RUN_SECONDS,
        check: bool = False,
    ) -> CommandResult:
        """Run a command to completion, and return its exit code and all its output.

        A non-zero exit code is a result, not an error, unless `check` is set. If the timeout expires or the
        wait is cancelled, the command keeps running.

        Args:
            command: the program and its arguments, not interpreted by a shell.
            cwd: the working directory, an absolute path; by default the workspace's own directory.
            env: environment variables. They are stored with the exec, and anyone who may read execs can read
                them.
            input: the command's whole standard input; empty by default.
            timeout: the time limit for the whole call: seconds, a `timedelta` or a duration such as `"10m"`;
                10 minutes by default.
            check: raise `CommandFailedError` if the exit code is not 0.

        Raises:
            CommandFailedError: only with `check`.
            ProcessTimeoutError: the timeout expired; the error has the output so far and the exec's id.
            ProcessFailedError: the command could not be started, for example because the program or directory
                does not exist.
            ProcessLostError, ProcessStoppedError: the mount was lost, or the workspace was stopped.
            OutputExpiredError: output came faster than it could be read; use `exec` and follow it.
            ConflictError: something else is active in the workspace; `.code` is `workspace_writer_active`.
            ArgumentError: an argument is invalid; nothing was sent.
            HelmrError: any other error.

        >>> live.run(["pytest", "-q"], cwd="/workspace/repo", timeout="10m").exit_code
        """
        body = exec_request(command, cwd, env, None, detached=False)
        content = b"" if input is None else as_bytes(input, "input")
        deadline = Deadline(timeout)
        handle = self._start(body, deadline)
        _give(handle, content, deadline)
        watch = _TakingWatch(handle)
        ended = watch.until(END_STATES.__contains__, deadline, NOT_ENDED)
        if ended.state == "terminated":
            raise ProcessStoppedError(f"exec {handle.id} ended because its workspace was stopped")
        stdout, stderr = bytes(watch.stdout), bytes(watch.stderr)
        result = CommandResult(handle.id, tuple(body.command), ended.exit_code, ended.signal, stdout, stderr)
        return result.check() if check else result

    def exec(
        self,
        command: Sequence[str],
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bool = False,
        idempotency_key: str | None = None,
    ) -> ExecHandle:
        """Start a command and return a handle for it immediately.

        It keeps running, with or without the handle, until it ends or the workspace is stopped.

        Args:
            command: the program and its arguments, not interpreted by a shell.
            cwd: the working directory, an absolute path; by default the workspace's own directory.
            env: environment variables. They are stored with the exec, and anyone who may read execs can read
                them.
            stdin: keep standard input open for writing; otherwise programs that read it see end of file
                immediately.
            idempotency_key: makes this request safe to repeat, even from another process, for 24 hours; by
                default a new one.

        Raises:
            ConflictError: something else is active in the workspace, or the key was used for another command;
                `.code` says which.
            ArgumentError: an argument is invalid; nothing was sent.
            HelmrError: any other error.

        >>> proc = live.exec(["python", "-i"], stdin=True)
        >>> proc.stdin.write(b"1 + 1\\n")
        """
        checked_flag(stdin, "stdin")
        handle = self._start(exec_request(command, cwd, env, idempotency_key, detached=True))
        if not stdin:
            handle.stdin.close()
        return handle

    @contextmanager
    def pty(
        self,
        *,
        cols: int | None = None,
        rows: int | None = None,
        cwd: str | None = None,
        idempotency_key: str | None = None,
        timeout: Duration | float | None = 60.0,
    ) -> Generator[PtyHandle, None, None]:
        """Open a terminal with a shell, wait until it is ready, and close it at the end of the block.

        Args:
            cols: columns, 1 to 500; by default 80.
            rows: rows, 1 to 500; by default 24.
            cwd: the shell's working directory, an absolute path; by default the workspace's own directory.
            idempotency_key: makes this request safe to repeat, even from another process, for 24 hours; by
                default a new one.
            timeout: the time limit for opening it: seconds, a `timedelta` or a duration; `None` for no limit.

        Raises:
            ProcessTimeoutError: it was not open in time.
            ProcessFailedError, ProcessLostError: it could not be opened, or the mount was lost.
            ConflictError: something else is active in the workspace, or the key was used with other
                arguments; `.code` says which.
            HelmrError: any other error.

        >>> with live.pty(cols=120, rows=40) as pty:
        ...     pty.write("ls\\r")
        """
        from helmr_api.api.workspaces import create_workspace_pty

        body = pty_request(cols, rows, cwd, idempotency_key)
        deadline = Deadline(timeout)
        request = create_workspace_pty.request(self.id, body=body)
        made = self._transport.send(request, deadline=deadline).pty
        handle = PtyHandle(self._transport, self.id, made.id, offset=made.input_cursor)
        handle.watch.seen = made
        try:
            handle.until_open(deadline)
            yield handle
        except BaseException:
            with shielded(CLOSING), suppress(HelmrError):  # report the first failure
                handle.close()
            raise
        handle.close()

    def _start(self, body: models.ExecCreateRequest, deadline: Deadline | None = None) -> ExecHandle:
        from helmr_api.api.workspaces import create_workspace_exec

        request = create_workspace_exec.request(self.id, body=body)
        try:
            made = self._transport.send(request, label="command", deadline=deadline).exec_
        except HelmrTimeoutError as error:
            if deadline is None or not deadline.passed:
                raise
            late = f"the command was not started within {deadline.seconds:g} s: {error}"
            raise ProcessTimeoutError(late, timeout=deadline.seconds) from None
        handle = ExecHandle(self._transport, self.id, made.id, offset=made.stdin_cursor)
        handle.watch.seen = made
        return handle


def _give(handle: ExecHandle, content: bytes, deadline: Deadline) -> None:
    """Write the whole input of a command and close it."""
    failing = reconnecting()
    while True:
        try:
            if content:
                handle.stdin.push(content, deadline)
                content = b""
            handle.stdin.end(deadline)
            return
        except HelmrError as error:
            if isinstance(error, HelmrStatusError) and error.code == ENDED:
                return  # the command ended without reading its input
            prepare_retry(error, failing, deadline)
            if deadline.passed:
                raise handle.watch.late(deadline, "did not receive its input", trouble=error) from None
        sleep(deadline.clip(failing.next()))
