# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Delete a secret.

Deletes a secret. Deleting it again returns 404. Needs the permission `secrets.write`. Order of checks:
`name`, scope, permission, secret.

Args:
    name: The secret's name; case-sensitive. It is compared as it is written in the path, so a name with
        percent-encoded characters is refused.
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from ...formats import encode_path_part
from ...types import AsyncSender, Request, Response, Sender, given


def request(name: str, *, helmr_api_version: str | None = None) -> Request[None]:
    """Create the request, and describe how to read its response."""
    if not (helmr_api_version is None or type(helmr_api_version) is str):
        from ...type_checks import check_arguments

        check_arguments(request, helmr_api_version=helmr_api_version)
    return Request(
        "DELETE",
        f"/api/secrets/{encode_path_part(name)}",
        _read,
        operation="deleteSecret",
        statuses=(204,),
        headers=given({"Helmr-API-Version": helmr_api_version}),
    )


def _read(response: Response) -> None:
    return None


def sync(name: str, *, client: Sender, helmr_api_version: str | None = None) -> None:
    """Send the request with `client` and return its result."""
    client.send(request(name, helmr_api_version=helmr_api_version))


async def asyncio(name: str, *, client: AsyncSender, helmr_api_version: str | None = None) -> None:
    """Send the request with `client` and return its result."""
    await client.send(request(name, helmr_api_version=helmr_api_version))
