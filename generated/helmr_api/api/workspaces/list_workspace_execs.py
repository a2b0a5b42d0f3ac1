# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""List execs.

Lists the execs of a workspace, newest first (`created_at`, then `id`, both descending). There is no cursor,
so only the newest `limit` execs can be seen. Needs the permission `workspace.exec.read`. Order of checks:
as `getWorkspace`, then `limit`, `state`.

Args:
    workspace_id: The workspace's id. Other spellings of a UUID are accepted too.
    state: Only execs in this state. Blank means no filter.
    limit: The maximum number to return. Blank is the default.
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
    from ...models.exec_list import ExecList
    from ...models.exec_state import ExecState


def request(
    workspace_id: str,
    *,
    state: ExecState | str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> Request[ExecList]:
    """Create the request, and describe how to read its response."""
    if not (
        (state is None or type(state) is str)
        and (limit is None or type(limit) is int)
        and (helmr_api_version is None or type(helmr_api_version) is str)
    ):
        from ...type_checks import check_arguments

        check_arguments(request, state=state, limit=limit, helmr_api_version=helmr_api_version)
    return Request(
        "GET",
        f"/api/workspaces/{encode_path_part(workspace_id)}/execs",
        _read,
        operation="listWorkspaceExecs",
        params=given({"state": state, "limit": limit}),
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> ExecList:
    return read_json(models.ExecList, response.content)


def sync(
    workspace_id: str,
    *,
    client: Sender,
    state: ExecState | str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> ExecList:
    """Send the request with `client` and return its result."""
    return client.send(request(workspace_id, state=state, limit=limit, helmr_api_version=helmr_api_version))


async def asyncio(
    workspace_id: str,
    *,
    client: AsyncSender,
    state: ExecState | str | None = None,
    limit: int | None = None,
    helmr_api_version: str | None = None,
) -> ExecList:
    """Send the request with `client` and return its result."""
    return await client.send(
        request(workspace_id, state=state, limit=limit, helmr_api_version=helmr_api_version)
    )
