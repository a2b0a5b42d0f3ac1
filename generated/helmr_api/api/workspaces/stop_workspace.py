# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Stop a workspace.

Withdraws the active mount. The workspace's desired state becomes `stopped`.

| Active mount | `state` in the response | What happens |
|---|---|---|
| none | `no_active_mount` | nothing else |
| no worker has claimed it | `unmounted` | at once: its execs become `terminated` and its PTYs `closed`, with an error that says so |
| claimed by a worker | `unmounting` | the worker stores changed files as a new version, then the mount becomes `unmounted`; execs and PTYs end as above |

A repeat while the mount is `unmounting` returns `unmounting` again. With an idempotency key a repeat
returns the stored first response and stops nothing, even if there is a new mount; the scope of a key is the
workspace. Needs the permission `workspace.lifecycle.manage`, `workspace.files.write`,
`workspace.versions.capture`, `workspace.versions.restore`, `workspace.exec.manage`, `workspace.pty.manage`
or `workspace.ports.close`. Order of checks: as `materializeWorkspace`.

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
    from ...models.workspace_stop import WorkspaceStop
    from ...models.workspace_stop_request import WorkspaceStopRequest


def request(
    workspace_id: str, *, body: WorkspaceStopRequest, helmr_api_version: str | None = None
) -> Request[WorkspaceStop]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        f"/api/workspaces/{encode_path_part(workspace_id)}/stop",
        _read,
        operation="stopWorkspace",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
        identified_by=("idempotency_key",),
    )


def _read(response: Response) -> WorkspaceStop:
    return read_json(models.WorkspaceStop, response.content)


def sync(
    workspace_id: str, *, client: Sender, body: WorkspaceStopRequest, helmr_api_version: str | None = None
) -> WorkspaceStop:
    """Send the request with `client` and return its result."""
    return client.send(request(workspace_id, body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    workspace_id: str,
    *,
    client: AsyncSender,
    body: WorkspaceStopRequest,
    helmr_api_version: str | None = None,
) -> WorkspaceStop:
    """Send the request with `client` and return its result."""
    return await client.send(request(workspace_id, body=body, helmr_api_version=helmr_api_version))
