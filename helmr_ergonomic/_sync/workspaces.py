# Derived from helmr_ergonomic/_async/workspaces.py. Edit that file, then run `make generate`.
"""Workspaces over HTTP: creating, reading, changing, mounting, stopping, archiving."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from helmr_api import models, resources
from helmr_api.models.list_workspaces_state import ListWorkspacesState
from helmr_api.paging import Pager
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
from .execs import Execs
from .live_workspaces import WorkspaceConnection, stop, stop_and_wait
from .ptys import Ptys
from .resource import Resource
from .workspace_files import WorkspaceFiles, WorkspaceVersions

if TYPE_CHECKING:
    from .transport import Transport


class _OneWorkspace:
    """The operations on one workspace, by its id."""

    __slots__ = ()
    id: str

    @property
    def _workspaces(self) -> Workspaces:
        raise NotImplementedError

    @property
    def _transport(self) -> Transport:
        return self._workspaces._transport  # pyright: ignore[reportPrivateUsage]  of this module

    @property
    def files(self) -> WorkspaceFiles:
        """The files in its versions.

        >>> ws.files.read_text("/repo/report.txt")
        """
        return WorkspaceFiles(self._transport, self.id)

    @property
    def versions(self) -> WorkspaceVersions:
        """The versions of its files.

        >>> [version.id for version in ws.versions.list()]
        """
        return WorkspaceVersions(self._transport, self.id)

    def connect(
        self,
        *,
        timeout: Duration | float | None = MOUNT_SECONDS,
        stop_timeout: Duration | float | None = STOP_SECONDS,
    ) -> WorkspaceConnection:
        """Mount the workspace for the duration of an `with` block; calling this makes no request.

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

        >>> with workspaces.open(ws).connect() as live:
        ...     print(live.mount.state)
        """
        seconds, stop_seconds = Deadline(timeout).seconds, Deadline(stop_timeout, what="stop_timeout").seconds
        return WorkspaceConnection(self._transport, self.id, seconds, stop_seconds)

    def update(self, *, metadata: JSONObject | None = None, tags: Sequence[str] | None = None) -> Workspace:
        """Replace its metadata or tags, see `workspaces.update`.

        >>> workspaces.open(ws).update(tags=["review"])
        """
        return self._workspaces.update(self, metadata=metadata, tags=tags)

    def archive(self) -> Workspace:
        """Archive it, see `workspaces.archive`.

        >>> workspaces.open(ws).archive()
        """
        return self._workspaces.archive(self)

    def stop(
        self, *, wait: bool = False, timeout: Duration | float | None = STOP_SECONDS
    ) -> models.WorkspaceStop:
        """Stop it, see `workspaces.stop`.

        >>> workspaces.open(ws).stop(wait=True)
        """
        return self._workspaces.stop(self, wait=wait, timeout=timeout)


class _Context(NamedTuple):
    """The context that the methods of a workspace need besides its fields."""

    workspaces: Workspaces
    is_cached: bool


class Workspace(_OneWorkspace, Bound, models.Workspace):
    """A workspace as it was when the server responded, with methods that make requests for it."""

    __slots__ = ()

    @property
    def _workspaces(self) -> Workspaces:
        workspaces: Workspaces = self._bound_to().workspaces
        return workspaces

    @property
    def is_cached(self) -> bool:
        """True if `create` found a workspace from an earlier request with the same idempotency key."""
        return bool(self._bound_to().is_cached)

    def refresh(self) -> Workspace:
        """Return the current state of the workspace. Raises any error of the `HelmrError` tree.

        >>> ws.refresh().current_version_id
        """
        return self._workspaces.retrieve(self)


class WorkspaceHandle(_OneWorkspace):
    """Makes requests for a workspace, by its id. Comes from `workspaces.open`, which makes no request."""

    __slots__ = ("_of", "id")

    def __init__(self, workspaces: Workspaces, workspace_id: str) -> None:
        self._of = workspaces
        self.id: str = workspace_id

    @property
    def _workspaces(self) -> Workspaces:
        return self._of

    def retrieve(self) -> Workspace:
        """Return the current state of the workspace, see `workspaces.retrieve`.

        >>> workspaces.open(workspace_id).retrieve().state
        """
        return self._of.retrieve(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id!r})"


class Workspaces(resources.Workspaces, Resource):
    """The workspaces of an environment: `client.workspaces`, or the facade `workspaces`."""

    @property
    def execs(self) -> Execs:
        """Handles for execs, by id, and the exec operations. See also `live.run`."""
        return Execs(self._transport)

    @property
    def ptys(self) -> Ptys:
        """Handles for PTYs, by id, and the PTY operations. `live.pty` opens a PTY."""
        return Ptys(self._transport)

    def _bound(self, workspace: models.Workspace, *, is_cached: bool = False) -> Workspace:
        return bound(workspace, Workspace, _Context(self, is_cached))

    def create(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  not its envelope
        self,
        sandbox: str | models.Sandbox,
        *,
        deployment: str | HasId | None = None,
        external_id: str | None = None,
        metadata: JSONObject | None = None,
        tags: Sequence[str] | None = None,
        idempotency_key: str | None = None,
        idempotency_key_ttl: Duration | None = None,
    ) -> Workspace:
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

        >>> ws = workspaces.create("python", tags=["review"], idempotency_key="review-42")
        """
        # The id of an object is not the name of a sandbox.
        name = sandbox.sandbox_id if isinstance(sandbox, models.Sandbox) else sandbox
        if not checked_string(name, "sandbox").strip():
            raise ArgumentError("sandbox must be the name of a sandbox, got an empty string")
        made = super().create(
            name,
            deployment=None if deployment is None else id_of(deployment, "deployment"),
            external_id=None if external_id is None else checked_external_id(external_id),
            metadata=None if metadata is None else metadata_object(metadata),
            tags=None if tags is None else listed(tags, "tags"),
            idempotency_key=key_value(idempotency_key),
            idempotency_key_ttl=key_ttl(idempotency_key_ttl),
        )
        return self._bound(made.workspace, is_cached=made.is_cached is True)

    def open(self, workspace: WorkspaceRef) -> WorkspaceHandle:
        """Return a handle for a workspace, by its id or as an object. Makes no request.

        Raises `ArgumentError` for anything else.

        >>> workspaces.open(workspace_id).files.read_text("/repo/report.txt")
        """
        return WorkspaceHandle(self, id_of(workspace, "workspace"))

    def retrieve(self, workspace: WorkspaceRef, /) -> Workspace:
        """Return the current state of a workspace, even of an archived one.

        Raises:
            NotFoundError: It does not exist.
            HelmrError: Any other error.

        >>> workspaces.retrieve(ws).state
        """
        return self._bound(super().retrieve(workspace))

    def list(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  no other state
        self,
        *,
        state: ListWorkspacesState | None = None,
        external_id: str | None = None,
        tag: str | None = None,
        limit: int | None = None,
    ) -> Pager[Workspace]:
        """List workspaces, most recently changed first. Archived ones are included.

        Args:
            state: Only workspaces in this state.
            external_id: Only the workspace with this external id.
            tag: Only workspaces with this tag.
            limit: The maximum number, 1 to 200, by default 100; older ones are not available.

        Raises:
            ArgumentError: An argument is invalid.
            HelmrError: Any other error.

        >>> [ws.id for ws in workspaces.list(tag="review", state="active")]
        """
        workspaces = super().list(state=state, external_id=external_id, tag=tag, limit=limit)
        return workspaces.mapped(self._bound)

    def update(
        self,
        workspace: WorkspaceRef,
        /,
        *,
        metadata: JSONObject | None = None,
        tags: Sequence[str] | None = None,
    ) -> Workspace:
        """Replace the metadata or the tags of a workspace. Arguments you leave out change nothing.

        Args:
            workspace: The workspace, by its id or as an object.
            metadata: The new metadata, a JSON object.
            tags: The new tags; an empty list removes them.

        Raises:
            ArgumentError: An argument is invalid.
            NotFoundError: The workspace does not exist.
            HelmrError: Any other error.

        >>> workspaces.update(ws, tags=["review", "done"])
        """
        updated = super().update(
            workspace,
            metadata=None if metadata is None else metadata_object(metadata),
            tags=None if tags is None else listed(tags, "tags"),
        )
        return self._bound(updated)

    def archive(self, workspace: WorkspaceRef, /) -> Workspace:
        """Archive a workspace permanently; its files and versions stay readable. Repeating it has no effect.

        Raises:
            ConflictError: It is mounted: stop it first.
            NotFoundError: It does not exist.
            HelmrError: Any other error.

        >>> workspaces.archive(ws).archived_at
        """
        return self._bound(super().archive(workspace))

    def stop(
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

        >>> workspaces.stop(ws, wait=True).state
        """
        deadline = Deadline(timeout)
        workspace_id = id_of(workspace, "workspace")
        body = models.WorkspaceStopRequest(
            idempotency_key=key_value(idempotency_key), idempotency_key_ttl=key_ttl(idempotency_key_ttl)
        )
        if checked_flag(wait, "wait"):
            return stop_and_wait(self._transport, workspace_id, deadline, body)
        return stop(self._transport, workspace_id, body, deadline)


public(Workspace, WorkspaceHandle, Workspaces)
