# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Directories that tasks, commands and terminals work in, with their versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...types import HasId, Sender, id_of

if TYPE_CHECKING:
    from ...models.list_workspaces_state import ListWorkspacesState
    from ...models.workspace import Workspace
    from ...models.workspace_envelope import WorkspaceEnvelope
    from ...models.workspace_mount import WorkspaceMount
    from ...models.workspace_stop import WorkspaceStop
    from ...paging import Pager
    from .workspaces_execs import WorkspacesExecs
    from .workspaces_files import WorkspacesFiles
    from .workspaces_ptys import WorkspacesPtys
    from .workspaces_versions import WorkspacesVersions


class Workspaces:
    """Directories that tasks, commands and terminals work in, with their versions.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    @property
    def execs(self) -> WorkspacesExecs:
        """Commands that run in workspaces."""
        from .workspaces_execs import WorkspacesExecs

        return WorkspacesExecs(self._sender)

    @property
    def files(self) -> WorkspacesFiles:
        """The files of workspaces."""
        from .workspaces_files import WorkspacesFiles

        return WorkspacesFiles(self._sender)

    @property
    def ptys(self) -> WorkspacesPtys:
        """Terminals in workspaces."""
        from .workspaces_ptys import WorkspacesPtys

        return WorkspacesPtys(self._sender)

    @property
    def versions(self) -> WorkspacesVersions:
        """The versions of the files of workspaces."""
        from .workspaces_versions import WorkspacesVersions

        return WorkspacesVersions(self._sender)

    def list(
        self,
        *,
        state: ListWorkspacesState | str | None = None,
        external_id: str | None = None,
        tag: str | None = None,
        limit: int | None = None,
    ) -> Pager[Workspace]:
        """List workspaces.

        Lists the environment's workspaces, most recently updated first (`updated_at`, then `id`, both
        descending), including archived ones. Filters combine; there is no cursor, so only the newest
        `limit` workspaces can be seen. Needs any permission for workspaces. Order of checks: scope,
        permission, `limit`, `state`.

        Args:
            state: Only workspaces in this state. Blank means no filter.
                - `active`: they can be used
                - `deleting`: none
                - `recovery_required`: their files must be recovered
                - `archived`: archived
                - `deleted`: none
            external_id: Only the workspace with this external id. Blank means no filter.
            tag: Only workspaces that carry this tag. Blank means no filter.
            limit: The maximum number to return. Blank is the default.

        Returns:
            Most recently updated first, at most `limit`.
        """
        from ...api.workspaces import list_workspaces
        from ...paging import Pager

        return Pager(
            self._sender,
            lambda at: list_workspaces.request(state=state, external_id=external_id, tag=tag, limit=limit),
            lambda page: page.workspaces,
            most=limit or 100,
        )

    def create(
        self,
        sandbox: str,
        *,
        deployment: str | None = None,
        external_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        tags: Sequence[str] | None = None,
        idempotency_key: str | None = None,
        idempotency_key_ttl: str | None = None,
    ) -> WorkspaceEnvelope:
        """Create a workspace.

        Creates an empty workspace that belongs to a sandbox of the current deployment, or of
        `deployment_id`. It has an initial version without files, and no mount is requested. Starting a
        session without a workspace creates one too.

        A known idempotency key with the same parameters returns the workspace in its current state, even if
        archived, with `is_cached: true`; different parameters are a conflict. Compared are `sandbox_id`,
        `deployment_id`, `external_id`, `metadata` and `tags`. The scope of a key is the environment; it
        becomes free again when its lifetime, counted from the first successful use, expires. Nothing is
        recorded for a creation that failed. Needs the permission `workspace.lifecycle.manage`.

        Order of checks: body, scope, permission, fields, idempotency key, sandbox, `external_id`.

        Args:
            sandbox: The name of a sandbox that the deployment declares; not blank.
            deployment: UUID of a deployment that is `deployed`. The environment's current deployment
                when left out or blank.
            external_id: Your own name for the workspace, unique in the environment, also among archived
                workspaces; at most 512 bytes; a blank one counts as absent.
            metadata: Your own data; `{}` when left out. `null` is refused.
            tags: Labels.
            idempotency_key: Makes this creation safe to repeat; blank is none. Scope: the environment.
            idempotency_key_ttl: How long the key is remembered; 24 hours when left out or blank. Days
                (`1d`) are not accepted here. Ignored without a key.
        """
        from ...api.workspaces import create_workspace
        from ...models.workspace_create_request import WorkspaceCreateRequest

        body = WorkspaceCreateRequest(
            sandbox_id=sandbox,
            deployment_id=deployment,
            external_id=external_id,
            metadata=None if metadata is None else dict(metadata),
            tags=None if tags is None else list(tags),
            idempotency_key=idempotency_key,
            idempotency_key_ttl=idempotency_key_ttl,
        )
        return self._sender.send(create_workspace.request(body=body))

    def retrieve(self, workspace: str | HasId, /) -> Workspace:
        """Get a workspace.

        Returns a workspace, even an archived one. Needs any permission for workspaces. Order of checks:
        `workspace_id`, scope, permission, workspace. These checks come first, in this order, in every
        operation on files, versions, execs and PTYs of a workspace, before its body and its other
        parameters.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.

        Returns:
            A directory that belongs to a sandbox. Its files are kept as versions; a worker mounts the
            current one so that runs, execs and PTYs can work in it.
        """
        from ...api.workspaces import get_workspace

        return self._sender.send(get_workspace.request(id_of(workspace, "workspace"))).workspace

    def archive(self, workspace: str | HasId, /) -> Workspace:
        """Archive a workspace.

        Archives a workspace. It stays readable and listed, keeps its `external_id`, and cannot be used
        again. A repeat succeeds and keeps `archived_at`. Stop the workspace first: while a mount is active,
        this is a conflict. Needs the permission `workspace.lifecycle.manage`.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.

        Returns:
            A directory that belongs to a sandbox. Its files are kept as versions; a worker mounts the
            current one so that runs, execs and PTYs can work in it.
        """
        from ...api.workspaces import archive_workspace

        return self._sender.send(archive_workspace.request(id_of(workspace, "workspace"))).workspace

    def update(
        self,
        workspace: str | HasId,
        /,
        *,
        metadata: Mapping[str, Any] | None = None,
        tags: Sequence[str] | None = None,
    ) -> Workspace:
        """Change metadata or tags of a workspace.

        Replaces `metadata` and `tags` as a whole. Omitted fields are unchanged; an empty object only
        updates `updated_at`. Works on archived workspaces too. Needs the permission
        `workspace.lifecycle.manage`.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            metadata: Replaces the metadata. `null` is refused.
            tags: Replaces the tags; `[]` removes them.

        Returns:
            A directory that belongs to a sandbox. Its files are kept as versions; a worker mounts the
            current one so that runs, execs and PTYs can work in it.
        """
        from ...api.workspaces import update_workspace
        from ...models.workspace_update_request import WorkspaceUpdateRequest

        body = WorkspaceUpdateRequest(
            metadata=None if metadata is None else dict(metadata), tags=None if tags is None else list(tags)
        )
        return self._sender.send(update_workspace.request(id_of(workspace, "workspace"), body=body)).workspace

    def materialize(self, workspace: str | HasId, /) -> WorkspaceMount:
        """Request a mount.

        Requests a mount of the workspace's current version, or returns the active one, unchanged. The
        request returns at once: a worker mounts the workspace later. There is no operation for a mount;
        send the request again to see its state. Without a worker the mount stays `mounting`. The
        workspace's desired state becomes `active`.

        Mounts whose worker sent its last heartbeat more than 5 minutes ago become `lost` before. Needs any
        permission for workspaces except `workspace.versions.diff`. Order of checks: `workspace_id`, body,
        scope, permission, workspace, mount.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
        """
        from ...api.workspaces import materialize_workspace
        from ...models.workspace_mount_request import WorkspaceMountRequest

        body = WorkspaceMountRequest()
        return self._sender.send(materialize_workspace.request(id_of(workspace, "workspace"), body=body))

    def connect(self, workspace: str | HasId, /) -> WorkspaceMount:
        """Request a mount, by another name.

        Like `materializeWorkspace`, with the same checks, permissions and errors.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
        """
        from ...api.workspaces import connect_workspace
        from ...models.workspace_mount_request import WorkspaceMountRequest

        body = WorkspaceMountRequest()
        return self._sender.send(connect_workspace.request(id_of(workspace, "workspace"), body=body))

    def stop(
        self,
        workspace: str | HasId,
        /,
        *,
        idempotency_key: str | None = None,
        idempotency_key_ttl: str | None = None,
    ) -> WorkspaceStop:
        """Stop a workspace.

        Withdraws the active mount. The workspace's desired state becomes `stopped`.

        | Active mount | `state` in the response | What happens |
        |---|---|---|
        | none | `no_active_mount` | nothing else |
        | no worker has claimed it | `unmounted` | at once: its execs become `terminated` and its PTYs `closed`, with an error that says so |
        | claimed by a worker | `unmounting` | the worker stores changed files as a new version, then the mount becomes `unmounted`; execs and PTYs end as above |

        A repeat while the mount is `unmounting` returns `unmounting` again. With an idempotency key a
        repeat returns the stored first response and stops nothing, even if there is a new mount; the scope
        of a key is the workspace. Needs the permission `workspace.lifecycle.manage`,
        `workspace.files.write`, `workspace.versions.capture`, `workspace.versions.restore`,
        `workspace.exec.manage`, `workspace.pty.manage` or `workspace.ports.close`. Order of checks: as
        `materializeWorkspace`.

        Args:
            workspace: The workspace's id. Other spellings of a UUID are accepted too.
            idempotency_key: Makes this stop safe to repeat; blank is none. Scope: the workspace.
            idempotency_key_ttl: How long the key is remembered; 24 hours when left out or blank. Days
                (`1d`) are not accepted here. Ignored without a key.
        """
        from ...api.workspaces import stop_workspace
        from ...models.workspace_stop_request import WorkspaceStopRequest

        body = WorkspaceStopRequest(idempotency_key=idempotency_key, idempotency_key_ttl=idempotency_key_ttl)
        return self._sender.send(stop_workspace.request(id_of(workspace, "workspace"), body=body))
