# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Whether the server is ready

200 when the database answers and its schema is at least the server's own version; 503 otherwise. No
version header, no credential.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...types import (
    Response,
    decode_json,
)

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client
    from ...models.readiness import Readiness


def get_kwargs() -> dict[str, Any]:
    """The request, as arguments of `httpx.Client.request`."""

    kwargs: dict[str, Any] = {
        "method": "GET",
        "url": "/readyz",
    }
    return kwargs


def parse_response(
    response: httpx.Response, *, client: AuthenticatedClient | Client | None = None
) -> Readiness | None:
    """What the answer's status documents.

    Raises:
        errors.UnexpectedStatus: the status is undocumented, and `client.raise_on_unexpected_status` is set. Without
            that, None is returned.
    """
    status = response.status_code
    if status in (200, 503):
        from ...models.readiness import Readiness

        return Readiness.from_dict(decode_json(response.content))
    if client is not None and client.raise_on_unexpected_status:
        from ...errors import UnexpectedStatus

        raise UnexpectedStatus(status, response.content)
    return None


def _answer(response: httpx.Response, client: AuthenticatedClient | Client) -> Response[Readiness | None]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse_response(response, client=client),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
) -> Response[Readiness | None]:
    """Send the request, and give the whole answer."""
    return _answer(client.get_httpx_client().request(**get_kwargs()), client)


def sync(
    *,
    client: AuthenticatedClient | Client,
) -> Readiness | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return sync_detailed(client=client).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
) -> Response[Readiness | None]:
    """Send the request, and give the whole answer."""
    return _answer(await client.get_async_httpx_client().request(**get_kwargs()), client)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
) -> Readiness | None:
    """Send the request, and give what `parse_response` makes of the answer."""
    return (await asyncio_detailed(client=client)).parsed
