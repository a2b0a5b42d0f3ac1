# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Commands that run in workspaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...types import HasId, Sender, id_of

if TYPE_CHECKING:
    from ...models.exec_ import Exec
    from ...models.exec_envelope import ExecEnvelope
    from ...models.exec_state import ExecState
    from ...models.stream_chunk import StreamChunk
    from ...paging import Pager


class WorkspacesExecs:
    """Commands that run in workspaces.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def list(
        self, workspace: str | HasId, /, *, state: ExecState | str | None = None, limit: int | None = None
    ) -> Pager[Exec]:
        """List execs.

        Lists the execs of a workspace, newest first (`created_at`, then `id`, both descending). There is no
        cursor, so only the newest `limit` execs can be seen. Needs the permission `workspace.exec.read`.
        Order of checks: as `getWorkspace`, then `limit`, `state`.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            state: Only execs in this state. Blank means no filter.
            limit: The maximum number to return. Blank is the default.

        Returns:
            Newest first, at most `limit`.
        """
        from ...api.workspaces import list_workspace_execs
        from ...paging import Pager

        return Pager(
            self._sender,
            lambda at: list_workspace_execs.request(id_of(workspace, "workspace"), state=state, limit=limit),
            lambda page: page.execs,
            most=limit or 50,
        )

    def create(
        self,
        workspace: str | HasId,
        /,
        command: Sequence[str],
        *,
        cwd: str | None = None,
        env: Mapping[str, Any] | None = None,
        detached: bool | None = None,
        idempotency_key: str | None = None,
    ) -> ExecEnvelope:
        """Run a command.

        Starts a command in the workspace, as soon as a worker has mounted it; a mount is requested if there
        is none, as by `materializeWorkspace`. At most one exec or PTY of a workspace may be active at a
        time, and none while a run is using it.

        A known idempotency key with the same `command`, `cwd`, `env` and `detached` returns the exec in its
        current state with `is_cached: true`, even while it is active. The scope of a key is the workspace,
        apart from PTYs; it becomes free again after 24 hours. Nothing is recorded for a creation that
        failed. Needs the permission `workspace.exec.create`.

        Order of checks: as `getWorkspace`, then body, `command`, `cwd`, `env`, idempotency key, state of
        the workspace, active exec or PTY, mount.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            command: The program and its arguments, not interpreted by a shell.
            cwd: The working directory: an absolute path without `..`. The sandbox's own when left out
                or blank.
            env: Environment variables; none when left out.
            detached: Whether it runs detached; false by default. The server only records this.
            idempotency_key: Makes this creation safe to repeat for 24 hours; blank is none. Scope: the
                workspace.
        """
        from ...api.workspaces import create_workspace_exec
        from ...models.exec_create_request import ExecCreateRequest

        body = ExecCreateRequest(
            command=list(command),
            cwd=cwd,
            env=None if env is None else dict(env),
            detached=detached,
            idempotency_key=idempotency_key,
        )
        return self._sender.send(create_workspace_exec.request(id_of(workspace, "workspace"), body=body))

    def retrieve(self, workspace: str | HasId, exec: str | HasId, /) -> Exec:
        """Get an exec.

        Returns the current state of an exec. Needs the permission `workspace.exec.read`. Order of checks:
        as `getWorkspace`, then `exec_id`, exec.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            exec: The exec's id. Other spellings of a UUID are accepted too.

        Returns:
            The current state of the exec.
        """
        from ...api.workspaces import get_workspace_exec

        return self._sender.send(
            get_workspace_exec.request(id_of(workspace, "workspace"), id_of(exec, "exec"))
        ).exec_

    def write_stdin(
        self, workspace: str | HasId, exec: str | HasId, /, data: str, *, offset: int | None = None
    ) -> StreamChunk:
        """Write to the standard input of an exec.

        Appends 1 to 1048576 bytes at `offset`, which must be the number of bytes written before
        (`stdin_cursor`). The same bytes at the same offset again are accepted and stored once, so the
        request is safe to repeat until the input is closed or the exec has ended. Bytes are accepted before
        the exec runs. Needs the permission `workspace.exec.manage`.

        Order of checks: as `getWorkspaceExec`, then body, `offset`, `data`, state of the exec, input
        closed, offset taken.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            exec: The exec's id. Other spellings of a UUID are accepted too.
            data: 1 to 1048576 bytes in base64 with padding. Line breaks in it are ignored; the pattern
                leaves them out.
            offset: How many bytes were written before; 0 when left out.
        """
        from ...api.workspaces import write_workspace_exec_stdin
        from ...models.stream_write_request import StreamWriteRequest

        body = StreamWriteRequest(data=data, offset=offset)
        return self._sender.send(
            write_workspace_exec_stdin.request(id_of(workspace, "workspace"), id_of(exec, "exec"), body=body)
        )

    def close_stdin(self, workspace: str | HasId, exec: str | HasId, /) -> Exec:
        """Close the standard input of an exec.

        Ends the input of an exec that has not ended. A repeat changes nothing. A body is optional and not
        read. Needs the permission `workspace.exec.manage`.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            exec: The exec's id. Other spellings of a UUID are accepted too.

        Returns:
            The current state of the exec.
        """
        from ...api.workspaces import close_workspace_exec_stdin

        return self._sender.send(
            close_workspace_exec_stdin.request(id_of(workspace, "workspace"), id_of(exec, "exec"))
        ).exec_

    def stdout(
        self,
        workspace: str | HasId,
        exec: str | HasId,
        /,
        *,
        cursor: int | None = None,
        page_size: int | None = None,
    ) -> Pager[StreamChunk]:
        """Read or follow the standard output of an exec.

        Returns one page of JSON, or, when `follow` is exactly `1` or the `Accept` header contains
        `text/event-stream`, a stream of server-sent events. Needs the permission `workspace.exec.read`.
        Order of checks: as `getWorkspace`, then `exec_id`, exec, `cursor`, `limit`.

        **Cursor.** A cursor is a number of bytes. A page contains the chunks that end after it; the first one may
        begin before it, so drop the bytes you already have. The next cursor is the last `offset_end`; a cursor at or
        beyond the end returns an empty page. The header `Last-Event-ID` is used when `cursor` is left out or blank, in
        both modes. No page states that the output has ended: read the exec.

        About the last 67108864 bytes are kept, in whole chunks. A cursor before the oldest of them gets a
        410 that names the earliest cursor available; so do 0 and no cursor.

        **Stream.** All chunks after the cursor, then new ones as they arrive. Every 25 s without news a comment
        `: keep-alive` is sent; headers may be sent only with the first frame or comment. When the exec has ended, the
        rest of the output is sent, then exactly one frame `workspace_stream_terminal` or `workspace_stream_lost`, and
        the response ends. It also ends after a frame `workspace_stream_error`, after 30 minutes or on a failure
        without a frame: reconnect with the last id. `limit` has no effect on the stream.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            exec: The exec's id. Other spellings of a UUID are accepted too.
            cursor: Only what follows this many bytes. Blank is the header `Last-Event-ID`, else 0.
            page_size: How many chunks a page has at most. Checked but not used when following. Blank is
                the default.

        Returns:
            Those that end after the cursor, ascending, at most `limit`. The first one may begin before the
            cursor.
        """
        from ...api.workspaces import list_workspace_exec_stdout
        from ...paging import Pager

        return Pager(
            self._sender,
            lambda at: list_workspace_exec_stdout.request(
                id_of(workspace, "workspace"), id_of(exec, "exec"), cursor=at, limit=page_size
            ),
            lambda page: page.chunks,
            lambda page: page.chunks[-1].offset_end if page.chunks else None,
            cursor,
        )

    def stderr(
        self,
        workspace: str | HasId,
        exec: str | HasId,
        /,
        *,
        cursor: int | None = None,
        page_size: int | None = None,
    ) -> Pager[StreamChunk]:
        """Read or follow the standard error of an exec.

        Like `listWorkspaceExecStdout`, for the standard error. Its bytes are counted separately. Needs the
        permission `workspace.exec.read`.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            exec: The exec's id. Other spellings of a UUID are accepted too.
            cursor: Only what follows this many bytes. Blank is the header `Last-Event-ID`, else 0.
            page_size: How many chunks a page has at most. Checked but not used when following. Blank is
                the default.

        Returns:
            Those that end after the cursor, ascending, at most `limit`. The first one may begin before the
            cursor.
        """
        from ...api.workspaces import list_workspace_exec_stderr
        from ...paging import Pager

        return Pager(
            self._sender,
            lambda at: list_workspace_exec_stderr.request(
                id_of(workspace, "workspace"), id_of(exec, "exec"), cursor=at, limit=page_size
            ),
            lambda page: page.chunks,
            lambda page: page.chunks[-1].offset_end if page.chunks else None,
            cursor,
        )
