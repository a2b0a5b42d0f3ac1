# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Resize a PTY.

Asks the worker to resize a PTY that is `open` or `resizing`. The response shows `resizing` and still the
old size; `cols` and `rows` change when the worker has done it. While an earlier resize is outstanding, a
control plane of 2026-07-01 returns 500. Needs the permission `workspace.pty.manage`.

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
from ...type_checks import check_arguments
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.pty_envelope import PtyEnvelope
    from ...models.pty_resize_request import PtyResizeRequest


def request(
    workspace_id: str, pty_id: str, *, body: PtyResizeRequest, helmr_api_version: str | None = None
) -> Request[PtyEnvelope]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        f"/api/workspaces/{encode_path_part(workspace_id)}/pty/{encode_path_part(pty_id)}/resize",
        _read,
        operation="resizeWorkspacePty",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
    )


def _read(response: Response) -> PtyEnvelope:
    return read_json(models.PtyEnvelope, response.content)


def sync(
    workspace_id: str,
    pty_id: str,
    *,
    client: Sender,
    body: PtyResizeRequest,
    helmr_api_version: str | None = None,
) -> PtyEnvelope:
    """Send the request with `client` and return its result."""
    return client.send(request(workspace_id, pty_id, body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    workspace_id: str,
    pty_id: str,
    *,
    client: AsyncSender,
    body: PtyResizeRequest,
    helmr_api_version: str | None = None,
) -> PtyEnvelope:
    """Send the request with `client` and return its result."""
    return await client.send(request(workspace_id, pty_id, body=body, helmr_api_version=helmr_api_version))
