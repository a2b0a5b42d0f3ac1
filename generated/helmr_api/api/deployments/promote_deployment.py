# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Promote a deployment.

Makes a deployment that is `deployed` the current one of the environment. Its tasks, sandboxes and queues
are used by new sessions, schedules and workspaces from then on; existing ones keep their deployment. In the
same step the declarative schedules of the environment are created, changed or removed to match the
deployment. Promoting the current deployment again succeeds. Needs the permission `tasks.deploy`.

Order of checks: body, scope, deployment, permission, its status. A key without the permission can therefore
distinguish an existing deployment from a missing one.

Args:
    deployment: The deployment's id or its version.
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...formats import encode_path_part
from ...reading import read_json
from ...type_checks import check_arguments
from ...types import UNSET, AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.deployment import Deployment
    from ...models.promotion_request import PromotionRequest


def request(
    deployment: str, *, body: PromotionRequest | None = None, helmr_api_version: str | None = None
) -> Request[Deployment]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        f"/api/deployments/{encode_path_part(deployment)}/promote",
        _read,
        operation="promoteDeployment",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=UNSET if body is None else body.to_dict(),
        safe_to_repeat=True,
    )


def _read(response: Response) -> Deployment:
    return read_json(models.Deployment, response.content)


def sync(
    deployment: str,
    *,
    client: Sender,
    body: PromotionRequest | None = None,
    helmr_api_version: str | None = None,
) -> Deployment:
    """Send the request with `client` and return its result."""
    return client.send(request(deployment, body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    deployment: str,
    *,
    client: AsyncSender,
    body: PromotionRequest | None = None,
    helmr_api_version: str | None = None,
) -> Deployment:
    """Send the request with `client` and return its result."""
    return await client.send(request(deployment, body=body, helmr_api_version=helmr_api_version))
