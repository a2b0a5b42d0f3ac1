# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Get or follow the logs of a run.

Returns a snapshot as JSON, or, when `follow` is exactly `1` or the `Accept` header contains
`text/event-stream`, a stream of server-sent events. Needs the permission `runs.read`.

**Snapshot.** The last 1048576 bytes of each of stdout and stderr, across all attempts, and the cursor
from which to follow without a gap. The parameter `cursor` is ignored.

**Stream.** All chunks after the cursor, then new ones as they arrive; a comment `: keep-alive` about
every second. The cursor is `Last-Event-ID` when that header is not blank, else `cursor`, else 0; it
is checked after the run is found. Log ids number the chunks of both streams of the run together and
are unrelated to event ids. The stream ends when the run has ended and everything is sent (a
cancelled run counts as ended even while its worker stops), after 30 minutes, or on a failure.

Args:
    run_id: The run's id. Other spellings of a UUID are accepted too.
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
    from ...models.run_log_chunk import RunLogChunk
    from ...models.run_logs import RunLogs


def request(run_id: str, *, helmr_api_version: str | None = None) -> Request[RunLogs]:
    """Create the request, and describe how to read its response."""
    if not (helmr_api_version is None or type(helmr_api_version) is str):
        from ...type_checks import check_arguments

        check_arguments(request, helmr_api_version=helmr_api_version)
    return Request(
        "GET",
        f"/api/runs/{encode_path_part(run_id)}/logs",
        _read,
        operation="getRunLogs",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> RunLogs:
    return read_json(models.RunLogs, response.content)


def sync(run_id: str, *, client: Sender, helmr_api_version: str | None = None) -> RunLogs:
    """Send the request with `client` and return its result."""
    return client.send(request(run_id, helmr_api_version=helmr_api_version))


async def asyncio(run_id: str, *, client: AsyncSender, helmr_api_version: str | None = None) -> RunLogs:
    """Send the request with `client` and return its result."""
    return await client.send(request(run_id, helmr_api_version=helmr_api_version))


def stream(
    run_id: str, *, cursor: str | None = None, helmr_api_version: str | None = None
) -> EventStream[RunLogChunk]:
    """Create the request for server-sent events, and describe how to read them."""
    return EventStream(
        f"/api/runs/{encode_path_part(run_id)}/logs",
        _read_event,
        operation="getRunLogs",
        params={"follow": "1", **given({"cursor": cursor})},
        headers=given({"Helmr-API-Version": helmr_api_version}),
    )


def _read_event(event: str, data: str) -> RunLogChunk:
    from ...models.run_log_chunk import RunLogChunk

    return RunLogChunk.from_dict(decode_json(data))
