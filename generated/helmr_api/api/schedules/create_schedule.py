# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Create or replace a schedule.

Creates a schedule, or replaces the imperative schedule of the project that has the same
`deduplication_key`. The status is 201 in both cases, so the request is safe to repeat. Needs the permission
`runs.create`.

A replacement keeps `id`, `created_at` and `last_fire_at`. It replaces everything else (a field that is left
out gets its default), recomputes `next_fire_at` and clears the error. Task, external id, cron and time zone
belong to the project: a replacement from another environment changes them for every environment, adds the
schedule there, and moves the next fire of the others when cron or time zone changed. Options, `active`, the
fire times and the error belong to the environment.

Order of checks: body, scope, `task`, `deduplication_key`, permission, task deployed, options, queue
declared, `timezone`, `cron`.

Args:
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...reading import read_json
from ...type_checks import check_arguments
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.schedule import Schedule
    from ...models.schedule_create_request import ScheduleCreateRequest


def request(*, body: ScheduleCreateRequest, helmr_api_version: str | None = None) -> Request[Schedule]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        "/api/schedules",
        _read,
        operation="createSchedule",
        statuses=(201,),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
        safe_to_repeat=True,
    )


def _read(response: Response) -> Schedule:
    return read_json(models.Schedule, response.content)


def sync(*, client: Sender, body: ScheduleCreateRequest, helmr_api_version: str | None = None) -> Schedule:
    """Send the request with `client` and return its result."""
    return client.send(request(body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    *, client: AsyncSender, body: ScheduleCreateRequest, helmr_api_version: str | None = None
) -> Schedule:
    """Send the request with `client` and return its result."""
    return await client.send(request(body=body, helmr_api_version=helmr_api_version))
