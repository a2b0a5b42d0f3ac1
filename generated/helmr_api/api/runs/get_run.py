# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Get a run.

Returns the current state of the run. Its status is authoritative. Needs the permission `runs.read`; a run
of another environment is a 404.

Args:
    run_id: The run's id. Other spellings of a UUID are accepted too.
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
    from ...models.run import Run


def request(run_id: str, *, helmr_api_version: str | None = None) -> Request[Run]:
    """Create the request, and describe how to read its response."""
    if not (helmr_api_version is None or type(helmr_api_version) is str):
        from ...type_checks import check_arguments

        check_arguments(request, helmr_api_version=helmr_api_version)
    return Request(
        "GET",
        f"/api/runs/{encode_path_part(run_id)}",
        _read,
        operation="getRun",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        safe_to_repeat=True,
    )


def _read(response: Response) -> Run:
    return read_json(models.Run, response.content)


def sync(run_id: str, *, client: Sender, helmr_api_version: str | None = None) -> Run:
    """Send the request with `client` and return its result."""
    return client.send(request(run_id, helmr_api_version=helmr_api_version))


async def asyncio(run_id: str, *, client: AsyncSender, helmr_api_version: str | None = None) -> Run:
    """Send the request with `client` and return its result."""
    return await client.send(request(run_id, helmr_api_version=helmr_api_version))
