# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Request a mount, by another name.

Like `materializeWorkspace`, with the same checks, permissions and errors.

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
        f"/api/workspaces/{encode_path_part(workspace_id)}/connect",
        _read,
        operation="connectWorkspace",
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
