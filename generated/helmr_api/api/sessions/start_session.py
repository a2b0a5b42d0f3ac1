# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Start or reuse a session

Starts a session and its first run, or returns the session that the idempotency key or the external
id already belongs to. Needs the permission `runs.create`.

With an **idempotency key** that was used before for this task: same parameters give 200 with
`is_cached: true`, the session in its present state (also closed, cancelled or expired) and the run
that the key is bound to; other parameters give 409 `idempotency_fingerprint_mismatch`. `metadata`,
`tags` and the key's lifetime are not compared. The key is free again when its lifetime, counted from
the first successful use, is over. Nothing is recorded for a start that failed.

With an **external id** that is in use: an open session with the same parameters gives 200 with
`is_cached: true` and its current run, which may have ended (no new run is made); other parameters
give 409 `session_fingerprint_mismatch`; a session that is closed, cancelled, expired or past its
`expires_at` gives 409 `session_terminal`. An external id is never released.

Checked in this order: body, `task_id`, permission, idempotency members, `external_id`,
`workspace_id`, `metadata`, `tags`, known idempotency key, known external id (only without a key),
task deployed, secrets, `max_duration_seconds`, `retry`, `queue`, `concurrency_key`, `ttl`, queue
declared, key in use by another start (202), known external id (with a key).

Args:
    helmr_sdk_version: The caller's SDK, free text. Recorded as `sdk_version` of the first run.
    helmr_cli_version: The caller's command-line client, free text. Recorded as `cli_version` of the first run.
    helmr_client_version: Recorded as `cli_version` when `Helmr-CLI-Version` is blank.
    helmr_api_version: The contract version that the caller speaks. Left out or blank is the current one; any other is a
        400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...types import (
    UNSET,
    Response,
    Unset,
    as_sent,
    decode_json,
)

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client
    from ...models.error_envelope import ErrorEnvelope
    from ...models.session_start import SessionStart
    from ...models.session_start_request import SessionStartRequest


def get_kwargs(
    *,
    body: SessionStartRequest,
    helmr_sdk_version: str | Unset = UNSET,
    helmr_cli_version: str | Unset = UNSET,
    helmr_client_version: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> dict[str, Any]:
    """The request, as arguments of `httpx.Client.request`."""

    kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/api/sessions",
    }
    headers: dict[str, str] = {}
    if not isinstance(helmr_sdk_version, Unset) and helmr_sdk_version is not None:
        headers["Helmr-SDK-Version"] = helmr_sdk_version
    if not isinstance(helmr_cli_version, Unset) and helmr_cli_version is not None:
        headers["Helmr-CLI-Version"] = helmr_cli_version
    if not isinstance(helmr_client_version, Unset) and helmr_client_version is not None:
        headers["Helmr-Client-Version"] = helmr_client_version
    if not isinstance(helmr_api_version, Unset) and helmr_api_version is not None:
        headers["Helmr-API-Version"] = helmr_api_version
    kwargs["json"] = body.to_dict()
    headers["Content-Type"] = "application/json"
    kwargs["headers"] = headers
    return kwargs


def parse_response(
    response: httpx.Response, *, client: AuthenticatedClient | Client | None = None
) -> ErrorEnvelope | SessionStart | None:
    """What the answer's status documents.

    Raises:
        errors.UnexpectedStatus: the status is undocumented, and `client.raise_on_unexpected_status` is set. Without
            that, None is returned.
    """
    status = response.status_code
    if status in (200, 201):
        from ...models.session_start import SessionStart

        return SessionStart.from_dict(decode_json(response.content))
    if status in (202, 400, 401, 403, 409, 413, 500, 503):
        from ...models.error_envelope import ErrorEnvelope

        return ErrorEnvelope.from_dict(decode_json(response.content))
    if client is not None and client.raise_on_unexpected_status:
        from ...errors import UnexpectedStatus

        raise UnexpectedStatus(status, response.content)
    return None


def _answer(
    response: httpx.Response, client: AuthenticatedClient | Client
) -> Response[ErrorEnvelope | SessionStart | None]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse_response(response, client=client),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: SessionStartRequest,
    helmr_sdk_version: str | Unset = UNSET,
    helmr_cli_version: str | Unset = UNSET,
    helmr_client_version: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | SessionStart | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        client.get_httpx_client().request(
            **as_sent(
                get_kwargs(
                    body=body,
                    helmr_sdk_version=helmr_sdk_version,
                    helmr_cli_version=helmr_cli_version,
                    helmr_client_version=helmr_client_version,
                    helmr_api_version=helmr_api_version,
                )
            )
        ),
        client,
    )


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: SessionStartRequest,
    helmr_sdk_version: str | Unset = UNSET,
    helmr_cli_version: str | Unset = UNSET,
    helmr_client_version: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | SessionStart | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return sync_detailed(
        body=body,
        helmr_sdk_version=helmr_sdk_version,
        helmr_cli_version=helmr_cli_version,
        helmr_client_version=helmr_client_version,
        helmr_api_version=helmr_api_version,
        client=client,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: SessionStartRequest,
    helmr_sdk_version: str | Unset = UNSET,
    helmr_cli_version: str | Unset = UNSET,
    helmr_client_version: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | SessionStart | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        await client.get_async_httpx_client().request(
            **as_sent(
                get_kwargs(
                    body=body,
                    helmr_sdk_version=helmr_sdk_version,
                    helmr_cli_version=helmr_cli_version,
                    helmr_client_version=helmr_client_version,
                    helmr_api_version=helmr_api_version,
                )
            )
        ),
        client,
    )


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: SessionStartRequest,
    helmr_sdk_version: str | Unset = UNSET,
    helmr_cli_version: str | Unset = UNSET,
    helmr_client_version: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | SessionStart | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return (
        await asyncio_detailed(
            body=body,
            helmr_sdk_version=helmr_sdk_version,
            helmr_cli_version=helmr_cli_version,
            helmr_client_version=helmr_client_version,
            helmr_api_version=helmr_api_version,
            client=client,
        )
    ).parsed
