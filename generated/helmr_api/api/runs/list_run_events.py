# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""List or follow the events of a run

Answers one page of JSON, or, when `follow` is exactly `1` or the `Accept` header contains
`text/event-stream`, a stream of server-sent events. Needs the permission `runs.read`.

**Cursor.** Event ids are decimal numbers 1, 2, 3, … without gaps; a cursor is the id of the last
event seen. The header `Last-Event-ID`, which browsers send by themselves when they reconnect, wins
over `cursor` in both modes when it is not blank. To look for newer events after the last page, use
the last event's `id`. Cursor and `limit` are checked before the run is looked up, in both modes.

**Stream.** First the stored events after the cursor, then live ones, strictly ascending. Every 25 s
without an event a comment `: keep-alive` is sent. Headers may come only with the first event or
comment. The stream ends, without a last frame, after `run.completed`, `run.failed`, `run.cancelled`
or `run.expired` and what was already read with it; after 30 minutes; or on a failure.

The end of the stream is not the end of the run: `run.failed` also ends an attempt that is retried;
`run.dead_lettered` does not end the stream; and a stream that starts at or after the final event
stays open. Read the run with `getRun`, and reconnect with the last id if it has not ended.

Args:
    run_id: The run's id. Other spellings of a UUID are accepted too.
    cursor: Only events with a greater id. Blank is 0.
    limit: How many events a page has at most. Checked but not used when following. Blank is the default.
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
    from ...models.run_event_page import RunEventPage


def get_kwargs(
    run_id: str,
    *,
    cursor: int | Unset = UNSET,
    limit: int | Unset = UNSET,
    follow: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> dict[str, Any]:
    """The request, as arguments of `httpx.Client.request`."""

    kwargs: dict[str, Any] = {
        "method": "GET",
        "url": "/api/runs/{run_id}/events".format(
            run_id=encode_path_part(run_id),
        ),
    }
    params: dict[str, Any] = {}
    if not isinstance(cursor, Unset) and cursor is not None:
        params["cursor"] = cursor
    if not isinstance(limit, Unset) and limit is not None:
        params["limit"] = limit
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
) -> ErrorEnvelope | RunEventPage | None:
    """What the answer's status documents; None for an event stream, whose events are read one by one.

    Raises:
        errors.UnexpectedStatus: the status is undocumented, and `client.raise_on_unexpected_status` is set. Without
            that, None is returned.
    """
    status = response.status_code
    if response.headers.get("content-type", "").partition(";")[0].strip().lower() == "text/event-stream":
        return None
    if status == 200:
        from ...models.run_event_page import RunEventPage

        return RunEventPage.from_dict(decode_json(response.content))
    if status in (400, 401, 403, 404, 500, 503):
        from ...models.error_envelope import ErrorEnvelope

        return ErrorEnvelope.from_dict(decode_json(response.content))
    if client is not None and client.raise_on_unexpected_status:
        from ...errors import UnexpectedStatus

        raise UnexpectedStatus(status, response.content)
    return None


def _answer(
    response: httpx.Response, client: AuthenticatedClient | Client
) -> Response[ErrorEnvelope | RunEventPage | None]:
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
    cursor: int | Unset = UNSET,
    limit: int | Unset = UNSET,
    follow: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | RunEventPage | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        client.get_httpx_client().request(
            **get_kwargs(
                run_id=run_id,
                cursor=cursor,
                limit=limit,
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
    cursor: int | Unset = UNSET,
    limit: int | Unset = UNSET,
    follow: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | RunEventPage | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return sync_detailed(
        run_id=run_id,
        cursor=cursor,
        limit=limit,
        follow=follow,
        helmr_api_version=helmr_api_version,
        client=client,
    ).parsed


async def asyncio_detailed(
    run_id: str,
    *,
    client: AuthenticatedClient | Client,
    cursor: int | Unset = UNSET,
    limit: int | Unset = UNSET,
    follow: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> Response[ErrorEnvelope | RunEventPage | None]:
    """Send the request, and give the whole answer."""
    return _answer(
        await client.get_async_httpx_client().request(
            **get_kwargs(
                run_id=run_id,
                cursor=cursor,
                limit=limit,
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
    cursor: int | Unset = UNSET,
    limit: int | Unset = UNSET,
    follow: str | Unset = UNSET,
    helmr_api_version: str | Unset = UNSET,
) -> ErrorEnvelope | RunEventPage | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return (
        await asyncio_detailed(
            run_id=run_id,
            cursor=cursor,
            limit=limit,
            follow=follow,
            helmr_api_version=helmr_api_version,
            client=client,
        )
    ).parsed
