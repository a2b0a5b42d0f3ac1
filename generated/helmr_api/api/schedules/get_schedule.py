# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Get a schedule.

Returns a schedule that this environment uses. A schedule that only other environments use returns 404.
Needs the permission `runs.read`. Order of checks: `schedule_id`, scope, permission, schedule.

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
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.schedule import Schedule


def request(schedule_id: str, *, helmr_api_version: str | None = None) -> Request[Schedule]:
    """Create the request, and describe how to read its response."""
    if not (helmr_api_version is None or type(helmr_api_version) is str):
        from ...type_checks import check_arguments

        check_arguments(request, helmr_api_version=helmr_api_version)
    return Request(
        "GET",
        f"/api/schedules/{encode_path_part(schedule_id)}",
        _read,
        operation="getSchedule",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> Schedule:
    return read_json(models.Schedule, response.content)


def sync(schedule_id: str, *, client: Sender, helmr_api_version: str | None = None) -> Schedule:
    """Send the request with `client` and return its result."""
    return client.send(request(schedule_id, helmr_api_version=helmr_api_version))


async def asyncio(schedule_id: str, *, client: AsyncSender, helmr_api_version: str | None = None) -> Schedule:
    """Send the request with `client` and return its result."""
    return await client.send(request(schedule_id, helmr_api_version=helmr_api_version))
