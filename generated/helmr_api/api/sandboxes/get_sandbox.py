# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Get a sandbox.

Returns one sandbox of the environment's current deployment. Needs the permission `runs.read`,
`tasks.deploy` or any permission for workspaces.

Args:
    sandbox_id: The name under which the sandbox is declared, not its UUID. Any name is looked up; one
        that is not declared is a 404.
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
    from ...models.sandbox import Sandbox


def request(sandbox_id: str, *, helmr_api_version: str | None = None) -> Request[Sandbox]:
    """Create the request, and describe how to read its response."""
    if not (helmr_api_version is None or type(helmr_api_version) is str):
        from ...type_checks import check_arguments

        check_arguments(request, helmr_api_version=helmr_api_version)
    return Request(
        "GET",
        f"/api/sandboxes/{encode_path_part(sandbox_id)}",
        _read,
        operation="getSandbox",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> Sandbox:
    return read_json(models.Sandbox, response.content)


def sync(sandbox_id: str, *, client: Sender, helmr_api_version: str | None = None) -> Sandbox:
    """Send the request with `client` and return its result."""
    return client.send(request(sandbox_id, helmr_api_version=helmr_api_version))


async def asyncio(sandbox_id: str, *, client: AsyncSender, helmr_api_version: str | None = None) -> Sandbox:
    """Send the request with `client` and return its result."""
    return await client.send(request(sandbox_id, helmr_api_version=helmr_api_version))
