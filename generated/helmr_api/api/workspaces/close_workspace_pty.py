# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Close a PTY.

Asks the worker to end a PTY that is `open`, `resizing` or `closing`; the response shows `closing`. One that
is `creating` cannot be closed: stop its workspace. While an earlier close is outstanding, a control plane
of 2026-07-01 returns 500. A body is optional and not read. Needs the permission `workspace.pty.manage`.

Args:
    workspace_id: The workspace's id. Other spellings of a UUID are accepted too.
    pty_id: The PTY's id. Other spellings of a UUID are accepted too.
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
    from ...models.pty_envelope import PtyEnvelope


def request(workspace_id: str, pty_id: str, *, helmr_api_version: str | None = None) -> Request[PtyEnvelope]:
    """Create the request, and describe how to read its response."""
    if not (helmr_api_version is None or type(helmr_api_version) is str):
        from ...type_checks import check_arguments

        check_arguments(request, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        f"/api/workspaces/{encode_path_part(workspace_id)}/pty/{encode_path_part(pty_id)}/close",
        _read,
        operation="closeWorkspacePty",
        headers=given({"Helmr-API-Version": helmr_api_version}),
    )


def _read(response: Response) -> PtyEnvelope:
    return read_json(models.PtyEnvelope, response.content)


def sync(
    workspace_id: str, pty_id: str, *, client: Sender, helmr_api_version: str | None = None
) -> PtyEnvelope:
    """Send the request with `client` and return its result."""
    return client.send(request(workspace_id, pty_id, helmr_api_version=helmr_api_version))


async def asyncio(
    workspace_id: str, pty_id: str, *, client: AsyncSender, helmr_api_version: str | None = None
) -> PtyEnvelope:
    """Send the request with `client` and return its result."""
    return await client.send(request(workspace_id, pty_id, helmr_api_version=helmr_api_version))
