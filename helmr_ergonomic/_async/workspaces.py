"""Workspaces over HTTP: creating, reading, changing, mounting, stopping, archiving."""

# ruff: noqa: ASYNC109  a timeout here is part of what is promised (how a wait ends), no cancel scope

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from helmr_api import models, resources
from helmr_api.models.list_workspaces_state import ListWorkspacesState
from helmr_api.paging import AsyncPager
from helmr_api.types import HasId, id_of

from .._models import Bound, bound
from .._options import checked_external_id, metadata_object
from .._public import public
from .._types import JSONObject
from .._validation import checked_flag, checked_string, listed
from .._workspaces import MOUNT_SECONDS, STOP_SECONDS, WorkspaceRef, key_ttl, key_value
from ..durations import Duration
from ..errors import ArgumentError
from ..waiting import Deadline
from .execs import AsyncExecs
from .live_workspaces import AsyncWorkspaceConnection, stop, stop_and_wait
from .ptys import AsyncPtys
from .resource import AsyncResource
from .workspace_files import AsyncWorkspaceFiles, AsyncWorkspaceVersions

if TYPE_CHECKING:
    from .transport import AsyncTransport


class _AsyncOneWorkspace:
    """The operations on one workspace, by its id."""

    __slots__ = ()
    id: str

    @property
    def _workspaces(self) -> AsyncWorkspaces:
        raise NotImplementedError

    @property
    def _transport(self) -> AsyncTransport:
        return self._workspaces._transport  # pyright: ignore[reportPrivateUsage]  of this module

    @property
    def files(self) -> AsyncWorkspaceFiles:
        """The files in its versions.

        >>> await ws.files.read_text("/repo/report.txt")
        """
        return AsyncWorkspaceFiles(self._transport, self.id)

    @property
    def versions(self) -> AsyncWorkspaceVersions:
        """The versions of its files.

        >>> [version.id async for version in ws.versions.list()]
        """
        return AsyncWorkspaceVersions(self._transport, self.id)

    def connect(
        self,
        *,
        timeout: Duration | float | None = MOUNT_SECONDS,
        stop_timeout: Duration | float | None = STOP_SECONDS,
    ) -> AsyncWorkspaceConnection:
        """Mount the workspace for the duration of an `async with` block; calling this makes no request.

        Entering waits until the mount is ready. Leaving stops the workspace, whoever mounted it, and waits
        until its changes are stored as a version.

        Args:
            timeout: The time limit for entering, after which the request is withdrawn: seconds, a `timedelta`
                or a duration string; `None` for no limit.
            stop_timeout: The time limit for leaving, in the same forms.

        Raises:
            ArgumentError: A timeout is invalid.
            WaitTimeoutError: On entering, the mount was not ready in time; on leaving, the workspace was not
                stopped in time.
            WorkspaceError: The workspace cannot be mounted, or its files could not be stored.
            HelmrError: Any other error, on entering or leaving. If the block itself raises, that exception
                propagates, and a failed stop is only logged as a warning.

        >>> async with workspaces.open(ws).connect() as live:
        ...     print(live.mount.state)
        """
        seconds, stop_seconds = Deadline(timeout).seconds, Deadline(stop_timeout, what="stop_timeout").seconds
        return AsyncWorkspaceConnection(self._transport, self.id, seconds, stop_seconds)

    async def update(
        self, *, metadata: JSONObject | None = None, tags: Sequence[str] | None = None
    ) -> AsyncWorkspace:
        """Replace its metadata or tags, see `workspaces.update`.

        >>> await workspaces.open(ws).update(tags=["review"])
        """
        return await self._workspaces.update(self, metadata=metadata, tags=tags)

    async def archive(self) -> AsyncWorkspace:
        """Archive it, see `workspaces.archive`.

        >>> await workspaces.open(ws).archive()
        """
        return await self._workspaces.archive(self)

    async def stop(
        self, *, wait: bool = False, timeout: Duration | float | None = STOP_SECONDS
    ) -> models.WorkspaceStop:
        """Stop it, see `workspaces.stop`.

        >>> await workspaces.open(ws).stop(wait=True)
        """
        return await self._workspaces.stop(self, wait=wait, timeout=timeout)


class _Context(NamedTuple):
    """The context that the methods of a workspace need besides its fields."""

    workspaces: AsyncWorkspaces
    is_cached: bool


