# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Change metadata or tags of a workspace.

Replaces `metadata` and `tags` as a whole. Omitted fields are unchanged; an empty object only updates
`updated_at`. Works on archived workspaces too. Needs the permission `workspace.lifecycle.manage`.

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
    from ...models.workspace_envelope import WorkspaceEnvelope
    from ...models.workspace_update_request import WorkspaceUpdateRequest


def request(
    workspace_id: str, *, body: WorkspaceUpdateRequest, helmr_api_version: str | None = None
) -> Request[WorkspaceEnvelope]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "PATCH",
        f"/api/workspaces/{encode_path_part(workspace_id)}",
        _read,
        operation="updateWorkspace",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
        safe_to_repeat=True,
    )


def _read(response: Response) -> WorkspaceEnvelope:
    return read_json(models.WorkspaceEnvelope, response.content)


def sync(
    workspace_id: str, *, client: Sender, body: WorkspaceUpdateRequest, helmr_api_version: str | None = None
) -> WorkspaceEnvelope:
    """Send the request with `client` and return its result."""
    return client.send(request(workspace_id, body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    workspace_id: str,
    *,
    client: AsyncSender,
    body: WorkspaceUpdateRequest,
    helmr_api_version: str | None = None,
) -> WorkspaceEnvelope:
    """Send the request with `client` and return its result."""
    return await client.send(request(workspace_id, body=body, helmr_api_version=helmr_api_version))
