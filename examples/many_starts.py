"""Start many sessions concurrently with one async client, with at most sixteen requests at a time.

    helmr-local run --tasks examples.tasks -- python -m examples.many_starts OWNER/REPO 1 2 3 4 5

Starting the same pull request again returns its session, so an interrupted program can simply be repeated.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable

from examples.review import Report, ReviewRequest, review_pull_request
from helmr import AsyncHelmrClient, AsyncSessionStart, HelmrError

AT_ONCE = 16


async def start_all(
    client: AsyncHelmrClient, requests: Iterable[ReviewRequest], at_once: int = AT_ONCE
) -> list[AsyncSessionStart[Report] | HelmrError]:
    """Return the result of each start, in request order. A failed start does not stop the others."""
    slots = asyncio.Semaphore(at_once)

    async def start(request: ReviewRequest) -> AsyncSessionStart[Report] | HelmrError:
        async with slots:
            try:
                return await client.sessions.start(
                    review_pull_request,
                    request,
                    external_id=f"github:{request.owner}/{request.repo}#{request.pr_number}",
                )
            except HelmrError as error:
                return error

    async with asyncio.TaskGroup() as group:
        starts = [group.create_task(start(request)) for request in requests]
    return [start.result() for start in starts]


async def main(repository: str, numbers: Iterable[str]) -> int:
    owner, repo = repository.split("/")
    requests = [ReviewRequest(owner, repo, int(number)) for number in numbers]
    async with AsyncHelmrClient() as client:
        outcomes = await start_all(client, requests)

    failed = 0
    for request, outcome in zip(requests, outcomes, strict=True):
        if isinstance(outcome, HelmrError):
            failed += 1
            print(f"#{request.pr_number}: {outcome}", file=sys.stderr)
        else:
            print(f"#{request.pr_number}: {outcome.session.id} ({outcome.session.activity})")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: python -m examples.many_starts OWNER/REPO NUMBER...")
    try:
        sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2:])))
    except HelmrError as error:
        sys.exit(f"many_starts: {error}")
