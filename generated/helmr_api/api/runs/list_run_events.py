# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""List or follow the events of a run.

Returns one page of JSON, or, when `follow` is exactly `1` or the `Accept` header contains
`text/event-stream`, a stream of server-sent events. Needs the permission `runs.read`.

**Cursor.** Event ids are decimal numbers 1, 2, 3, … without gaps; a cursor is the id of the last
event seen. The header `Last-Event-ID`, which browsers send automatically when they reconnect, overrides
`cursor` in both modes unless it is blank. To look for newer events after the last page, use
the last event's `id`. Cursor and `limit` are checked before the run is looked up, in both modes.

**Stream.** First the stored events after the cursor, then live ones, strictly ascending. Every 25 s
without an event a comment `: keep-alive` is sent. Headers may be sent only with the first event
or comment. The stream ends, without a last frame, after `run.completed`, `run.failed`, `run.cancelled`
or `run.expired` and any events already read with it; after 30 minutes; or on a failure.

The end of the stream is not the end of the run: `run.failed` also ends an attempt that is retried;
`run.dead_lettered` does not end the stream; and a stream that starts at or after the final event stays
open. Read the run with `getRun`, and reconnect with the last id if it has not ended.

Args:
    run_id: The run's id. Other spellings of a UUID are accepted too.
    cursor: Only events with a greater id. Blank is 0.
    limit: The maximum number of events in a page. Checked but not used when following. Blank is the
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
    from ...models.run_event import RunEvent
    from ...models.run_event_page import RunEventPage


def request(
    run_id: str,
    *,
    cursor: int | str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> Request[RunEventPage]:
    """Create the request, and describe how to read its response."""
    if not (
        (cursor is None or type(cursor) is int or type(cursor) is str)
        and (limit is None or type(limit) is int)
        and (helmr_api_version is None or type(helmr_api_version) is str)
    ):
        from ...type_checks import check_arguments

        check_arguments(request, cursor=cursor, limit=limit, helmr_api_version=helmr_api_version)
    return Request(
        "GET",
        f"/api/runs/{encode_path_part(run_id)}/events",
        _read,
        operation="listRunEvents",
        params=given({"cursor": cursor, "limit": limit}),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> RunEventPage:
    return read_json(models.RunEventPage, response.content)


def sync(
    run_id: str,
    *,
    client: Sender,
    cursor: int | str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> RunEventPage:
    """Send the request with `client` and return its result."""
    return client.send(request(run_id, cursor=cursor, limit=limit, helmr_api_version=helmr_api_version))


async def asyncio(
    run_id: str,
    *,
    client: AsyncSender,
    cursor: int | str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> RunEventPage:
    """Send the request with `client` and return its result."""
    return await client.send(request(run_id, cursor=cursor, limit=limit, helmr_api_version=helmr_api_version))


def stream(
    run_id: str,
    *,
    cursor: int | str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> EventStream[RunEvent]:
    """Create the request for server-sent events, and describe how to read them."""
    return EventStream(
        f"/api/runs/{encode_path_part(run_id)}/events",
        _read_event,
        operation="listRunEvents",
        params={"follow": "1", **given({"cursor": cursor, "limit": limit})},
        headers=given({"Helmr-API-Version": helmr_api_version}),
    )


def _read_event(event: str, data: str) -> RunEvent:
    from ...models.run_event import RunEvent

    return RunEvent.from_dict(decode_json(data))