class AsyncWorkspace(_AsyncOneWorkspace, Bound, models.Workspace):
    """A workspace as it was when the server responded, with methods that make requests for it."""

    __slots__ = ()

    @property
    def _workspaces(self) -> AsyncWorkspaces:
        workspaces: AsyncWorkspaces = self._bound_to().workspaces
        return workspaces

    @property
    def is_cached(self) -> bool:
        """True if `create` found a workspace from an earlier request with the same idempotency key."""
        return bool(self._bound_to().is_cached)

    async def refresh(self) -> AsyncWorkspace:
        """Return the current state of the workspace. Raises any error of the `HelmrError` tree.

        >>> (await ws.refresh()).current_version_id
        """
        return await self._workspaces.retrieve(self)


class AsyncWorkspaceHandle(_AsyncOneWorkspace):
    """Makes requests for a workspace, by its id. Comes from `workspaces.open`, which makes no request."""

    __slots__ = ("_of", "id")

    def __init__(self, workspaces: AsyncWorkspaces, workspace_id: str) -> None:
        self._of = workspaces
        self.id: str = workspace_id

    @property
    def _workspaces(self) -> AsyncWorkspaces:
        return self._of

    async def retrieve(self) -> AsyncWorkspace:
        """Return the current state of the workspace, see `workspaces.retrieve`.

        >>> (await workspaces.open(workspace_id).retrieve()).state
        """
        return await self._of.retrieve(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id!r})"


