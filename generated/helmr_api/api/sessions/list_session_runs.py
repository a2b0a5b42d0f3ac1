# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""List the runs of a session.

Lists the session's runs in the order of their turns, all of them, with the current state of each run. Needs
the permission `runs.read`.

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
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.session_run_list import SessionRunList


def request(session_id: str, *, helmr_api_version: str | None = None) -> Request[SessionRunList]:
    """Create the request, and describe how to read its response."""
    if not (helmr_api_version is None or type(helmr_api_version) is str):
        from ...type_checks import check_arguments

        check_arguments(request, helmr_api_version=helmr_api_version)
    return Request(
        "GET",
        f"/api/sessions/{encode_path_part(session_id)}/runs",
        _read,
        operation="listSessionRuns",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def addressed(
    session_id: str | None, *, external_id: str | None, helmr_api_version: str | None = None
) -> Request[SessionRunList]:
    """Create the request by the id that is passed, possibly that of `list_session_runs_by_external_id`."""
    if session_id is not None and external_id is None:
        return request(session_id, helmr_api_version=helmr_api_version)
    if session_id is None and external_id is not None:
        from . import list_session_runs_by_external_id

        return list_session_runs_by_external_id.request(
            external_id=external_id, helmr_api_version=helmr_api_version
        )
    raise ArgumentError("pass either session_id or external_id")


def _read(response: Response) -> SessionRunList:
    return read_json(models.SessionRunList, response.content)


def sync(session_id: str, *, client: Sender, helmr_api_version: str | None = None) -> SessionRunList:
    """Send the request with `client` and return its result."""
    return client.send(request(session_id, helmr_api_version=helmr_api_version))


async def asyncio(
    session_id: str, *, client: AsyncSender, helmr_api_version: str | None = None
) -> SessionRunList:
    """Send the request with `client` and return its result."""
    return await client.send(request(session_id, helmr_api_version=helmr_api_version))
