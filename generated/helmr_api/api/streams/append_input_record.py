# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Send a record to an input stream.

Appends a record and delivers it: the waits that it satisfies are resolved and their runs resume; if there
are none, a continuation run is pending (`continuation_status`). The id of a new run is not in the response:
`getSession` has it as `current_run_id`. The status is 201 even for a repeated idempotency key, whose scope
is this stream and which never expires; the session's status is checked before the key. Needs the permission
`session.input.send`. Order of checks: session, permission, stream name, stream, body, session status, key.

Args:
    session_id: The session's id. Other spellings of a UUID are accepted too. Blank (`%20`) leaves it to
        the query parameter `external_id` to name the session, as below `/by-external-id`.
    stream: Name of the stream; 1 to 256 characters.
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
    from ...models.append_input_result import AppendInputResult
    from ...models.append_record_request import AppendRecordRequest


def request(
    session_id: str, stream: str, *, body: AppendRecordRequest, helmr_api_version: str | None = None
) -> Request[AppendInputResult]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        f"/api/sessions/{encode_path_part(session_id)}/inputs/{encode_path_part(stream)}",
        _read,
        operation="appendInputRecord",
        statuses=(201,),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
        identified_by=("idempotency_key",),
    )


def addressed(
    session_id: str | None,
    stream: str,
    *,
    external_id: str | None,
    body: AppendRecordRequest,
    helmr_api_version: str | None = None,
) -> Request[AppendInputResult]:
    """Create the request by the id that is passed, possibly that of `append_input_record_by_external_id`."""
    if session_id is not None and external_id is None:
        return request(session_id, stream, body=body, helmr_api_version=helmr_api_version)
    if session_id is None and external_id is not None:
        from . import append_input_record_by_external_id

        return append_input_record_by_external_id.request(
            stream, body=body, external_id=external_id, helmr_api_version=helmr_api_version
        )
    raise ArgumentError("pass either session_id or external_id")


def _read(response: Response) -> AppendInputResult:
    return read_json(models.AppendInputResult, response.content)


def sync(
    session_id: str,
    stream: str,
    *,
    client: Sender,
    body: AppendRecordRequest,
    helmr_api_version: str | None = None,
) -> AppendInputResult:
    """Send the request with `client` and return its result."""
    return client.send(request(session_id, stream, body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    session_id: str,
    stream: str,
    *,
    client: AsyncSender,
    body: AppendRecordRequest,
    helmr_api_version: str | None = None,
) -> AppendInputResult:
    """Send the request with `client` and return its result."""
    return await client.send(request(session_id, stream, body=body, helmr_api_version=helmr_api_version))
