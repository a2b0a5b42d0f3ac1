# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Get a deployed task.

Returns one task of the environment's current deployment. Needs the permission `runs.read` or
`tasks.deploy`, which is checked before the form of `task_id`.

Args:
    task_id: The task's name; 1 to 128 characters.
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
    from ...models.task import Task


def request(task_id: str, *, helmr_api_version: str | None = None) -> Request[Task]:
    """Create the request, and describe how to read its response."""
    if not (helmr_api_version is None or type(helmr_api_version) is str):
        from ...type_checks import check_arguments

        check_arguments(request, helmr_api_version=helmr_api_version)
    return Request(
        "GET",
        f"/api/tasks/{encode_path_part(task_id)}",
        _read,
        operation="getTask",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> Task:
    return read_json(models.Task, response.content)


def sync(task_id: str, *, client: Sender, helmr_api_version: str | None = None) -> Task:
    """Send the request with `client` and return its result."""
    return client.send(request(task_id, helmr_api_version=helmr_api_version))


async def asyncio(task_id: str, *, client: AsyncSender, helmr_api_version: str | None = None) -> Task:
    """Send the request with `client` and return its result."""
    return await client.send(request(task_id, helmr_api_version=helmr_api_version))
