# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Write to the standard input of an exec.

Appends 1 to 1048576 bytes at `offset`, which must be the number of bytes written before (`stdin_cursor`).
The same bytes at the same offset again are accepted and stored once, so the request is safe to repeat until
the input is closed or the exec has ended. Bytes are accepted before the exec runs. Needs the permission
`workspace.exec.manage`.

Order of checks: as `getWorkspaceExec`, then body, `offset`, `data`, state of the exec, input closed, offset
taken.

Args:
    workspace_id: The workspace's id. Other spellings of a UUID are accepted too.
    exec_id: The exec's id. Other spellings of a UUID are accepted too.
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
    workspace_id: str, exec_id: str, *, body: StreamWriteRequest, helmr_api_version: str | None = None
) -> Request[StreamChunk]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        f"/api/workspaces/{encode_path_part(workspace_id)}/execs/{encode_path_part(exec_id)}/stdin",
        _read,
        operation="writeWorkspaceExecStdin",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
        safe_to_repeat=True,
    )


def _read(response: Response) -> StreamChunk:
    return read_json(models.StreamChunk, response.content)


def sync(
    workspace_id: str,
    exec_id: str,
    *,
    client: Sender,
    body: StreamWriteRequest,
    helmr_api_version: str | None = None,
) -> StreamChunk:
    """Send the request with `client` and return its result."""
    return client.send(request(workspace_id, exec_id, body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    workspace_id: str,
    exec_id: str,
    *,
    client: AsyncSender,
    body: StreamWriteRequest,
    helmr_api_version: str | None = None,
) -> StreamChunk:
    """Send the request with `client` and return its result."""
    return await client.send(request(workspace_id, exec_id, body=body, helmr_api_version=helmr_api_version))
