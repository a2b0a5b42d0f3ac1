# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""List or follow the events of a deployment.

Returns one page of JSON, or, when `follow` is exactly `1` or the `Accept` header contains
`text/event-stream`, a stream of server-sent events. Needs the permission `tasks.deploy` or `runs.read`.
Order of checks: `deployment_id`, cursor, `limit`, scope, permission, deployment.

**Cursor.** Event ids are decimal numbers 1, 2, 3, …; a cursor is the id of the last event seen. The
header `Last-Event-ID`, which browsers send automatically when they reconnect, overrides `cursor` in both modes
unless it is blank.

**Stream.** First the stored events after the cursor, then live ones. Every 25 s without an event a
comment `: keep-alive` is sent. Headers may be sent only with the first event or comment. The stream ends
after `deployment.deployed` or `deployment.failed`, or after 30 minutes. A stream that starts at or after
that event stays open without events. Promotion adds no event.

Args:
    deployment_id: The deployment's id. Other spellings of a UUID are accepted too.
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
    from ...models.deployment_event import DeploymentEvent
    from ...models.deployment_event_page import DeploymentEventPage


def request(
    deployment_id: str,
    *,
    cursor: int | str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> Request[DeploymentEventPage]:
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
        f"/api/deployments/{encode_path_part(deployment_id)}/events",
        _read,
        operation="listDeploymentEvents",
        params=given({"cursor": cursor, "limit": limit}),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> DeploymentEventPage:
    return read_json(models.DeploymentEventPage, response.content)


def sync(
    deployment_id: str,
    *,
    client: Sender,
    cursor: int | str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> DeploymentEventPage:
    """Send the request with `client` and return its result."""
    return client.send(
        request(deployment_id, cursor=cursor, limit=limit, helmr_api_version=helmr_api_version)
    )


async def asyncio(
    deployment_id: str,
    *,
    client: AsyncSender,
    cursor: int | str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> DeploymentEventPage:
    """Send the request with `client` and return its result."""
    return await client.send(
        request(deployment_id, cursor=cursor, limit=limit, helmr_api_version=helmr_api_version)
    )


def stream(
    deployment_id: str,
    *,
    cursor: int | str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> EventStream[DeploymentEvent]:
    """Create the request for server-sent events, and describe how to read them."""
    return EventStream(
        f"/api/deployments/{encode_path_part(deployment_id)}/events",
        _read_event,
        operation="listDeploymentEvents",
        params={"follow": "1", **given({"cursor": cursor, "limit": limit})},
        headers=given({"Helmr-API-Version": helmr_api_version}),
    )


def _read_event(event: str, data: str) -> DeploymentEvent:
    from ...models.deployment_event import DeploymentEvent

    return DeploymentEvent.from_dict(decode_json(data))
