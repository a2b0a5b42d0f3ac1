# Derived from helmr_ergonomic/_async/ptys.py. Edit that file, then run `make generate`.
"""Handles of terminals in workspaces."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from helmr_api import resources
from helmr_api.types import id_of

from .._processes import END_STATES, PtyRef
from .._public import public
from .._workspaces import WorkspaceRef
from ..errors import ConflictError, HelmrError, HelmrStatusError, ProcessFailedError, ProcessLostError
from ..output import OutputChunk, OutputReader, refuse_bad_end
from ..reconnect import prepare_retry, reconnecting
from ..waiting import NEVER, CheckTimer, Deadline, Pause
from .byte_streams import ByteInput, ByteOutput
from .processes import NOT_ENDED, ProcessHandle, ProcessWatch
from .readable import readable
from .resource import Resource

if TYPE_CHECKING:
    from typing import BinaryIO

    from helmr_api import models
    from helmr_api.types import Request

    from ..terminal import LocalTerminal
    from .transport import Transport

POLLS: Final = (0.02, 0.5)
"""Seconds between two reads of an attached PTY's output: right after activity, and at most."""
CLOSING: Final = 10.0
"""Seconds to wait for a PTY to close."""
RESIZING: Final = 10.0
"""Seconds that a worker has to resize a PTY."""
_NOT_OPEN: Final = "workspace_pty_not_open"


