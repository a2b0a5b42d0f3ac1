# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Get a deployment.

Returns a deployment; its tasks only when it is `deployed`. Versions are not accepted here. Needs the
permission `tasks.deploy` or `runs.read`. Order of checks: `deployment_id`, scope, permission, deployment.

Args:
    deployment_id: The deployment's id. Other spellings of a UUID are accepted too.
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
    from ...models.deployment import Deployment


def request(deployment_id: str, *, helmr_api_version: str | None = None) -> Request[Deployment]:
    """Create the request, and describe how to read its response."""
    if not (helmr_api_version is None or type(helmr_api_version) is str):
        from ...type_checks import check_arguments

        check_arguments(request, helmr_api_version=helmr_api_version)
    return Request(
        "GET",
        f"/api/deployments/{encode_path_part(deployment_id)}",
        _read,
        operation="getDeployment",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> Deployment:
    return read_json(models.Deployment, response.content)


def sync(deployment_id: str, *, client: Sender, helmr_api_version: str | None = None) -> Deployment:
    """Send the request with `client` and return its result."""
    return client.send(request(deployment_id, helmr_api_version=helmr_api_version))


async def asyncio(
    deployment_id: str, *, client: AsyncSender, helmr_api_version: str | None = None
) -> Deployment:
    """Send the request with `client` and return its result."""
    return await client.send(request(deployment_id, helmr_api_version=helmr_api_version))
