# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Start or reuse a session and wait for its run.

Does what `startSession` does, with the same checks and errors, and then waits until the returned run has
ended, for at most 30 seconds. The response is 200 in every case, with the final state of the session and
the run; `timed_out: true` says that the run has not ended. A `waiting` run has not ended. Neither a timeout
nor a disconnect cancels anything, and the session stays open after the run's end. To wait longer, continue
with `getRun` or `listRunEvents`. Needs the permission `runs.create`.

Args:
    helmr_sdk_version: The caller's SDK, free text. Recorded as `sdk_version` of the first run or of the
        deployment.
    helmr_cli_version: The caller's command-line client, free text. Recorded as `cli_version` of the
        first run or of the deployment.
    helmr_client_version: Recorded as `cli_version` when `Helmr-CLI-Version` is blank.
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...reading import read_json
from ...type_checks import check_arguments
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.session_start import SessionStart
    from ...models.session_start_and_wait_request import SessionStartAndWaitRequest


def request(
    *,
    body: SessionStartAndWaitRequest,
    helmr_sdk_version: str | None = None,
    helmr_cli_version: str | None = None,
    helmr_client_version: str | None = None,
    helmr_api_version: str | None = None,
) -> Request[SessionStart]:
    """Create the request, and describe how to read its response."""
    check_arguments(
        request,
        body=body,
        helmr_sdk_version=helmr_sdk_version,
        helmr_cli_version=helmr_cli_version,
        helmr_client_version=helmr_client_version,
        helmr_api_version=helmr_api_version,
    )
    return Request(
        "POST",
        "/api/sessions/start-and-wait",
        _read,
        operation="startSessionAndWait",
        headers=given(
            {
                "Helmr-SDK-Version": helmr_sdk_version,
                "Helmr-CLI-Version": helmr_cli_version,
                "Helmr-Client-Version": helmr_client_version,
                "Helmr-API-Version": helmr_api_version,
            }
        ),
        json=body.to_dict(),
        identified_by=("idempotency_key", "external_id"),
    )


def _read(response: Response) -> SessionStart:
    return read_json(models.SessionStart, response.content)


def sync(
    *,
    client: Sender,
    body: SessionStartAndWaitRequest,
    helmr_sdk_version: str | None = None,
    helmr_cli_version: str | None = None,
    helmr_client_version: str | None = None,
    helmr_api_version: str | None = None,
) -> SessionStart:
    """Send the request with `client` and return its result."""
    return client.send(
        request(
            body=body,
            helmr_sdk_version=helmr_sdk_version,
            helmr_cli_version=helmr_cli_version,
            helmr_client_version=helmr_client_version,
            helmr_api_version=helmr_api_version,
        )
    )


async def asyncio(
    *,
    client: AsyncSender,
    body: SessionStartAndWaitRequest,
    helmr_sdk_version: str | None = None,
    helmr_cli_version: str | None = None,
    helmr_client_version: str | None = None,
    helmr_api_version: str | None = None,
) -> SessionStart:
    """Send the request with `client` and return its result."""
    return await client.send(
        request(
            body=body,
            helmr_sdk_version=helmr_sdk_version,
            helmr_cli_version=helmr_cli_version,
            helmr_client_version=helmr_client_version,
            helmr_api_version=helmr_api_version,
        )
    )
