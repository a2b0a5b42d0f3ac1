# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Delete a schedule.

Removes the schedule from this environment; it is deleted with the last environment that uses it. A repeat
returns 404. Declarative schedules are refused. Needs the permission `runs.create`.

Args:
    schedule_id: The schedule's id. Other spellings of a UUID are accepted too.
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from ...formats import encode_path_part
from ...types import AsyncSender, Request, Response, Sender, given


def request(schedule_id: str, *, helmr_api_version: str | None = None) -> Request[None]:
    """Create the request, and describe how to read its response."""
    if not (helmr_api_version is None or type(helmr_api_version) is str):
        from ...type_checks import check_arguments

        check_arguments(request, helmr_api_version=helmr_api_version)
    return Request(
        "DELETE",
        f"/api/schedules/{encode_path_part(schedule_id)}",
        _read,
        operation="deleteSchedule",
        statuses=(204,),
        headers=given({"Helmr-API-Version": helmr_api_version}),
    )


def _read(response: Response) -> None:
    return None


def sync(schedule_id: str, *, client: Sender, helmr_api_version: str | None = None) -> None:
    """Send the request with `client` and return its result."""
    client.send(request(schedule_id, helmr_api_version=helmr_api_version))


async def asyncio(schedule_id: str, *, client: AsyncSender, helmr_api_version: str | None = None) -> None:
    """Send the request with `client` and return its result."""
    await client.send(request(schedule_id, helmr_api_version=helmr_api_version))
