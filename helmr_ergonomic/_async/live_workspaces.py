"""Workspaces that are mounted for the duration of a block."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Final

from attrs import define

from helmr_api import models

from .._public import public
from .._workspaces import STOP_SECONDS
from ..errors import (
    ConflictError,
    HelmrError,
    HelmrStatusError,
    NotFoundError,
    WaitTimeoutError,
    WorkspaceError,
)
from ..reconnect import prepare_retry, reconnecting
from ..transport import logger
from ..waiting import Deadline, Pause
from .commands import AsyncCommands
from .timing import shielded, sleep
from .workspace_files import AsyncWorkspaceFiles, AsyncWorkspaceVersions

if TYPE_CHECKING:
    from .transport import AsyncTransport

FIRST_POLL: Final = 0.05
LONGEST_POLL: Final = 2.0
"""Seconds between two polls of a mount that is not ready, or of a workspace that is being stopped."""
GIVE_UP_SECONDS: Final = 1.0
"""Seconds of the time limit that are reserved for withdrawing the mount request, at most."""


@define(eq=False, repr=False)
class AsyncLiveWorkspace(AsyncCommands):
    """A mounted workspace, as provided by `async with workspaces.open(ws).connect()`.

    `mount` is the mount at the time it became ready.
    """

    _transport: AsyncTransport
    id: str
    mount: models.WorkspaceMount

    @property
    def files(self) -> AsyncWorkspaceFiles:
        """The files of its versions. Changes made while it is mounted appear once it has been stopped.

        >>> [file.path async for file in live.files.list()]
        """
        return AsyncWorkspaceFiles(self._transport, self.id)

    @property
    def versions(self) -> AsyncWorkspaceVersions:
        """Its versions.

        >>> [version.id async for version in live.versions.list()]
        """
        return AsyncWorkspaceVersions(self._transport, self.id)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id!r})"


@define(eq=False, repr=False)
class AsyncWorkspaceConnection:
    """Mounts a workspace on entering, and stops it on leaving: `workspaces.open(ws).connect()`."""

    _transport: AsyncTransport
    workspace_id: str
    _mount_seconds: float | None
    _stop_seconds: float | None

    async def __aenter__(self) -> AsyncLiveWorkspace:
        seconds = self._mount_seconds
        kept = 0.0 if seconds is None else min(GIVE_UP_SECONDS, seconds / 5)
        mounting = _Mounting(self._transport, self.workspace_id)
        try:
            mount = await mounting.until_ready(Deadline(None if seconds is None else seconds - kept))
        except BaseException:
            if mounting.may_be_requested:
                with shielded(kept or GIVE_UP_SECONDS):
                    await self._take_back(kept or GIVE_UP_SECONDS)
            raise
        return AsyncLiveWorkspace(self._transport, self.workspace_id, mount)

    async def _take_back(self, seconds: float) -> None:
        """Withdraw the mount request. A failure is logged, because an abandoned request keeps workers
        busy."""
        try:
            await stop(self._transport, self.workspace_id, models.WorkspaceStopRequest(), Deadline(seconds))
        except HelmrError as error:
            logger.warning("workspace %s: the mount request was not withdrawn: %s", self.workspace_id, error)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds = self._stop_seconds
        deadline = Deadline(seconds)
        try:
            if error is None:
                await stop_and_wait(self._transport, self.workspace_id, deadline)
            else:
                with shielded(deadline.clip(STOP_SECONDS)):
                    await stop_and_wait(self._transport, self.workspace_id, deadline.earlier(STOP_SECONDS))
        except HelmrError as failure:
            if error is None:
                raise
            # The exception from the block is more useful.
            logger.warning("workspace %s could not be stopped: %s", self.workspace_id, failure)


@define(eq=False, repr=False)
class _Mounting:
    """Waits until a workspace is mounted."""

    _transport: AsyncTransport
    _workspace_id: str
    may_be_requested: bool = False
    """True if this may have requested a mount."""

    async def until_ready(self, deadline: Deadline) -> models.WorkspaceMount:
        """Wait for the mount to be ready, and return it. Raises if that fails or takes too long."""
        pause, failing = Pause(FIRST_POLL, LONGEST_POLL), reconnecting()
        first: models.WorkspaceMount | None = None
        while True:
            wait = pause.next()
            try:
                mount = await self._requested(deadline)
            except ConflictError as error:
                if error.code != "workspace_mount_not_runnable":
                    raise
            except NotFoundError as error:
                raise await self._why(error, deadline) from error
            except HelmrError as error:
                self.may_be_requested |= not isinstance(error, HelmrStatusError)
                prepare_retry(error, failing, deadline)
                wait = failing.next()
            else:
                failing.reset()
                self.may_be_requested = True
                first = first or mount
                if mount.id != first.id:
                    raise WorkspaceError(
                        f"workspace {self._workspace_id} was not mounted: its mount {first.id} was stopped, "
                        "lost or failed before it was ready",
                        workspace_id=self._workspace_id,
                    )
                if mount.state == "mounted":
                    return mount
            if deadline.passed:
                raise self._late(first)
            await sleep(deadline.clip(wait))

    async def _requested(self, deadline: Deadline) -> models.WorkspaceMount:
        from helmr_api.api.workspaces import materialize_workspace

        request = materialize_workspace.request(self._workspace_id, body=models.WorkspaceMountRequest())
        return await self._transport.send(request, deadline=deadline)

    async def _why(self, error: NotFoundError, deadline: Deadline) -> HelmrError:
        """Find out why the workspace cannot be mounted: the server's error is the same for every workspace
        that is not active."""
        from helmr_api.api.workspaces import get_workspace

        try:
            request = get_workspace.request(self._workspace_id)
            found = (await self._transport.send(request, deadline=deadline)).workspace
        except HelmrError:
            return error
        return WorkspaceError(
            f"workspace {self._workspace_id} cannot be mounted: it is {found.state}",
            workspace_id=self._workspace_id,
            state=found.state,
        )

    def _late(self, seen: models.WorkspaceMount | None) -> WaitTimeoutError:
        what = "no response came" if seen is None else f"its mount {seen.id} is {seen.state}"
        if seen is not None and seen.last_heartbeat_at is None:
            what += ", and no worker has claimed it"
        return WaitTimeoutError(f"workspace {self._workspace_id} was not mounted in time: {what}")


async def stop(
    transport: AsyncTransport, workspace_id: str, body: models.WorkspaceStopRequest, deadline: Deadline
) -> models.WorkspaceStop:
    """Request a stop, once."""
    from helmr_api.api.workspaces import stop_workspace

    return await transport.send(stop_workspace.request(workspace_id, body=body), deadline=deadline)


async def stop_and_wait(
    transport: AsyncTransport,
    workspace_id: str,
    deadline: Deadline,
    body: models.WorkspaceStopRequest | None = None,
) -> models.WorkspaceStop:
    """Stop a workspace, and wait until its changed files are stored."""
    pause, failing = Pause(FIRST_POLL, LONGEST_POLL), reconnecting()
    stopping: models.WorkspaceStop | None = None
    while True:
        wait = pause.next()
        try:
            # Further requests have no key, because with it the server would repeat its first response.
            request = models.WorkspaceStopRequest() if body is None or stopping is not None else body
            seen = await stop(transport, workspace_id, request, deadline)
            if seen.state != "unmounting":
                return seen
            stopping = seen
            failing.reset()
        except NotFoundError as error:
            if stopping is None:
                raise
            raise WorkspaceError(
                f"the files of workspace {workspace_id} could not be stored when it was stopped: "
                "it is no longer active",
                workspace_id=workspace_id,
            ) from error
        except HelmrError as error:
            prepare_retry(error, failing, deadline)
            wait = failing.next()
        if deadline.passed:
            raise WaitTimeoutError(
                f"workspace {workspace_id} was not stopped within {deadline.seconds:g} s; the stop continues",
                timeout=deadline.seconds,
            )
        await sleep(deadline.clip(wait))


public(AsyncLiveWorkspace, AsyncWorkspaceConnection)
