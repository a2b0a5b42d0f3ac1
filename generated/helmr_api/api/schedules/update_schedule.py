# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Replace a schedule.

Replaces task, cron, time zone, external id and options as a whole: a field that is left out gets its
default, except `active`, which is unchanged. Recomputes `next_fire_at`, clears the error and keeps
`last_fire_at`. Fields that belong to the project change for every environment, as in `createSchedule`.
Declarative schedules are refused. Needs the permission `runs.create`.

Order of checks: `schedule_id`, scope of the query, permission, schedule, its type, body, scope of the body,
`task`, `deduplication_key`, then as `createSchedule` from the deployed task on.

Args:
    schedule_id: The schedule's id. Other spellings of a UUID are accepted too.
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
    from ...models.schedule import Schedule
    from ...models.schedule_update_request import ScheduleUpdateRequest


def request(
    schedule_id: str, *, body: ScheduleUpdateRequest, helmr_api_version: str | None = None
) -> Request[Schedule]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "PUT",
        f"/api/schedules/{encode_path_part(schedule_id)}",
        _read,
        operation="updateSchedule",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
        safe_to_repeat=True,
    )


def _read(response: Response) -> Schedule:
    return read_json(models.Schedule, response.content)


def sync(
    schedule_id: str, *, client: Sender, body: ScheduleUpdateRequest, helmr_api_version: str | None = None
) -> Schedule:
    """Send the request with `client` and return its result."""
    return client.send(request(schedule_id, body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    schedule_id: str,
    *,
    client: AsyncSender,
    body: ScheduleUpdateRequest,
    helmr_api_version: str | None = None,
) -> Schedule:
    """Send the request with `client` and return its result."""
    return await client.send(request(schedule_id, body=body, helmr_api_version=helmr_api_version))
