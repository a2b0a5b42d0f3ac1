# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""CORS preflight of completing a token.

Always 204; the CORS headers are present only if `Origin` has the scheme, host and port of the server's
public URL. Nothing else in the request is checked.

Args:
    token_id: The token's id. A preflight does not check it.
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from ...formats import encode_path_part
from ...types import AsyncSender, Request, Response, Sender, given


def request(token_id: str, *, helmr_api_version: str | None = None) -> Request[None]:
    """Create the request, and describe how to read its response."""
    if not (helmr_api_version is None or type(helmr_api_version) is str):
        from ...type_checks import check_arguments

        check_arguments(request, helmr_api_version=helmr_api_version)
    return Request(
        "OPTIONS",
        f"/api/v1/tokens/{encode_path_part(token_id)}/complete",
        _read,
        operation="preflightCompleteToken",
        statuses=(204,),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        authenticated=False,
    )


def _read(response: Response) -> None:
    return None


def sync(token_id: str, *, client: Sender, helmr_api_version: str | None = None) -> None:
    """Send the request with `client` and return its result."""
    client.send(request(token_id, helmr_api_version=helmr_api_version))


async def asyncio(token_id: str, *, client: AsyncSender, helmr_api_version: str | None = None) -> None:
    """Send the request with `client` and return its result."""
    await client.send(request(token_id, helmr_api_version=helmr_api_version))
