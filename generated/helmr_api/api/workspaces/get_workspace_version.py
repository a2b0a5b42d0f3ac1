# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Get a version of a workspace.

Returns a version that can be read. Needs the permission `workspace.versions.read`. Order of checks: as
`getWorkspace`, then `version_id`, version.

Args:
    workspace_id: The workspace's id. Other spellings of a UUID are accepted too.
    version_id: The version's id. Other spellings of a UUID are accepted too.
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...formats import encode_path_part
from ...reading import read_json
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.workspace_version_envelope import WorkspaceVersionEnvelope


def request(
    workspace_id: str, version_id: str, *, helmr_api_version: str | None = None
) -> Request[WorkspaceVersionEnvelope]:
    """Create the request, and describe how to read its response."""
    if not (helmr_api_version is None or type(helmr_api_version) is str):
        from ...type_checks import check_arguments

        check_arguments(request, helmr_api_version=helmr_api_version)
    return Request(
        "GET",
        f"/api/workspaces/{encode_path_part(workspace_id)}/versions/{encode_path_part(version_id)}",
        _read,
        operation="getWorkspaceVersion",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> WorkspaceVersionEnvelope:
    return read_json(models.WorkspaceVersionEnvelope, response.content)


def sync(
    workspace_id: str, version_id: str, *, client: Sender, helmr_api_version: str | None = None
) -> WorkspaceVersionEnvelope:
    """Send the request with `client` and return its result."""
    return client.send(request(workspace_id, version_id, helmr_api_version=helmr_api_version))


async def asyncio(
    workspace_id: str, version_id: str, *, client: AsyncSender, helmr_api_version: str | None = None
) -> WorkspaceVersionEnvelope:
    """Send the request with `client` and return its result."""
    return await client.send(request(workspace_id, version_id, helmr_api_version=helmr_api_version))
