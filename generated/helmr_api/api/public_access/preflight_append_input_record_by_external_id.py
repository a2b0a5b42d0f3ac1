# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""CORS preflight of sending a record, by external id.

Like `preflightCompleteToken`. Session and stream are not checked.

Args:
    stream: Name of the stream. A preflight does not check it.
    external_id: The session's external id. A preflight does not check it.
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from ...formats import encode_path_part
from ...types import AsyncSender, Request, Response, Sender, given


def request(
    stream: str, *, external_id: str | None = None, helmr_api_version: str | None = None
) -> Request[None]:
    """Create the request, and describe how to read its response."""
    if not (
        (external_id is None or type(external_id) is str)
        and (helmr_api_version is None or type(helmr_api_version) is str)
    ):
        from ...type_checks import check_arguments

        check_arguments(request, external_id=external_id, helmr_api_version=helmr_api_version)
    return Request(
        "OPTIONS",
        f"/api/v1/sessions/by-external-id/inputs/{encode_path_part(stream)}",
        _read,
        operation="preflightAppendInputRecordByExternalId",
        statuses=(204,),
        params=given({"external_id": external_id}),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        authenticated=False,
    )


def _read(response: Response) -> None:
    return None


def sync(
    stream: str, *, client: Sender, external_id: str | None = None, helmr_api_version: str | None = None
) -> None:
    """Send the request with `client` and return its result."""
    client.send(request(stream, external_id=external_id, helmr_api_version=helmr_api_version))


async def asyncio(
    stream: str, *, client: AsyncSender, external_id: str | None = None, helmr_api_version: str | None = None
) -> None:
    """Send the request with `client` and return its result."""
    await client.send(request(stream, external_id=external_id, helmr_api_version=helmr_api_version))
