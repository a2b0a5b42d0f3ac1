# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Get a secret.

Returns a secret without its value, which no operation returns. Needs the permission `secrets.write`. Order
of checks: `name`, scope, permission, secret.

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
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.secret import Secret


def request(name: str, *, helmr_api_version: str | None = None) -> Request[Secret]:
    """Create the request, and describe how to read its response."""
    if not (helmr_api_version is None or type(helmr_api_version) is str):
        from ...type_checks import check_arguments

        check_arguments(request, helmr_api_version=helmr_api_version)
    return Request(
        "GET",
        f"/api/secrets/{encode_path_part(name)}",
        _read,
        operation="getSecret",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> Secret:
    return read_json(models.Secret, response.content)


def sync(name: str, *, client: Sender, helmr_api_version: str | None = None) -> Secret:
    """Send the request with `client` and return its result."""
    return client.send(request(name, helmr_api_version=helmr_api_version))


async def asyncio(name: str, *, client: AsyncSender, helmr_api_version: str | None = None) -> Secret:
    """Send the request with `client` and return its result."""
    return await client.send(request(name, helmr_api_version=helmr_api_version))
