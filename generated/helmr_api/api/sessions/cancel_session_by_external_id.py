# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Cancel a session, by external id.

Like `cancelSession`, for the session with this external id, in any status.

Args:
    external_id: The session's external id; at most 512 bytes, not blank.
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
    from ...models.session import Session
    from ...models.session_cancel_request import SessionCancelRequest


def request(
    *, body: SessionCancelRequest, external_id: str, helmr_api_version: str | None = None
) -> Request[Session]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, external_id=external_id, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        "/api/sessions/by-external-id/cancel",
        _read,
        operation="cancelSessionByExternalId",
        params={"external_id": external_id},
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
        safe_to_repeat=True,
    )


def _read(response: Response) -> Session:
    return read_json(models.Session, response.content)


def sync(
    *, client: Sender, body: SessionCancelRequest, external_id: str, helmr_api_version: str | None = None
) -> Session:
    """Send the request with `client` and return its result."""
    return client.send(request(body=body, external_id=external_id, helmr_api_version=helmr_api_version))


async def asyncio(
    *, client: AsyncSender, body: SessionCancelRequest, external_id: str, helmr_api_version: str | None = None
) -> Session:
    """Send the request with `client` and return its result."""
    return await client.send(request(body=body, external_id=external_id, helmr_api_version=helmr_api_version))
