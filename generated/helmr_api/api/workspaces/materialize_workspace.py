# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Request a mount.

Requests a mount of the workspace's current version, or returns the active one, unchanged. The request
returns at once: a worker mounts the workspace later. There is no operation for a mount; send the request
again to see its state. Without a worker the mount stays `mounting`. The workspace's desired state becomes
`active`.

Mounts whose worker sent its last heartbeat more than 5 minutes ago become `lost` before. Needs any
permission for workspaces except `workspace.versions.diff`. Order of checks: `workspace_id`, body, scope,
permission, workspace, mount.

Args:
    workspace_id: The workspace's id. Other spellings of a UUID are accepted too.
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...formats import encode_path_part
from ...reading import read_json
from ...type_checks import check_arguments
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.workspace_mount import WorkspaceMount
    from ...models.workspace_mount_request import WorkspaceMountRequest


def request(
    workspace_id: str, *, body: WorkspaceMountRequest, helmr_api_version: str | None = None
) -> Request[WorkspaceMount]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        f"/api/workspaces/{encode_path_part(workspace_id)}/materialize",
        _read,
        operation="materializeWorkspace",
        statuses=(200, 201),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
        safe_to_repeat=True,
    )


def _read(response: Response) -> WorkspaceMount:
    return read_json(models.WorkspaceMount, response.content)


def sync(
    workspace_id: str, *, client: Sender, body: WorkspaceMountRequest, helmr_api_version: str | None = None
) -> WorkspaceMount:
    """Send the request with `client` and return its result."""
    return client.send(request(workspace_id, body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    workspace_id: str,
    *,
    client: AsyncSender,
    body: WorkspaceMountRequest,
    helmr_api_version: str | None = None,
) -> WorkspaceMount:
    """Send the request with `client` and return its result."""
    return await client.send(request(workspace_id, body=body, helmr_api_version=helmr_api_version))
