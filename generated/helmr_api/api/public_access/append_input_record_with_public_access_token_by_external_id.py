# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Send a record to an input stream with a public access token, by external id.

Like `appendInputRecordWithPublicAccessToken`, for the session with this external id.

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
    from ...models.append_input_result import AppendInputResult
    from ...models.append_record_request import AppendRecordRequest


def request(
    stream: str, *, body: AppendRecordRequest, external_id: str, helmr_api_version: str | None = None
) -> Request[AppendInputResult]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, external_id=external_id, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        f"/api/v1/sessions/by-external-id/inputs/{encode_path_part(stream)}",
        _read,
        operation="appendInputRecordWithPublicAccessTokenByExternalId",
        statuses=(201,),
        params={"external_id": external_id},
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
    )


def _read(response: Response) -> AppendInputResult:
    return read_json(models.AppendInputResult, response.content)


def sync(
    stream: str,
    *,
    client: Sender,
    body: AppendRecordRequest,
    external_id: str,
    helmr_api_version: str | None = None,
) -> AppendInputResult:
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
) -> AppendInputResult:
    """Send the request with `client` and return its result."""
    return await client.send(
        request(stream, body=body, external_id=external_id, helmr_api_version=helmr_api_version)
    )
