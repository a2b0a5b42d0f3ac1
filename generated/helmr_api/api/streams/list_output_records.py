# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""List records of an output stream.

Returns records in ascending sequence. Reading does not consume records; to continue, pass the last
`sequence` as `after_sequence`. Needs the permission `session.streams.read`.

Args:
    session_id: The session's id. Other spellings of a UUID are accepted too. Blank (`%20`) leaves it to
        the query parameter `external_id` to name the session, as below `/by-external-id`.
    stream: Name of the stream; 1 to 256 characters.
    after_sequence: Only records with a greater sequence. Blank is 0. When it is left out or blank, a
        query parameter `cursor` is read in its place.
    limit: The maximum number to return. Blank is the default.
    correlation_id: Only records with exactly this correlation id. Blank means no filter.
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...errors import ArgumentError
from ...formats import encode_path_part
from ...reading import read_json
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.stream_record_list import StreamRecordList


def request(
    session_id: str,
    stream: str,
    *,
    after_sequence: int | None = None,
    limit: int | None = None,
    correlation_id: str | None = None,
    helmr_api_version: str | None = None,
) -> Request[StreamRecordList]:
    """Create the request, and describe how to read its response."""
    if not (
        (after_sequence is None or type(after_sequence) is int)
        and (limit is None or type(limit) is int)
        and (correlation_id is None or type(correlation_id) is str)
        and (helmr_api_version is None or type(helmr_api_version) is str)
    ):
        from ...type_checks import check_arguments

        check_arguments(
            request,
            after_sequence=after_sequence,
            limit=limit,
            correlation_id=correlation_id,
            helmr_api_version=helmr_api_version,
        )
    return Request(
        "GET",
        f"/api/sessions/{encode_path_part(session_id)}/outputs/{encode_path_part(stream)}",
        _read,
        operation="listOutputRecords",
        params=given({"after_sequence": after_sequence, "limit": limit, "correlation_id": correlation_id}),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def addressed(
    session_id: str | None,
    stream: str,
    *,
    external_id: str | None,
    after_sequence: int | None = None,
    limit: int | None = None,
    correlation_id: str | None = None,
    helmr_api_version: str | None = None,
) -> Request[StreamRecordList]:
    """Create the request by the id that is passed, possibly that of `list_output_records_by_external_id`."""
    if session_id is not None and external_id is None:
        return request(
            session_id,
            stream,
            after_sequence=after_sequence,
            limit=limit,
            correlation_id=correlation_id,
            helmr_api_version=helmr_api_version,
        )
    if session_id is None and external_id is not None:
        from . import list_output_records_by_external_id

        return list_output_records_by_external_id.request(
            stream,
            after_sequence=after_sequence,
            limit=limit,
            correlation_id=correlation_id,
            external_id=external_id,
            helmr_api_version=helmr_api_version,
        )
    raise ArgumentError("pass either session_id or external_id")


def _read(response: Response) -> StreamRecordList:
    return read_json(models.StreamRecordList, response.content)


def sync(
    session_id: str,
    stream: str,
    *,
    client: Sender,
    after_sequence: int | None = None,
    limit: int | None = None,
    correlation_id: str | None = None,
    helmr_api_version: str | None = None,
) -> StreamRecordList:
    """Send the request with `client` and return its result."""
    return client.send(
        request(
            session_id,
            stream,
            after_sequence=after_sequence,
            limit=limit,
            correlation_id=correlation_id,
            helmr_api_version=helmr_api_version,
        )
    )


async def asyncio(
    session_id: str,
    stream: str,
    *,
    client: AsyncSender,
    after_sequence: int | None = None,
    limit: int | None = None,
    correlation_id: str | None = None,
    helmr_api_version: str | None = None,
) -> StreamRecordList:
    """Send the request with `client` and return its result."""
    return await client.send(
        request(
            session_id,
            stream,
            after_sequence=after_sequence,
            limit=limit,
            correlation_id=correlation_id,
            helmr_api_version=helmr_api_version,
        )
    )
