# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Open a terminal.

Opens a pseudo-terminal with a shell in the workspace, as soon as a worker has mounted it; a mount is
requested if there is none, as by `materializeWorkspace`. At most one exec or PTY of a workspace may be
active at a time, and none while a run is using it.

A known idempotency key with the same `cwd` and size returns the PTY in its current state with `is_cached:
true`, even while it is active. The scope of a key is the workspace, apart from execs; it becomes free again
after 24 hours. Nothing is recorded for a creation that failed. Needs the permission `workspace.pty.create`.

Order of checks: as `getWorkspace`, then body, `cwd`, size, idempotency key, state of the workspace, active
exec or PTY, mount.

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
    from ...models.pty_create_request import PtyCreateRequest
    from ...models.pty_envelope import PtyEnvelope


def request(
    workspace_id: str, *, body: PtyCreateRequest, helmr_api_version: str | None = None
) -> Request[PtyEnvelope]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        f"/api/workspaces/{encode_path_part(workspace_id)}/pty",
        _read,
        operation="createWorkspacePty",
        statuses=(200, 201),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
        identified_by=("idempotency_key",),
    )


def _read(response: Response) -> PtyEnvelope:
    return read_json(models.PtyEnvelope, response.content)


def sync(
    workspace_id: str, *, client: Sender, body: PtyCreateRequest, helmr_api_version: str | None = None
) -> PtyEnvelope:
    """Send the request with `client` and return its result."""
    return client.send(request(workspace_id, body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    workspace_id: str, *, client: AsyncSender, body: PtyCreateRequest, helmr_api_version: str | None = None
) -> PtyEnvelope:
    """Send the request with `client` and return its result."""
    return await client.send(request(workspace_id, body=body, helmr_api_version=helmr_api_version))
