# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Create a workspace.

Creates an empty workspace that belongs to a sandbox of the current deployment, or of `deployment_id`. It
has an initial version without files, and no mount is requested. Starting a session without a workspace
creates one too.

A known idempotency key with the same parameters returns the workspace in its current state, even if
archived, with `is_cached: true`; different parameters are a conflict. Compared are `sandbox_id`,
`deployment_id`, `external_id`, `metadata` and `tags`. The scope of a key is the environment; it becomes
free again when its lifetime, counted from the first successful use, expires. Nothing is recorded for a
creation that failed. Needs the permission `workspace.lifecycle.manage`.

Order of checks: body, scope, permission, fields, idempotency key, sandbox, `external_id`.

Args:
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...reading import read_json
from ...type_checks import check_arguments
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.workspace_create_request import WorkspaceCreateRequest
    from ...models.workspace_envelope import WorkspaceEnvelope


def request(
    *, body: WorkspaceCreateRequest, helmr_api_version: str | None = None
) -> Request[WorkspaceEnvelope]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        "/api/workspaces",
        _read,
        operation="createWorkspace",
        statuses=(201,),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
        identified_by=("idempotency_key",),
    )


def _read(response: Response) -> WorkspaceEnvelope:
    return read_json(models.WorkspaceEnvelope, response.content)


def sync(
    *, client: Sender, body: WorkspaceCreateRequest, helmr_api_version: str | None = None
) -> WorkspaceEnvelope:
    """Send the request with `client` and return its result."""
    return client.send(request(body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    *, client: AsyncSender, body: WorkspaceCreateRequest, helmr_api_version: str | None = None
) -> WorkspaceEnvelope:
    """Send the request with `client` and return its result."""
    return await client.send(request(body=body, helmr_api_version=helmr_api_version))
