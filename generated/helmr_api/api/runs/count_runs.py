# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Count runs by status.

Counts all runs of the environment. Needs the permission `runs.read`.

Args:
    helmr_api_version: The contract version that the caller speaks. The default, also if blank, is the
        current one; any other gets a 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import models
from ...reading import read_json
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.run_counts import RunCounts


def request(*, helmr_api_version: str | None = None) -> Request[RunCounts]:
    """Create the request, and describe how to read its response."""
    if not (helmr_api_version is None or type(helmr_api_version) is str):
        from ...type_checks import check_arguments

        check_arguments(request, helmr_api_version=helmr_api_version)
    return Request(
        "GET",
        "/api/runs/counts",
        _read,
        operation="countRuns",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> RunCounts:
    return read_json(models.RunCounts, response.content)


def sync(*, client: Sender, helmr_api_version: str | None = None) -> RunCounts:
    """Send the request with `client` and return its result."""
    return client.send(request(helmr_api_version=helmr_api_version))


async def asyncio(*, client: AsyncSender, helmr_api_version: str | None = None) -> RunCounts:
    """Send the request with `client` and return its result."""
    return await client.send(request(helmr_api_version=helmr_api_version))
