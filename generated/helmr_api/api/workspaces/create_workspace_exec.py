# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Run a command.

Starts a command in the workspace, as soon as a worker has mounted it; a mount is requested if there is
none, as by `materializeWorkspace`. At most one exec or PTY of a workspace may be active at a time, and none
while a run is using it.

A known idempotency key with the same `command`, `cwd`, `env` and `detached` returns the exec in its current
state with `is_cached: true`, even while it is active. The scope of a key is the workspace, apart from PTYs;
it becomes free again after 24 hours. Nothing is recorded for a creation that failed. Needs the permission
`workspace.exec.create`.

Order of checks: as `getWorkspace`, then body, `command`, `cwd`, `env`, idempotency key, state of the
workspace, active exec or PTY, mount.

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
    from ...models.exec_create_request import ExecCreateRequest
    from ...models.exec_envelope import ExecEnvelope


def request(
    workspace_id: str, *, body: ExecCreateRequest, helmr_api_version: str | None = None
) -> Request[ExecEnvelope]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        f"/api/workspaces/{encode_path_part(workspace_id)}/execs",
        _read,
        operation="createWorkspaceExec",
        statuses=(200, 201),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
        identified_by=("idempotency_key",),
    )


def _read(response: Response) -> ExecEnvelope:
    return read_json(models.ExecEnvelope, response.content)


def sync(
    workspace_id: str, *, client: Sender, body: ExecCreateRequest, helmr_api_version: str | None = None
) -> ExecEnvelope:
    """Send the request with `client` and return its result."""
    return client.send(request(workspace_id, body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    workspace_id: str, *, client: AsyncSender, body: ExecCreateRequest, helmr_api_version: str | None = None
) -> ExecEnvelope:
    """Send the request with `client` and return its result."""
    return await client.send(request(workspace_id, body=body, helmr_api_version=helmr_api_version))
