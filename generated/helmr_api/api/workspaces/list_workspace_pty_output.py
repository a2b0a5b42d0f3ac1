# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Read or follow the output of a PTY.

Like `listWorkspaceExecStdout`, for the output of a PTY, which includes the echo of its input. Needs the
permission `workspace.pty.read`.

Args:
    workspace_id: The workspace's id. Other spellings of a UUID are accepted too.
    pty_id: The PTY's id. Other spellings of a UUID are accepted too.
    cursor: Only what follows this many bytes. Blank is the header `Last-Event-ID`, else 0.
    limit: How many chunks a page has at most. Checked but not used when following. Blank is the
        default.
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...formats import decode_json, encode_path_part
from ...reading import read_json
from ...types import AsyncSender, EventStream, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.stream_chunk import StreamChunk
    from ...models.stream_chunk_page import StreamChunkPage
    from ...models.stream_end import StreamEnd
    from ...models.stream_failure import StreamFailure


def request(
    workspace_id: str,
    pty_id: str,
    *,
    cursor: int | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> Request[StreamChunkPage]:
    """Create the request, and describe how to read its response."""
    if not (
        (cursor is None or type(cursor) is int)
        and (limit is None or type(limit) is int)
        and (helmr_api_version is None or type(helmr_api_version) is str)
    ):
        from ...type_checks import check_arguments

        check_arguments(request, cursor=cursor, limit=limit, helmr_api_version=helmr_api_version)
    return Request(
        "GET",
        f"/api/workspaces/{encode_path_part(workspace_id)}/pty/{encode_path_part(pty_id)}/output",
        _read,
        operation="listWorkspacePtyOutput",
        params=given({"cursor": cursor, "limit": limit}),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> StreamChunkPage:
    return read_json(models.StreamChunkPage, response.content)


def sync(
    workspace_id: str,
    pty_id: str,
    *,
    client: Sender,
    cursor: int | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> StreamChunkPage:
    """Send the request with `client` and return its result."""
    return client.send(
        request(workspace_id, pty_id, cursor=cursor, limit=limit, helmr_api_version=helmr_api_version)
    )


async def asyncio(
    workspace_id: str,
    pty_id: str,
    *,
    client: AsyncSender,
    cursor: int | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> StreamChunkPage:
    """Send the request with `client` and return its result."""
    return await client.send(
        request(workspace_id, pty_id, cursor=cursor, limit=limit, helmr_api_version=helmr_api_version)
    )


def stream(
    workspace_id: str,
    pty_id: str,
    *,
    cursor: int | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> EventStream[StreamChunk | StreamEnd | StreamFailure]:
    """Create the request for server-sent events, and describe how to read them."""
    return EventStream(
        f"/api/workspaces/{encode_path_part(workspace_id)}/pty/{encode_path_part(pty_id)}/output",
        _read_event,
        operation="listWorkspacePtyOutput",
        params={"follow": "1", **given({"cursor": cursor, "limit": limit})},
        headers=given({"Helmr-API-Version": helmr_api_version}),
    )


def _read_event(event: str, data: str) -> StreamChunk | StreamEnd | StreamFailure | None:
    if event == "workspace_stream_chunk":
        from ...models.stream_chunk import StreamChunk

        return StreamChunk.from_dict(decode_json(data))
    if event in ("workspace_stream_terminal", "workspace_stream_lost"):
        from ...models.stream_end import StreamEnd

        return StreamEnd.from_dict(decode_json(data))
    if event == "workspace_stream_error":
        from ...models.stream_failure import StreamFailure

        return StreamFailure.from_dict(decode_json(data))
    return None
