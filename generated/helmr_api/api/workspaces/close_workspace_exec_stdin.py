# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Close the standard input of an exec.

Ends the input of an exec that has not ended. A repeat changes nothing. A body is optional and not read.
Needs the permission `workspace.exec.manage`.

Args:
    workspace_id: The workspace's id. Other spellings of a UUID are accepted too.
    exec_id: The exec's id. Other spellings of a UUID are accepted too.
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
    from ...models.exec_envelope import ExecEnvelope


def request(
    workspace_id: str, exec_id: str, *, helmr_api_version: str | None = None
) -> Request[ExecEnvelope]:
    """Create the request, and describe how to read its response."""
    if not (helmr_api_version is None or type(helmr_api_version) is str):
        from ...type_checks import check_arguments

        check_arguments(request, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        f"/api/workspaces/{encode_path_part(workspace_id)}/execs/{encode_path_part(exec_id)}/stdin/close",
        _read,
        operation="closeWorkspaceExecStdin",
        headers=given({"Helmr-API-Version": helmr_api_version}),
    )


def _read(response: Response) -> ExecEnvelope:
    return read_json(models.ExecEnvelope, response.content)


def sync(
    workspace_id: str, exec_id: str, *, client: Sender, helmr_api_version: str | None = None
) -> ExecEnvelope:
    """Send the request with `client` and return its result."""
    return client.send(request(workspace_id, exec_id, helmr_api_version=helmr_api_version))


async def asyncio(
    workspace_id: str, exec_id: str, *, client: AsyncSender, helmr_api_version: str | None = None
) -> ExecEnvelope:
    """Send the request with `client` and return its result."""
    return await client.send(request(workspace_id, exec_id, helmr_api_version=helmr_api_version))
