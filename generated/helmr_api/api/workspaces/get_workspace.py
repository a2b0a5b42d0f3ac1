# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Get a workspace.

Returns a workspace, even an archived one. Needs any permission for workspaces. Order of checks:
`workspace_id`, scope, permission, workspace. These checks come first, in this order, in every operation on
files, versions, execs and PTYs of a workspace, before its body and its other parameters.

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
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.workspace_envelope import WorkspaceEnvelope


def request(workspace_id: str, *, helmr_api_version: str | None = None) -> Request[WorkspaceEnvelope]:
    """Create the request, and describe how to read its response."""
    if not (helmr_api_version is None or type(helmr_api_version) is str):
        from ...type_checks import check_arguments

        check_arguments(request, helmr_api_version=helmr_api_version)
    return Request(
        "GET",
        f"/api/workspaces/{encode_path_part(workspace_id)}",
        _read,
        operation="getWorkspace",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> WorkspaceEnvelope:
    return read_json(models.WorkspaceEnvelope, response.content)


def sync(workspace_id: str, *, client: Sender, helmr_api_version: str | None = None) -> WorkspaceEnvelope:
    """Send the request with `client` and return its result."""
    return client.send(request(workspace_id, helmr_api_version=helmr_api_version))


async def asyncio(
    workspace_id: str, *, client: AsyncSender, helmr_api_version: str | None = None
) -> WorkspaceEnvelope:
    """Send the request with `client` and return its result."""
    return await client.send(request(workspace_id, helmr_api_version=helmr_api_version))