class AsyncWorkspaces(resources.AsyncWorkspaces, AsyncResource):
    """The workspaces of an environment: `client.workspaces`, or the facade `workspaces`."""

    @property
    def execs(self) -> AsyncExecs:
        """Handles for execs, by id, and the exec operations. See also `live.run`."""
        return AsyncExecs(self._transport)

    @property
    def ptys(self) -> AsyncPtys:
        """Handles for PTYs, by id, and the PTY operations. `live.pty` opens a PTY."""
        return AsyncPtys(self._transport)

    def _bound(self, workspace: models.Workspace, *, is_cached: bool = False) -> AsyncWorkspace:
        return bound(workspace, AsyncWorkspace, _Context(self, is_cached))

    async def create(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  not its envelope
        self,
        sandbox: str | models.Sandbox,
        *,
        deployment: str | HasId | None = None,
        external_id: str | None = None,
        metadata: JSONObject | None = None,
        tags: Sequence[str] | None = None,
        idempotency_key: str | None = None,
        idempotency_key_ttl: Duration | None = None,
    ) -> AsyncWorkspace:
        """Create an empty workspace, or find the one that an earlier request with this key created.

        While another request with the key is in progress, this one is repeated until that one is done, for at
        most 10 seconds.

        Args:
            sandbox: The name of a sandbox that the deployment declares, or the sandbox as an object.
            deployment: A deployment, by its id or as an object; by default the current one.
            external_id: Your own name for the workspace, at most 512 bytes; it can never be reused.
            metadata: A JSON object, returned by later requests.
            tags: At most 10 tags of at most 128 bytes, for filtering.
            idempotency_key: Sent verbatim, at most 512 bytes. Without one, the request gets a new key, so
                that a retry after a lost response does not create a second one.
            idempotency_key_ttl: How long the server remembers the key: a `timedelta` or a duration string;
                24 hours by default.

        Returns:
            The workspace. `is_cached` is true if an earlier request created it.

        Raises:
            ArgumentError: An argument is invalid; nothing was sent.
            ConflictError: The sandbox is not deployed, the external id is taken, or the key was used with
                other arguments; `.code` says which.
            IdempotencyPendingError: Another request with the key was still in progress.
            HelmrError: Any other error.

        >>> ws = await workspaces.create("python", tags=["review"], idempotency_key="review-42")
        """
        # The id of an object is not the name of a sandbox.
        name = sandbox.sandbox_id if isinstance(sandbox, models.Sandbox) else sandbox
        if not checked_string(name, "sandbox").strip():
            raise ArgumentError("sandbox must be the name of a sandbox, got an empty string")
        made = await super().create(
            name,
            deployment=None if deployment is None else id_of(deployment, "deployment"),
            external_id=None if external_id is None else checked_external_id(external_id),
            metadata=None if metadata is None else metadata_object(metadata),
            tags=None if tags is None else listed(tags, "tags"),
            idempotency_key=key_value(idempotency_key),
            idempotency_key_ttl=key_ttl(idempotency_key_ttl),
        )
        return self._bound(made.workspace, is_cached=made.is_cached is True)

    def open(self, workspace: WorkspaceRef) -> AsyncWorkspaceHandle:
        """Return a handle for a workspace, by its id or as an object. Makes no request.

        Raises `ArgumentError` for anything else.

        >>> await workspaces.open(workspace_id).files.read_text("/repo/report.txt")
        """
        return AsyncWorkspaceHandle(self, id_of(workspace, "workspace"))

    async def retrieve(self, workspace: WorkspaceRef, /) -> AsyncWorkspace:
        """Return the current state of a workspace, even of an archived one.

        Raises:
            NotFoundError: It does not exist.
            HelmrError: Any other error.

        >>> (await workspaces.retrieve(ws)).state
        """
        return self._bound(await super().retrieve(workspace))

    def list(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  no other state
        self,
        *,
        state: ListWorkspacesState | None = None,
        external_id: str | None = None,
        tag: str | None = None,
        limit: int | None = None,
    ) -> AsyncPager[AsyncWorkspace]:
        """List workspaces, most recently changed first. Archived ones are included.

        Args:
            state: Only workspaces in this state.
            external_id: Only the workspace with this external id.
            tag: Only workspaces with this tag.
            limit: The maximum number, 1 to 200, by default 100; older ones are not available.

        Raises:
            ArgumentError: An argument is invalid.
            HelmrError: Any other error.

        >>> [ws.id async for ws in workspaces.list(tag="review", state="active")]
        """
        workspaces = super().list(state=state, external_id=external_id, tag=tag, limit=limit)
        return workspaces.mapped(self._bound)

    async def update(
        self,
        workspace: WorkspaceRef,
        /,
        *,
        metadata: JSONObject | None = None,
        tags: Sequence[str] | None = None,
    ) -> AsyncWorkspace:
        """Replace the metadata or the tags of a workspace. Arguments you leave out change nothing.

        Args:
            workspace: The workspace, by its id or as an object.
            metadata: The new metadata, a JSON object.
            tags: The new tags; an empty list removes them.

        Raises:
            ArgumentError: An argument is invalid.
            NotFoundError: The workspace does not exist.
            HelmrError: Any other error.

        >>> await workspaces.update(ws, tags=["review", "done"])
        """
        updated = await super().update(
            workspace,
            metadata=None if metadata is None else metadata_object(metadata),
            tags=None if tags is None else listed(tags, "tags"),
        )
        return self._bound(updated)

    async def archive(self, workspace: WorkspaceRef, /) -> AsyncWorkspace:
        """Archive a workspace permanently; its files and versions stay readable. Repeating it has no effect.

        Raises:
            ConflictError: It is mounted: stop it first.
            NotFoundError: It does not exist.
            HelmrError: Any other error.

        >>> (await workspaces.archive(ws)).archived_at
        """
        return self._bound(await super().archive(workspace))

    async def stop(
        self,
        workspace: WorkspaceRef,
        /,
        *,
        idempotency_key: str | None = None,
        idempotency_key_ttl: Duration | None = None,
        wait: bool = False,
        timeout: Duration | float | None = STOP_SECONDS,
    ) -> models.WorkspaceStop:
        """Stop a workspace: end everything running in it, store its changes as a version, and unmount it.

        Args:
            workspace: The workspace, by its id or as an object.
            idempotency_key: Names this stop: if repeated, the server returns its first response and does
                not stop anything again. Sent verbatim, at most 512 bytes. Without one, the request gets a new
                key.
            idempotency_key_ttl: How long the server remembers the key: a `timedelta` or a duration string;
                24 hours by default.
            wait: Wait until it is stopped. Otherwise the response may be `unmounting`.
            timeout: The time limit for the whole call: seconds, a `timedelta` or a duration string; `None`
                for no limit.

        Returns:
            The last response: `unmounted`, or `no_active_mount` if nothing is mounted.

        Raises:
            ArgumentError: An argument is invalid.
            NotFoundError: The workspace does not exist, or is archived.
            WaitTimeoutError: It was not stopped in time; the stop continues.
            WorkspaceError: Its files could not be stored.
            HelmrError: Any other error.

        >>> (await workspaces.stop(ws, wait=True)).state
        """
        deadline = Deadline(timeout)
        workspace_id = id_of(workspace, "workspace")
        body = models.WorkspaceStopRequest(
            idempotency_key=key_value(idempotency_key), idempotency_key_ttl=key_ttl(idempotency_key_ttl)
        )
        if checked_flag(wait, "wait"):
            return await stop_and_wait(self._transport, workspace_id, deadline, body)
        return await stop(self._transport, workspace_id, body, deadline)


public(AsyncWorkspace, AsyncWorkspaceHandle, AsyncWorkspaces)
