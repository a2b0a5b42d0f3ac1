# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Get a session, by external id.

Like `getSession`, for the session with this external id, in any status.

Args:
    external_id: The session's external id; at most 512 bytes, not blank.
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...reading import read_json
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.session import Session


def request(*, external_id: str, helmr_api_version: str | None = None) -> Request[Session]:
    """Create the request, and describe how to read its response."""
    if not (type(external_id) is str and (helmr_api_version is None or type(helmr_api_version) is str)):
        from ...type_checks import check_arguments

        check_arguments(request, external_id=external_id, helmr_api_version=helmr_api_version)
    return Request(
        "GET",
        "/api/sessions/by-external-id",
        _read,
        operation="getSessionByExternalId",
        params={"external_id": external_id},
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> Session:
    return read_json(models.Session, response.content)


def sync(*, client: Sender, external_id: str, helmr_api_version: str | None = None) -> Session:
    """Send the request with `client` and return its result."""
    return client.send(request(external_id=external_id, helmr_api_version=helmr_api_version))


async def asyncio(*, client: AsyncSender, external_id: str, helmr_api_version: str | None = None) -> Session:
    """Send the request with `client` and return its result."""
    return await client.send(request(external_id=external_id, helmr_api_version=helmr_api_version))
