# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Write a record to an output stream, by external id.

Like `appendOutputRecord`, for the session with this external id, in any status.

Args:
    stream: Name of the stream; 1 to 256 characters.
    external_id: The session's external id; at most 512 bytes, not blank.
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
    from ...models.append_output_result import AppendOutputResult
    from ...models.append_record_request import AppendRecordRequest


def request(
    stream: str, *, body: AppendRecordRequest, external_id: str, helmr_api_version: str | None = None
) -> Request[AppendOutputResult]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, external_id=external_id, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        f"/api/sessions/by-external-id/outputs/{encode_path_part(stream)}",
        _read,
        operation="appendOutputRecordByExternalId",
        statuses=(201,),
        params={"external_id": external_id},
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
        identified_by=("idempotency_key",),
    )


def _read(response: Response) -> AppendOutputResult:
    return read_json(models.AppendOutputResult, response.content)


def sync(
    stream: str,
    *,
    client: Sender,
    body: AppendRecordRequest,
    external_id: str,
    helmr_api_version: str | None = None,
) -> AppendOutputResult:
    """Send the request with `client` and return its result."""
    return client.send(
        request(stream, body=body, external_id=external_id, helmr_api_version=helmr_api_version)
    )


async def asyncio(
    stream: str,
    *,
    client: AsyncSender,
    body: AppendRecordRequest,
    external_id: str,
    helmr_api_version: str | None = None,
) -> AppendOutputResult:
    """Send the request with `client` and return its result."""
    return await client.send(
        request(stream, body=body, external_id=external_id, helmr_api_version=helmr_api_version)
    )
