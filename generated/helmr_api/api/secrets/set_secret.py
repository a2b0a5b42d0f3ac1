# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Set a secret.

Creates a secret or replaces its value. The last write wins. `created_at` does not change when a value is
replaced. Needs the permission `secrets.write`. Order of checks: `name`, body, scope, permission.

Args:
    name: The secret's name; case-sensitive. It is compared as it is written in the path, so a name with
        percent-encoded characters is refused.
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
    from ...models.secret import Secret
    from ...models.secret_set_request import SecretSetRequest


def request(name: str, *, body: SecretSetRequest, helmr_api_version: str | None = None) -> Request[Secret]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "PUT",
        f"/api/secrets/{encode_path_part(name)}",
        _read,
        operation="setSecret",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
        safe_to_repeat=True,
    )


def _read(response: Response) -> Secret:
    return read_json(models.Secret, response.content)


def sync(
    name: str, *, client: Sender, body: SecretSetRequest, helmr_api_version: str | None = None
) -> Secret:
    """Send the request with `client` and return its result."""
    return client.send(request(name, body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    name: str, *, client: AsyncSender, body: SecretSetRequest, helmr_api_version: str | None = None
) -> Secret:
    """Send the request with `client` and return its result."""
    return await client.send(request(name, body=body, helmr_api_version=helmr_api_version))
