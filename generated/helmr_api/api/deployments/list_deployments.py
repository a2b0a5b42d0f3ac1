# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""List deployments.

Lists the environment's deployments, newest first (`created_at`, then `id`, both descending). `tasks` is
always empty here. There is no cursor, so only the newest `limit` deployments can be seen. Needs the
permission `tasks.deploy` or `runs.read`.

Args:
    limit: The maximum number to return. Blank is the default.
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...reading import read_json
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.deployment_list import DeploymentList


def request(*, limit: int | None = None, helmr_api_version: str | None = None) -> Request[DeploymentList]:
    """Create the request, and describe how to read its response."""
    if not (
        (limit is None or type(limit) is int)
        and (helmr_api_version is None or type(helmr_api_version) is str)
    ):
        from ...type_checks import check_arguments

        check_arguments(request, limit=limit, helmr_api_version=helmr_api_version)
    return Request(
        "GET",
        "/api/deployments",
        _read,
        operation="listDeployments",
        params=given({"limit": limit}),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> DeploymentList:
    return read_json(models.DeploymentList, response.content)


def sync(*, client: Sender, limit: int | None = None, helmr_api_version: str | None = None) -> DeploymentList:
    """Send the request with `client` and return its result."""
    return client.send(request(limit=limit, helmr_api_version=helmr_api_version))


async def asyncio(
    *, client: AsyncSender, limit: int | None = None, helmr_api_version: str | None = None
) -> DeploymentList:
    """Send the request with `client` and return its result."""
    return await client.send(request(limit=limit, helmr_api_version=helmr_api_version))
