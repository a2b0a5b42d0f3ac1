# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Upload a deployment.

Uploads the source of a deployment, which a worker then builds. The parts must come in this order:
`metadata`, at most 1048576 bytes, then `deployment_source`; parts with other names after `metadata` are
skipped. The whole request must arrive within 30 seconds.

When a deployment with the same `content_hash` is `queued` or `building` in this environment, that one is
returned, also with status 201. One that is `deployed` or `failed` is not reused. A built deployment is not
used until it is promoted (`promoteDeployment`). Needs the permission `tasks.deploy`.

Order of checks: form, metadata, versions, scope, permission, `deployment_source`, archive, `content_hash`.

Args:
    helmr_sdk_version: The caller's SDK, free text. Recorded as `sdk_version` of the first run or of the
        deployment.
    helmr_cli_version: The caller's command-line client, free text. Recorded as `cli_version` of the
        first run or of the deployment.
    helmr_client_version: Recorded as `cli_version` when `Helmr-CLI-Version` is blank.
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
    from ...models.deployment import Deployment
    from ...models.deployment_create_request import DeploymentCreateRequest


def request(
    *,
    body: DeploymentCreateRequest,
    helmr_sdk_version: str | None = None,
    helmr_cli_version: str | None = None,
    helmr_client_version: str | None = None,
    helmr_api_version: str | None = None,
) -> Request[Deployment]:
    """Create the request, and describe how to read its response."""
    check_arguments(
        request,
        body=body,
        helmr_sdk_version=helmr_sdk_version,
        helmr_cli_version=helmr_cli_version,
        helmr_client_version=helmr_client_version,
        helmr_api_version=helmr_api_version,
    )
    return Request(
        "POST",
        "/api/deployments",
        _read,
        operation="createDeployment",
        statuses=(201,),
        headers=given(
            {
                "Helmr-SDK-Version": helmr_sdk_version,
                "Helmr-CLI-Version": helmr_cli_version,
                "Helmr-Client-Version": helmr_client_version,
                "Helmr-API-Version": helmr_api_version,
            }
        ),
        files=body.to_multipart(),
    )


def _read(response: Response) -> Deployment:
    return read_json(models.Deployment, response.content)


def sync(
    *,
    client: Sender,
    body: DeploymentCreateRequest,
    helmr_sdk_version: str | None = None,
    helmr_cli_version: str | None = None,
    helmr_client_version: str | None = None,
    helmr_api_version: str | None = None,
) -> Deployment:
    """Send the request with `client` and return its result."""
    return client.send(
        request(
            body=body,
            helmr_sdk_version=helmr_sdk_version,
            helmr_cli_version=helmr_cli_version,
            helmr_client_version=helmr_client_version,
            helmr_api_version=helmr_api_version,
        )
    )


async def asyncio(
    *,
    client: AsyncSender,
    body: DeploymentCreateRequest,
    helmr_sdk_version: str | None = None,
    helmr_cli_version: str | None = None,
    helmr_client_version: str | None = None,
    helmr_api_version: str | None = None,
) -> Deployment:
    """Send the request with `client` and return its result."""
    return await client.send(
        request(
            body=body,
            helmr_sdk_version=helmr_sdk_version,
            helmr_cli_version=helmr_cli_version,
            helmr_client_version=helmr_client_version,
            helmr_api_version=helmr_api_version,
        )
    )
