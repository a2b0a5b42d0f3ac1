# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""CORS preflight of reading a record.

Like `preflightCompleteToken`. Session and stream are not checked.

Args:
    session_id: The session's id. A preflight does not check it.
    stream: Name of the stream. A preflight does not check it.
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from ...formats import encode_path_part
from ...types import AsyncSender, Request, Response, Sender, given


def request(session_id: str, stream: str, *, helmr_api_version: str | None = None) -> Request[None]:
    """Create the request, and describe how to read its response."""
    if not (helmr_api_version is None or type(helmr_api_version) is str):
        from ...type_checks import check_arguments

        check_arguments(request, helmr_api_version=helmr_api_version)
    return Request(
        "OPTIONS",
        f"/api/v1/sessions/{encode_path_part(session_id)}/outputs/{encode_path_part(stream)}/read",
        _read,
        operation="preflightReadOutputRecord",
        statuses=(204,),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        authenticated=False,
    )


def _read(response: Response) -> None:
    return None


def sync(session_id: str, stream: str, *, client: Sender, helmr_api_version: str | None = None) -> None:
    """Send the request with `client` and return its result."""
    client.send(request(session_id, stream, helmr_api_version=helmr_api_version))


async def asyncio(
    session_id: str, stream: str, *, client: AsyncSender, helmr_api_version: str | None = None
) -> None:
    """Send the request with `client` and return its result."""
    await client.send(request(session_id, stream, helmr_api_version=helmr_api_version))
