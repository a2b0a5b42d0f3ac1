"""Handles of terminals in workspaces."""

# ruff: noqa: ASYNC109  a timeout here is part of what is promised (how a wait ends), no cancel scope

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from helmr_api import resources
from helmr_api.types import id_of

from .._processes import TERMINAL, PtyRef
from .._public import public
from .._workspaces import WorkspaceRef
from ..durations import Duration
from ..errors import ConflictError, HelmrStatusError, ProcessFailedError, ProcessLostError
from ..output import OutputChunk
from ..waiting import Deadline
from .byte_streams import AsyncByteInput, AsyncByteOutput
from .processes import AsyncProcessHandle, AsyncProcessWatch

if TYPE_CHECKING:
    from typing import BinaryIO

    from helmr_api import models
    from helmr_api.types import Request

    from .transport import AsyncTransport

CLOSING: Final = 10.0
"""Seconds that closing a PTY may take before it is left alone."""
RESIZING: Final = 10.0
"""Seconds in which a worker must have resized a PTY."""
_NOT_OPEN: Final = "workspace_pty_not_open"


class AsyncPtyHandle(AsyncProcessHandle["models.Pty"]):
    """A terminal in a workspace.

    It is made by `live.pty`, or by `workspaces.ptys.open` from an id: in another process, and hours later.
    """

    __slots__ = ("_input", "output")

    def __init__(
        self, transport: AsyncTransport, workspace_id: str, pty_id: str, *, offset: int | None = None
    ) -> None:
        from helmr_api.api.workspaces import (
            get_workspace_pty,
            list_workspace_pty_output,
            write_workspace_pty_input,
        )

        def present() -> Request[models.Pty]:
            request = get_workspace_pty.request(workspace_id, pty_id)
            return request.reading(lambda response: request.read(response).pty)

        place = (workspace_id, pty_id)
        super().__init__(transport, workspace_id, AsyncProcessWatch(transport, "PTY", pty_id, present))
        self.output: AsyncByteOutput = AsyncByteOutput(
            transport,
            f"output of PTY {pty_id}",
            partial(list_workspace_pty_output.request, *place),
            partial(list_workspace_pty_output.stream, *place),
        )
        """What the programs in it write, and the echo of what is written to it."""
        self._input: AsyncByteInput = AsyncByteInput(
            transport,
            f"input of PTY {pty_id}",
            partial(write_workspace_pty_input.request, *place),
            None,
            self._input_cursor,
            offset=offset,
        )

    async def retrieve(self) -> models.Pty:
        """The PTY as it is now. Raises `NotFoundError`, and any other `HelmrError`.

        >>> (await pty.retrieve()).state
        """
        return await self.watch.look()

    async def _input_cursor(self) -> int:
        return (await self.watch.look()).input_cursor

    async def write(self, data: bytes | str) -> int:
        """Write bytes, or a string as UTF-8, as if they were typed; Enter is `"\\r"`.

        When this raises, write the same data again: what has arrived is not written twice.

        Args:
            data: any number of bytes; more than 1 MiB are sent in several requests.

        Returns:
            How many bytes were written.

        Raises:
            ConflictError: the PTY is not open, or somebody else writes too; `.code` says which.
            HelmrError: any other.

        >>> await pty.write("ls\\r")
        """
        return await self._input.write(data)

    async def resize(self, cols: int, rows: int) -> None:
        """Change the size, and wait until the programs in it have been told.

        Args:
            cols: columns, 1 to 500.
            rows: rows, 1 to 500.

        Raises:
            ConflictError: the PTY is not open.
            ProcessTimeoutError: nobody has resized it within 10 seconds.
            HelmrError: any other.

        >>> await pty.resize(100, 30)
        """
        from helmr_api import models
        from helmr_api.api.workspaces import resize_workspace_pty

        # A second resize while one is outstanding would be an error of some servers.
        deadline = Deadline(RESIZING)
        await self.watch.until(_is_settled, deadline, "has not been resized")
        body = models.PtyResizeRequest(cols=cols, rows=rows)
        request = resize_workspace_pty.request(self._workspace_id, self.id, body=body)
        await self._transport.send(request, deadline=deadline)
        await self.watch.until(_is_settled, deadline, "has not been resized")

    async def read(self, *, cursor: int = 0) -> OutputChunk:
        """The output so far, without waiting for more. See `AsyncByteOutput.read`.

        >>> (await pty.read()).text
        """
        return await self.output.read(cursor=cursor)

    def follow(self, *, cursor: int = 0) -> AsyncGenerator[OutputChunk, None]:
        """The output as it comes, until the PTY has ended. See `AsyncByteOutput.follow`.

        >>> async for chunk in pty.follow():
        ...     print(chunk.text, end="")
        """
        return self.output.follow(cursor=cursor)

    async def until_open(self, deadline: Deadline) -> None:
        """Wait until it can be used. Raises what `wait` raises, and `ConflictError` when it has ended."""
        seen = await self.watch.until(_is_begun, deadline, "is not open")
        if seen.state in TERMINAL:
            raise ConflictError(f"{self.watch.what} has ended", status=409, code=_NOT_OPEN)

    async def wait(self, timeout: Duration | float | None = None) -> models.Pty:
        """Wait until the PTY has ended: its shell has, or somebody has closed it.

        Cancelling the wait, or its timeout, does not end it.

        Args:
            timeout: how long to wait, as seconds, a `timedelta` or a duration; for ever when left out.

        Raises:
            ProcessTimeoutError: the time is over, and the PTY goes on.
            ProcessLostError: it is lost.
            ProcessFailedError: it could not be opened.
            HelmrError: any other that is not transient.

        >>> await pty.wait("10m")
        """
        return await self.watch.until(TERMINAL.__contains__, Deadline(timeout), "has not ended")

    async def close(self) -> None:
        """End the PTY with all that runs in it, and wait until it has. Harmless when it has ended.

        Raises:
            ProcessTimeoutError: it has not ended within 10 seconds.
            HelmrError: any other.

        >>> await pty.close()
        """
        with suppress(ProcessFailedError, ProcessLostError):  # it has ended
            await self._close(Deadline(CLOSING))

    async def _close(self, deadline: Deadline) -> None:
        from helmr_api.api.workspaces import close_workspace_pty

        seen = await self.watch.until(_is_begun, deadline, "cannot be closed yet")
        if seen.state not in (*TERMINAL, "closing"):
            try:
                request = close_workspace_pty.request(self._workspace_id, self.id)
                await self._transport.send(request, deadline=deadline)
            except HelmrStatusError as error:
                if error.code != _NOT_OPEN:  # it has ended meanwhile
                    raise
        await self.watch.until(TERMINAL.__contains__, deadline, "has not ended")

    async def attach(
        self,
        *,
        cursor: int = 0,
        stdin: BinaryIO | None = None,
        stdout: BinaryIO | None = None,
        detach: bytes = b"\x1d",
    ) -> bool:
        """Connect the local terminal: what is typed goes to the PTY, what it writes is shown.

        The local terminal passes every key on until the PTY has ended, or `detach` is typed; its size is the
        PTY's. Afterwards it is as it was. Not on Windows.

        Args:
            cursor: how many bytes of output are known, and not shown.
            stdin: the terminal to read from; `sys.stdin` when left out.
            stdout: where to show; `sys.stdout` when left out.
            detach: the bytes that end this, and not the PTY: Ctrl+] when left out; none when empty.

        Returns:
            Whether the PTY has ended; `False` after `detach`.

        Raises:
            ArgumentError: `stdin` is not a terminal.
            ProcessLostError: the PTY is lost.
            HelmrError: any other.

        >>> await pty.attach()
        """
        from ..terminal import LocalTerminal
        from .attaching import attach

        return await attach(self, LocalTerminal(stdin, stdout, detach), cursor)


def _is_begun(state: str) -> bool:
    return state != "creating"


def _is_settled(state: str) -> bool:
    return state != "resizing"


class AsyncPtys(resources.AsyncWorkspacesPtys):
    """The PTYs of workspaces, operation by operation, and handles of them: `workspaces.ptys`.

    `live.pty` opens one and takes care of the rest.
    """

    def __init__(self, transport: AsyncTransport) -> None:
        super().__init__(transport)
        self._transport = transport

    def open(self, workspace: WorkspaceRef, pty: PtyRef, /) -> AsyncPtyHandle:
        """A handle for a PTY, by ids or as objects, in another process and later too. Makes no request.

        Raises `ArgumentError` when those are neither.

        >>> await workspaces.ptys.open(workspace_id, pty_id).attach()
        """
        return AsyncPtyHandle(self._transport, id_of(workspace, "workspace"), id_of(pty, "pty"))


public(AsyncPtyHandle, AsyncPtys)
