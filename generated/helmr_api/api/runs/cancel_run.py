# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Cancel a run

Cancels a run that has not ended. Its status is `cancelled` at once in every case.

| Run before | `force` | Operation | What happens |
|---|---|---|---|
| `queued`, `waiting`, or `running` but not started | any | `applied` | ended at once |
| `running`, executing | false | `applied` | the worker keeps its lease until it stops: event `run.cancel_requested` now, `run.cancelled` later |
| `running`, executing | true | `applied` | ended at once, the lease is taken away |
| `cancelled`, worker still stopping | false | `rejected` | nothing |
| `cancelled`, worker still stopping | true | `applied` | ended, the reason is replaced |
| ended | any | `rejected` | nothing |

So cancelling a run that has ended is a 200 whose operation is `rejected`. With an idempotency key
the same request is answered with the stored operation and the run as it is now. Open waits of the
run are cancelled; tokens, records and the session are not touched. Needs the permission
`runs.manage`. Order: `run_id`, body, key, run, permission.

Args:
    run_id: The run's id. Other spellings of a UUID are accepted too.
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
    encode_path_part,
)

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client
    from ...models.error_envelope import ErrorEnvelope
    from ...models.run_cancel_request import RunCancelRequest
    from ...models.run_cancel_result import RunCancelResult


def get_kwargs(
    run_id: str,
    *,
    body: RunCancelRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> dict[str, Any]:
    """The request, as arguments of `httpx.Client.request`."""

    kwargs: dict[str, Any] = {
        "method": "POST",
        "url": "/api/runs/{run_id}/cancel".format(
            run_id=encode_path_part(run_id),
        ),
    }
    headers: dict[str, str] = {}
    if not isinstance(helmr_api_version, Unset) and helmr_api_version is not None:
        headers["Helmr-API-Version"] = helmr_api_version
    kwargs["json"] = None if body is None else body.to_dict()
    headers["Content-Type"] = "application/json"
    kwargs["headers"] = headers
    return kwargs


def parse_response(
    response: httpx.Response, *, client: AuthenticatedClient | Client | None = None
) -> ErrorEnvelope | RunCancelResult | None:
    """What the answer's status documents.

    Raises:
        errors.UnexpectedStatus: the status is undocumented, and `client.raise_on_unexpected_status` is set. Without
            that, None is returned.
    """
    status = response.status_code
    if status == 200:
        from ...models.run_cancel_result import RunCancelResult

        return RunCancelResult.from_dict(decode_json(response.content))
    if status in (400, 401, 403, 404, 409, 413, 500, 503):
        from ...models.error_envelope import ErrorEnvelope

        return ErrorEnvelope.from_dict(decode_json(response.content))
    if client is not None and client.raise_on_unexpected_status:
        from ...errors import UnexpectedStatus

        raise UnexpectedStatus(status, response.content)
    return None


def _answer(
    response: httpx.Response, client: AuthenticatedClient | Client
) -> Response[ErrorEnvelope | RunCancelResult | None]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse_response(response, client=client),
    )


def sync_detailed(
    run_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: RunCancelRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | RunCancelResult | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        client.get_httpx_client().request(
            **as_sent(
                get_kwargs(
                    run_id=run_id,
                    body=body,
                    helmr_api_version=helmr_api_version,
                )
            )
        ),
        client,
    )


def sync(
    run_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: RunCancelRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | RunCancelResult | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return sync_detailed(run_id=run_id, body=body, helmr_api_version=helmr_api_version, client=client).parsed


async def asyncio_detailed(
    run_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: RunCancelRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | RunCancelResult | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        await client.get_async_httpx_client().request(
            **as_sent(
                get_kwargs(
                    run_id=run_id,
                    body=body,
                    helmr_api_version=helmr_api_version,
                )
            )
        ),
        client,
    )


async def asyncio(
    run_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: RunCancelRequest | None,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | RunCancelResult | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return (
        await asyncio_detailed(run_id=run_id, body=body, helmr_api_version=helmr_api_version, client=client)
    ).parsed
