# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Cancel a run.

Cancels a run that has not ended. Its status is `cancelled` at once in every case.

| Run before | `force` | Operation | What happens |
|---|---|---|---|
| `queued`, `waiting`, or `running` but not started | any | `applied` | ended at once |
| `running`, executing | false | `applied` | the worker keeps its lease until it stops: event `run.cancel_requested` now, `run.cancelled` later |
| `running`, executing | true | `applied` | ended immediately, the lease is revoked |
| `cancelled`, worker still stopping | false | `rejected` | nothing |
| `cancelled`, worker still stopping | true | `applied` | ended, the reason is replaced |
| ended | any | `rejected` | nothing |

Cancelling a run that has ended therefore returns 200 with the operation `rejected`. With an idempotency key
the same request returns the stored operation and the current state of the run. Open waits of the run are
cancelled; tokens, records and the session are not touched. Needs the permission `runs.manage`. Order of
checks: `run_id`, body, key, run, permission.

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
from ...type_checks import check_arguments
from ...types import AsyncSender, Request, Response, Sender, given

if TYPE_CHECKING:
    from ...models.run_cancel_request import RunCancelRequest
    from ...models.run_cancel_result import RunCancelResult


def request(
    run_id: str, *, body: RunCancelRequest, helmr_api_version: str | None = None
) -> Request[RunCancelResult]:
    """Create the request, and describe how to read its response."""
    check_arguments(request, body=body, helmr_api_version=helmr_api_version)
    return Request(
        "POST",
        f"/api/runs/{encode_path_part(run_id)}/cancel",
        _read,
        operation="cancelRun",
        headers=given({"Helmr-API-Version": helmr_api_version}),
        json=body.to_dict(),
        identified_by=("idempotency_key",),
    )


def _read(response: Response) -> RunCancelResult:
    return read_json(models.RunCancelResult, response.content)


def sync(
    run_id: str, *, client: Sender, body: RunCancelRequest, helmr_api_version: str | None = None
) -> RunCancelResult:
    """Send the request with `client` and return its result."""
    return client.send(request(run_id, body=body, helmr_api_version=helmr_api_version))


async def asyncio(
    run_id: str, *, client: AsyncSender, body: RunCancelRequest, helmr_api_version: str | None = None
) -> RunCancelResult:
    """Send the request with `client` and return its result."""
    return await client.send(request(run_id, body=body, helmr_api_version=helmr_api_version))
