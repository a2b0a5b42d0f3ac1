# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""List records of an input stream, by external id.

Like `listInputRecords`, for the session with this external id, in any status.

Args:
    stream: Name of the stream; 1 to 256 characters.
    after_sequence: Only records with a greater sequence. Blank is 0. When it is left out or blank, a
        query parameter `cursor` is read in its place.
    limit: The maximum number to return. Blank is the default.
    correlation_id: Only records with exactly this correlation id. Blank means no filter.
    external_id: The session's external id; at most 512 bytes, not blank.
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
    from ...models.stream_record_list import StreamRecordList


def request(
    stream: str,
    *,
    after_sequence: int | None = None,
    limit: int | None = None,
    correlation_id: str | None = None,
    external_id: str,
    helmr_api_version: str | None = None,
) -> Request[StreamRecordList]:
    """Create the request, and describe how to read its response."""
    if not (
        (after_sequence is None or type(after_sequence) is int)
        and (limit is None or type(limit) is int)
        and (correlation_id is None or type(correlation_id) is str)
        and type(external_id) is str
        and (helmr_api_version is None or type(helmr_api_version) is str)
    ):
        from ...type_checks import check_arguments

        check_arguments(
            request,
            after_sequence=after_sequence,
            limit=limit,
            correlation_id=correlation_id,
            external_id=external_id,
            helmr_api_version=helmr_api_version,
        )
    return Request(
        "GET",
        f"/api/sessions/by-external-id/inputs/{encode_path_part(stream)}",
        _read,
        operation="listInputRecordsByExternalId",
        params=given(
            {
                "after_sequence": after_sequence,
                "limit": limit,
                "correlation_id": correlation_id,
                "external_id": external_id,
            }
        ),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> StreamRecordList:
    return read_json(models.StreamRecordList, response.content)


def sync(
    stream: str,
    *,
    client: Sender,
    after_sequence: int | None = None,
    limit: int | None = None,
    correlation_id: str | None = None,
    external_id: str,
    helmr_api_version: str | None = None,
) -> StreamRecordList:
    """Send the request with `client` and return its result."""
    return client.send(
        request(
            stream,
            after_sequence=after_sequence,
            limit=limit,
            correlation_id=correlation_id,
            external_id=external_id,
            helmr_api_version=helmr_api_version,
        )
    )


async def asyncio(
    stream: str,
    *,
    client: AsyncSender,
    after_sequence: int | None = None,
    limit: int | None = None,
    correlation_id: str | None = None,
    external_id: str,
    helmr_api_version: str | None = None,
) -> StreamRecordList:
    """Send the request with `client` and return its result."""
    return await client.send(
        request(
            stream,
            after_sequence=after_sequence,
            limit=limit,
            correlation_id=correlation_id,
            external_id=external_id,
            helmr_api_version=helmr_api_version,
        )
    )
