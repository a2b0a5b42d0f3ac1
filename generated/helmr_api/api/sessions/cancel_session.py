# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Cancel a session.

Ends an open session at once, whatever it is doing, and cancels its current run without force: the run's
status is `cancelled` immediately, a worker that is executing it stops later. Repeating it on a cancelled
session changes nothing and gets 200.

The response to the request that ends the session may have its previous state: `open`, with an empty
`terminal_reason`, without `error`, with the old `updated_at`. A 200 means that the session is cancelled; if
its state matters, read it with `getSession`. Needs the permission `runs.manage`.

Args:
    session_id: The session's id. Other spellings of a UUID are accepted too. Blank (`%20`) leaves it to
        the query parameter `external_id` to name the session, as below `/by-external-id`.
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...errors import ArgumentError
from ...formats import encode_path_part
from ...reading import read_json
from ...type_checks import check_arguments
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.session import Session
    from ...models.session_cancel_request import SessionCancelRequest


def request(
    session_id: str, *, body: SessionCancelRequest, helmr_api_version: str | None = None
) -> Request[Session]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        f"/api/sessions/{encode_path_part(session_id)}/cancel",
        _read,
        operation="cancelSession",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
        safe_to_repeat=True,
    )


def addressed(
    session_id: str | None,
    *,
    external_id: str | None,
    body: SessionCancelRequest,
    helmr_api_version: str | None = None,
) -> Request[Session]:
    """Create the request by the id that is passed, possibly that of `cancel_session_by_external_id`."""
    if session_id is not None and external_id is None:
        return request(session_id, body=body, helmr_api_version=helmr_api_version)
    if session_id is None and external_id is not None:
        from . import cancel_session_by_external_id

        return cancel_session_by_external_id.request(
            body=body, external_id=external_id, helmr_api_version=helmr_api_version
        )
    raise ArgumentError("pass either session_id or external_id")


def _read(response: Response) -> Session:
    return read_json(models.Session, response.content)


def sync(
    session_id: str, *, client: Sender, body: SessionCancelRequest, helmr_api_version: str | None = None
) -> Session:
    """Send the request with `client` and return its result."""
    return client.send(request(session_id, body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    session_id: str, *, client: AsyncSender, body: SessionCancelRequest, helmr_api_version: str | None = None
) -> Session:
    """Send the request with `client` and return its result."""
    return await client.send(request(session_id, body=body, helmr_api_version=helmr_api_version))
