# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Start or reuse a session.

Starts a session and its first run, or returns the session that the idempotency key or the external id
already belongs to. Needs the permission `runs.create`.

With an **idempotency key** that was used before for this task: same parameters give 200 with `is_cached:
true`, the session in its current state (even if closed, cancelled or expired) and the run that the key is
bound to; other parameters give 409 `idempotency_fingerprint_mismatch`. `metadata`, `tags` and the key's
lifetime are not compared. The key becomes free again when its lifetime, counted from the first successful
use, expires. Nothing is recorded for a start that failed.

With an **external id** that is in use: an open session with the same parameters gives 200 with `is_cached:
true` and its current run, which may have ended (no new run is created); other parameters give 409
`session_fingerprint_mismatch`; a session that is closed, cancelled, expired or past its `expires_at` gives
409 `session_terminal`. An external id is never released.

Checked in this order: body, `task_id`, permission, idempotency fields, `external_id`, `workspace_id`,
`metadata`, `tags`, known idempotency key, known external id (only without a key), task deployed, secrets,
`max_duration_seconds`, `retry`, `queue`, `concurrency_key`, `ttl`, queue declared, key in use by another
start (202), known external id (with a key).

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
    from ...models.session_start_request import SessionStartRequest


def request(
    *,
    body: SessionStartRequest,
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
        "/api/sessions",
        _read,
        operation="startSession",
        statuses=(200, 201),
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
    body: SessionStartRequest,
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
    body: SessionStartRequest,
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
