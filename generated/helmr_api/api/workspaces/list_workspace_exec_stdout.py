# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Read or follow the standard output of an exec.

Returns one page of JSON, or, when `follow` is exactly `1` or the `Accept` header contains
`text/event-stream`, a stream of server-sent events. Needs the permission `workspace.exec.read`. Order of
checks: as `getWorkspace`, then `exec_id`, exec, `cursor`, `limit`.

**Cursor.** A cursor is a number of bytes. A page contains the chunks that end after it; the first one may
begin before it, so drop the bytes you already have. The next cursor is the last `offset_end`; a cursor at or
beyond the end returns an empty page. The header `Last-Event-ID` is used when `cursor` is left out or blank, in
both modes. No page states that the output has ended: read the exec.

About the last 67108864 bytes are kept, in whole chunks. A cursor before the oldest of them gets a 410 that
names the earliest cursor available; so do 0 and no cursor.

**Stream.** All chunks after the cursor, then new ones as they arrive. Every 25 s without news a comment
`: keep-alive` is sent; headers may be sent only with the first frame or comment. When the exec has ended, the
rest of the output is sent, then exactly one frame `workspace_stream_terminal` or `workspace_stream_lost`, and
the response ends. It also ends after a frame `workspace_stream_error`, after 30 minutes or on a failure
without a frame: reconnect with the last id. `limit` has no effect on the stream.

Args:
    workspace_id: The workspace's id. Other spellings of a UUID are accepted too.
    exec_id: The exec's id. Other spellings of a UUID are accepted too.
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
    exec_id: str,
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
        f"/api/workspaces/{encode_path_part(workspace_id)}/execs/{encode_path_part(exec_id)}/stdout",
        _read,
        operation="listWorkspaceExecStdout",
        params=given({"cursor": cursor, "limit": limit}),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> StreamChunkPage:
    return read_json(models.StreamChunkPage, response.content)


def sync(
    workspace_id: str,
    exec_id: str,
    *,
    client: Sender,
    cursor: int | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> StreamChunkPage:
    """Send the request with `client` and return its result."""
    return client.send(
        request(workspace_id, exec_id, cursor=cursor, limit=limit, helmr_api_version=helmr_api_version)
    )


async def asyncio(
    workspace_id: str,
    exec_id: str,
    *,
    client: AsyncSender,
    cursor: int | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> StreamChunkPage:
    """Send the request with `client` and return its result."""
    return await client.send(
        request(workspace_id, exec_id, cursor=cursor, limit=limit, helmr_api_version=helmr_api_version)
    )


def stream(
    workspace_id: str,
    exec_id: str,
    *,
    cursor: int | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> EventStream[StreamChunk | StreamEnd | StreamFailure]:
    """Create the request for server-sent events, and describe how to read them."""
    return EventStream(
        f"/api/workspaces/{encode_path_part(workspace_id)}/execs/{encode_path_part(exec_id)}/stdout",
        _read_event,
        operation="listWorkspaceExecStdout",
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