class PtyHandle(ProcessHandle["models.Pty"]):
    """A terminal in a workspace.

    Comes from `live.pty`, or from `workspaces.ptys.open` with an id, even in another process hours later.
    """

    __slots__ = ("_input", "output")

    def __init__(
        self, transport: Transport, workspace_id: str, pty_id: str, *, offset: int | None = None
    ) -> None:
        from helmr_api.api.workspaces import (
            get_workspace_pty,
            list_workspace_pty_output,
            write_workspace_pty_input,
        )

        def present() -> Request[models.Pty]:
            request = get_workspace_pty.request(workspace_id, pty_id)
            return request.reading(lambda response: request.read(response).pty)

        watch = ProcessWatch(transport, f"PTY {pty_id}", pty_id, present)
        super().__init__(transport, workspace_id, watch)
        self.output: ByteOutput = self._written(
            "output", list_workspace_pty_output.request, list_workspace_pty_output.stream
        )
        """The output of its programs, including the echo of its input."""
        self._input: ByteInput = ByteInput(
            transport,
            f"input of PTY {pty_id}",
            partial(write_workspace_pty_input.request, workspace_id, pty_id),
            None,
            self._input_cursor,
            offset,
        )

    def _input_cursor(self) -> int:
        return self.watch.refresh().input_cursor

    def write(self, data: bytes | str) -> int:
        """Write bytes, or a string as UTF-8, as if they were typed; Enter is `"\\r"`.

        If this raises, write the same data again: bytes that have arrived are not written twice.

        Args:
            data: any number of bytes; more than 1 MiB are sent in several requests.

        Returns:
            How many bytes were written.

        Raises:
            ConflictError: the PTY is not open, or another writer is active; `.code` says which.
            HelmrError: any other error.

        >>> pty.write("ls\\r")
        """
        return self._input.write(data)

    def resize(self, cols: int, rows: int) -> None:
        """Change the size, and wait until the programs in the PTY have been notified.

        Args:
            cols: columns, 1 to 500.
            rows: rows, 1 to 500.

        Raises:
            ConflictError: the PTY is not open.
            ProcessTimeoutError: it was not resized within 10 seconds.
            HelmrError: any other error.

        >>> pty.resize(100, 30)
        """
        from helmr_api import models
        from helmr_api.api.workspaces import resize_workspace_pty

        # Some servers return an error for a resize while another one is in progress.
        deadline = Deadline(RESIZING)
        self.watch.until(_is_settled, deadline, "has not been resized")
        body = models.PtyResizeRequest(cols=cols, rows=rows)
        request = resize_workspace_pty.request(self.workspace_id, self.id, body=body)
        self._transport.send(request, deadline=deadline)
        self.watch.until(_is_settled, deadline, "has not been resized")

    def read(self, *, cursor: int = 0) -> OutputChunk:
        """Return the output so far, without waiting for more. See `ByteOutput.read`.

        >>> pty.read().text
        """
        return self.output.read(cursor=cursor)

    def follow(self, *, cursor: int = 0) -> Generator[OutputChunk, None, None]:
        """Follow the output until the PTY has ended. See `ByteOutput.follow`.

        >>> for chunk in pty.follow():
        ...     print(chunk.text, end="")
        """
        return self.output.follow(cursor=cursor)

    def until_open(self, deadline: Deadline) -> None:
        """Wait until it is open. Raises what `wait` raises, and `ConflictError` when it has ended."""
        seen = self.watch.until(_is_created, deadline, "is not open")
        if seen.state in END_STATES:
            raise ConflictError(f"{self.watch.what} has ended", status=409, code=_NOT_OPEN)

    def close(self) -> None:
        """Close the PTY, end everything running in it, and wait until it has ended. Does nothing if it has
        ended.

        Raises:
            ProcessTimeoutError: it has not ended within 10 seconds.
            HelmrError: any other error.

        >>> pty.close()
        """
        with suppress(ProcessFailedError, ProcessLostError):  # it has ended
            self._close(Deadline(CLOSING))

    def _close(self, deadline: Deadline) -> None:
        from helmr_api.api.workspaces import close_workspace_pty

        seen = self.watch.until(_is_created, deadline, "cannot be closed yet")
        if seen.state not in (*END_STATES, "closing"):
            try:
                request = close_workspace_pty.request(self.workspace_id, self.id)
                self._transport.send(request, deadline=deadline)
            except HelmrStatusError as error:
                if error.code != _NOT_OPEN:  # it has ended in the meantime
                    raise
        self.watch.until(END_STATES.__contains__, deadline, NOT_ENDED)

    def attach(
        self,
        *,
        cursor: int = 0,
        stdin: BinaryIO | None = None,
        stdout: BinaryIO | None = None,
        detach: bytes = b"\x1d",
    ) -> bool:
        """Connect the local terminal to the PTY: send keystrokes to it and show its output.

        Every key is sent until the PTY has ended or `detach` is typed, and the PTY takes the terminal's size.
        Afterwards the terminal is restored. Not available on Windows.

        Args:
            cursor: the number of bytes of output to skip.
            stdin: the terminal to read from; `sys.stdin` by default.
            stdout: the file to write the output to; `sys.stdout` by default.
            detach: the bytes that disconnect without closing the PTY: Ctrl+] by default; none if empty.

        Returns:
            Whether the PTY has ended; `False` after `detach`.

        Raises:
            ArgumentError: `stdin` is not a terminal.
            ProcessLostError: the PTY is lost.
            HelmrError: any other error.

        >>> pty.attach()
        """
        from ..terminal import LocalTerminal

        with LocalTerminal(stdin, stdout, detach) as local:
            return self._joined(local, cursor)

    def _joined(self, local: LocalTerminal, cursor: int) -> bool:
        """Send keystrokes and show the output until the PTY ends or `detach` is typed. Returns whether it has
        ended.

        Reads the output page by page instead of following it, because a key press could not interrupt a wait
        for an event stream.
        """
        reader = OutputReader(cursor, f"output of {self.watch.what}")
        polls, failing = Pause(*POLLS), reconnecting()
        checks = CheckTimer(0.3, 1.0)
        size: tuple[int, int] | None = None
        pending, is_last, has_ended = b"", False, False
        while True:
            try:
                if not has_ended:
                    if local.size() != size:
                        size = local.size()
                        self.resize(*size)
                    if pending:
                        self.write(pending)
                        pending = b""
                        polls.reset()
                if is_last:
                    return has_ended
                if data := self.output.next_page(reader, NEVER):
                    local.show(data)
                    polls.reset()
                    continue
                if has_ended:
                    return True
                if checks.is_due(brought_news=False):
                    seen = self.retrieve()
                    has_ended = seen.state in END_STATES
                    refuse_bad_end(self.watch.what, seen.state, seen.error.to_dict())
                    if has_ended:
                        continue
                failing.reset()
                pause = polls.next()
            except ConflictError:  # it has ended, or is about to
                pending, has_ended = b"", self.retrieve().state in END_STATES
                pause = polls.next()
            except HelmrError as error:
                prepare_retry(error, failing, NEVER)
                pause = failing.next()
            if readable(local.fd, pause):
                typed = local.typed()
                pending, is_last = pending + typed.data, typed.is_last


def _is_created(state: str) -> bool:
    return state != "creating"


def _is_settled(state: str) -> bool:
    return state != "resizing"


class Ptys(resources.WorkspacesPtys, Resource):
    """The PTY operations of workspaces, and handles for PTYs: `workspaces.ptys`.

    `live.pty` opens one and handles the rest.
    """

    def open(self, workspace: WorkspaceRef, pty: PtyRef, /) -> PtyHandle:
        """Return a handle for an existing PTY, by ids or objects. Another process may have opened it. Makes
        no request.

        Raises `ArgumentError` for anything else.

        >>> workspaces.ptys.open(workspace_id, pty_id).attach()
        """
        return PtyHandle(self._transport, id_of(workspace, "workspace"), id_of(pty, "pty"))


public(PtyHandle, Ptys)
