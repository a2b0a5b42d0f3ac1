# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Terminals in workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...types import AsyncSender, HasId, id_of

if TYPE_CHECKING:
    from ...models.pty import Pty
    from ...models.pty_envelope import PtyEnvelope
    from ...models.pty_state import PtyState
    from ...models.stream_chunk import StreamChunk
    from ...paging import AsyncPager


class AsyncWorkspacesPtys:
    """Terminals in workspaces.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    def list(
        self, workspace: str | HasId, /, *, state: PtyState | str | None = None, limit: int | None = None
    ) -> AsyncPager[Pty]:
        """List PTYs.

        Lists the PTYs of a workspace, newest first (`created_at`, then `id`, both descending). There is no
        cursor, so only the newest `limit` PTYs can be seen. Needs the permission `workspace.pty.read`.
        Order of checks: as `getWorkspace`, then `limit`, `state`.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            state: Only PTYs in this state. Blank means no filter.
            limit: The maximum number to return. Blank is the default.

        Returns:
            Newest first, at most `limit`.
        """
        from ...api.workspaces import list_workspace_ptys
        from ...paging import AsyncPager

        return AsyncPager(
            self._sender,
            lambda at: list_workspace_ptys.request(id_of(workspace, "workspace"), state=state, limit=limit),
            lambda page: page.ptys,
            most=limit or 50,
        )

    async def create(
        self,
        workspace: str | HasId,
        /,
        *,
        cwd: str | None = None,
        cols: int | None = None,
        rows: int | None = None,
        idempotency_key: str | None = None,
    ) -> PtyEnvelope:
        """Open a terminal.

        Opens a pseudo-terminal with a shell in the workspace, as soon as a worker has mounted it; a mount
        is requested if there is none, as by `materializeWorkspace`. At most one exec or PTY of a workspace
        may be active at a time, and none while a run is using it.

        A known idempotency key with the same `cwd` and size returns the PTY in its current state with
        `is_cached: true`, even while it is active. The scope of a key is the workspace, apart from execs;
        it becomes free again after 24 hours. Nothing is recorded for a creation that failed. Needs the
        permission `workspace.pty.create`.

        Order of checks: as `getWorkspace`, then body, `cwd`, size, idempotency key, state of the workspace,
        active exec or PTY, mount.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            cwd: The working directory of the shell: an absolute path without `..`. The sandbox's own
                when left out or blank.
            cols: Columns, at most 500. 80 when left out, 0 or negative.
            rows: Rows, at most 500. 24 when left out, 0 or negative.
            idempotency_key: Makes this creation safe to repeat for 24 hours; blank is none. Scope: the
                workspace.
        """
        from ...api.workspaces import create_workspace_pty
        from ...models.pty_create_request import PtyCreateRequest

        body = PtyCreateRequest(cwd=cwd, cols=cols, rows=rows, idempotency_key=idempotency_key)
        return await self._sender.send(create_workspace_pty.request(id_of(workspace, "workspace"), body=body))

    async def retrieve(self, workspace: str | HasId, pty: str | HasId, /) -> Pty:
        """Get a PTY.

        Returns the current state of a PTY. Needs the permission `workspace.pty.read`. Order of checks: as
        `getWorkspace`, then `pty_id`, PTY.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            pty: The PTY's id. Other spellings of a UUID are accepted too.

        Returns:
            The current state of the PTY.
        """
        from ...api.workspaces import get_workspace_pty

        return (
            await self._sender.send(
                get_workspace_pty.request(id_of(workspace, "workspace"), id_of(pty, "pty"))
            )
        ).pty

    async def write(
        self, workspace: str | HasId, pty: str | HasId, /, data: str, *, offset: int | None = None
    ) -> StreamChunk:
        """Write to a PTY.

        Appends 1 to 1048576 bytes at `offset`, which must be the number of bytes written before
        (`input_cursor`), to a PTY that is `open` or `resizing`. The same bytes at the same offset again are
        accepted and stored once, so the request is safe to repeat until the PTY has ended. Needs the
        permission `workspace.pty.manage`.

        Order of checks: as `getWorkspacePty`, then body, `offset`, `data`, state of the PTY, offset taken.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            pty: The PTY's id. Other spellings of a UUID are accepted too.
            data: 1 to 1048576 bytes in base64 with padding. Line breaks in it are ignored; the pattern
                leaves them out.
            offset: How many bytes were written before; 0 when left out.
        """
        from ...api.workspaces import write_workspace_pty_input
        from ...models.stream_write_request import StreamWriteRequest

        body = StreamWriteRequest(data=data, offset=offset)
        return await self._sender.send(
            write_workspace_pty_input.request(id_of(workspace, "workspace"), id_of(pty, "pty"), body=body)
        )

    def output(
        self,
        workspace: str | HasId,
        pty: str | HasId,
        /,
        *,
        cursor: int | None = None,
        page_size: int | None = None,
    ) -> AsyncPager[StreamChunk]:
        """Read or follow the output of a PTY.

        Like `listWorkspaceExecStdout`, for the output of a PTY, which includes the echo of its input. Needs
        the permission `workspace.pty.read`.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            pty: The PTY's id. Other spellings of a UUID are accepted too.
            cursor: Only what follows this many bytes. Blank is the header `Last-Event-ID`, else 0.
            page_size: How many chunks a page has at most. Checked but not used when following. Blank is
                the default.

        Returns:
            Those that end after the cursor, ascending, at most `limit`. The first one may begin before the
            cursor.
        """
        from ...api.workspaces import list_workspace_pty_output
        from ...paging import AsyncPager

        return AsyncPager(
            self._sender,
            lambda at: list_workspace_pty_output.request(
                id_of(workspace, "workspace"), id_of(pty, "pty"), cursor=at, limit=page_size
            ),
            lambda page: page.chunks,
            lambda page: page.chunks[-1].offset_end if page.chunks else None,
            cursor,
        )

    async def resize(
        self, workspace: str | HasId, pty: str | HasId, /, cols: int | None = None, rows: int | None = None
    ) -> Pty:
        """Resize a PTY.

        Asks the worker to resize a PTY that is `open` or `resizing`. The response shows `resizing` and
        still the old size; `cols` and `rows` change when the worker has done it. While an earlier resize is
        outstanding, a control plane of 2026-07-01 returns 500. Needs the permission `workspace.pty.manage`.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            pty: The PTY's id. Other spellings of a UUID are accepted too.
            cols: Columns, at most 500. 80 when left out, 0 or negative.
            rows: Rows, at most 500. 24 when left out, 0 or negative.

        Returns:
            The current state of the PTY.
        """
        from ...api.workspaces import resize_workspace_pty
        from ...models.pty_resize_request import PtyResizeRequest

        body = PtyResizeRequest(cols=cols, rows=rows)
        return (
            await self._sender.send(
                resize_workspace_pty.request(id_of(workspace, "workspace"), id_of(pty, "pty"), body=body)
            )
        ).pty

    async def close(self, workspace: str | HasId, pty: str | HasId, /) -> Pty:
        """Close a PTY.

        Asks the worker to end a PTY that is `open`, `resizing` or `closing`; the response shows `closing`.
        One that is `creating` cannot be closed: stop its workspace. While an earlier close is outstanding,
        a control plane of 2026-07-01 returns 500. A body is optional and not read. Needs the permission
        `workspace.pty.manage`.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            pty: The PTY's id. Other spellings of a UUID are accepted too.

        Returns:
            The current state of the PTY.
        """
        from ...api.workspaces import close_workspace_pty

        return (
            await self._sender.send(
                close_workspace_pty.request(id_of(workspace, "workspace"), id_of(pty, "pty"))
            )
        ).pty
