# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Write to a PTY.

Appends 1 to 1048576 bytes at `offset`, which must be the number of bytes written before (`input_cursor`),
to a PTY that is `open` or `resizing`. The same bytes at the same offset again are accepted and stored once,
so the request is safe to repeat until the PTY has ended. Needs the permission `workspace.pty.manage`.

Order of checks: as `getWorkspacePty`, then body, `offset`, `data`, state of the PTY, offset taken.

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
    from ...models.stream_chunk import StreamChunk
    from ...models.stream_write_request import StreamWriteRequest


def request(
    workspace_id: str, pty_id: str, *, body: StreamWriteRequest, helmr_api_version: str | None = None
) -> Request[StreamChunk]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        f"/api/workspaces/{encode_path_part(workspace_id)}/pty/{encode_path_part(pty_id)}/input",
        _read,
        operation="writeWorkspacePtyInput",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
        safe_to_repeat=True,
    )


def _read(response: Response) -> StreamChunk:
    return read_json(models.StreamChunk, response.content)


def sync(
    workspace_id: str,
    pty_id: str,
    *,
    client: Sender,
    body: StreamWriteRequest,
    helmr_api_version: str | None = None,
) -> StreamChunk:
    """Send the request with `client` and return its result."""
    return client.send(request(workspace_id, pty_id, body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    workspace_id: str,
    pty_id: str,
    *,
    client: AsyncSender,
    body: StreamWriteRequest,
    helmr_api_version: str | None = None,
) -> StreamChunk:
    """Send the request with `client` and return its result."""
    return await client.send(request(workspace_id, pty_id, body=body, helmr_api_version=helmr_api_version))
