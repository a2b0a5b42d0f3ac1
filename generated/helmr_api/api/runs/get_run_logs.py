# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Get or follow the logs of a run

Answers a snapshot as JSON, or, when `follow` is exactly `1` or the `Accept` header contains
`text/event-stream`, a stream of server-sent events. Needs the permission `runs.read`.

**Snapshot.** The last 1048576 bytes of each of stdout and stderr, over all attempts, and the cursor
with which following goes on without a gap. The parameter `cursor` is not looked at.

**Stream.** All chunks after the cursor, then new ones as they come; a comment `: keep-alive` about
every second. The cursor is `Last-Event-ID` when that header is not blank, else `cursor`, else 0; it
is checked after the run is found. Log ids number the chunks of both streams of the run together and
have nothing to do with event ids. The stream ends when the run has ended and everything is sent (a
cancelled run counts as ended even while its worker stops), after 30 minutes, or on a failure.

Args:
    run_id: The run's id. Other spellings of a UUID are accepted too.
    cursor: When following, only chunks with a greater id: a decimal integer from 0, such as the snapshot's
        `cursor`; blank is 0. Not looked at, and not checked, in a snapshot.
    follow: Exactly `1` to follow as server-sent events. Any other value is the same as leaving it out.
    helmr_api_version: The contract version that the caller speaks. Left out or blank is the current one; any other is a
        400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...types import (
    UNSET,
    Response,
    Unset,
    decode_json,
    encode_path_part,
)

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client
    from ...models.error_envelope import ErrorEnvelope
    from ...models.run_logs import RunLogs


def get_kwargs(
    run_id: str,
    *,
    cursor: str | Unset = UNSET,
    follow: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> dict[str, Any]:
    """The request, as arguments of `httpx.Client.request`."""

    kwargs: dict[str, Any] = {
        "method": "GET",
        "url": "/api/runs/{run_id}/logs".format(
            run_id=encode_path_part(run_id),
        ),
    }
    params: dict[str, Any] = {}
    if not isinstance(cursor, Unset) and cursor is not None:
        params["cursor"] = cursor
    if not isinstance(follow, Unset) and follow is not None:
        params["follow"] = follow
    kwargs["params"] = params
    headers: dict[str, str] = {}
    if not isinstance(helmr_api_version, Unset) and helmr_api_version is not None:
        headers["Helmr-API-Version"] = helmr_api_version
    kwargs["headers"] = headers
    return kwargs


def parse_response(
    response: httpx.Response, *, client: AuthenticatedClient | Client | None = None
) -> ErrorEnvelope | RunLogs | None:
    """What the answer's status documents; None for an event stream, whose events are read one by one.

    Raises:
        errors.UnexpectedStatus: the status is undocumented, and `client.raise_on_unexpected_status` is set. Without
            that, None is returned.
    """
    status = response.status_code
    if response.headers.get("content-type", "").partition(";")[0].strip().lower() == "text/event-stream":
        return None
    if status == 200:
        from ...models.run_logs import RunLogs

        return RunLogs.from_dict(decode_json(response.content))
    if status in (400, 401, 403, 404, 500, 503):
        from ...models.error_envelope import ErrorEnvelope

        return ErrorEnvelope.from_dict(decode_json(response.content))
    if client is not None and client.raise_on_unexpected_status:
        from ...errors import UnexpectedStatus

        raise UnexpectedStatus(status, response.content)
    return None


def _answer(
    response: httpx.Response, client: AuthenticatedClient | Client
) -> Response[ErrorEnvelope | RunLogs | None]:
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
    cursor: str | Unset = UNSET,
    follow: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | RunLogs | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        client.get_httpx_client().request(
            **get_kwargs(
                run_id=run_id,
                cursor=cursor,
                follow=follow,
                helmr_api_version=helmr_api_version,
            )
        ),
        client,
    )


def sync(
    run_id: str,
    *,
    client: AuthenticatedClient | Client,
    cursor: str | Unset = UNSET,
    follow: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | RunLogs | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return sync_detailed(
        run_id=run_id, cursor=cursor, follow=follow, helmr_api_version=helmr_api_version, client=client
    ).parsed


async def asyncio_detailed(
    run_id: str,
    *,
    client: AuthenticatedClient | Client,
    cursor: str | Unset = UNSET,
    follow: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | RunLogs | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        await client.get_async_httpx_client().request(
            **get_kwargs(
                run_id=run_id,
                cursor=cursor,
                follow=follow,
                helmr_api_version=helmr_api_version,
            )
        ),
        client,
    )


async def asyncio(
    run_id: str,
    *,
    client: AuthenticatedClient | Client,
    cursor: str | Unset = UNSET,
    follow: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | RunLogs | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return (
        await asyncio_detailed(
            run_id=run_id, cursor=cursor, follow=follow, helmr_api_version=helmr_api_version, client=client
        )
    ).parsed
