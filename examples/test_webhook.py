"""Test an integration end to end against a local control plane: the webhook, its task and the result.

    pytest examples/test_webhook.py

The package `helmr[local]` provides the fixture `local_helmr`; the mark names the deployed tasks. Each test
has a separate control plane.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from examples.review import Report, approval, email, report, review_pull_request
from examples.webhook import app
from helmr import AsyncHelmrClient
from helmr_local import LocalHelmr

pytestmark = [pytest.mark.anyio, pytest.mark.helmr(tasks="examples.tasks")]

SECRET = "what GitHub and the webhook know"
OPENED: dict[str, Any] = {
    "action": "opened",
    "number": 42,
    "repository": {"name": "REPO", "owner": {"login": "OWNER"}},
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def github(
    local_helmr_env: LocalHelmr, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[httpx.AsyncClient]:
    """Return an HTTP client for the webhook, which uses the local control plane."""
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET", SECRET)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://webhook") as http,
    ):
        yield http


@pytest.fixture
async def helmr(async_helmr_client: AsyncHelmrClient) -> AsyncGenerator[AsyncHelmrClient]:
    """Return a client to inspect the effects of the webhook."""
    async with async_helmr_client as client:
        yield client


async def deliver(
    github: httpx.AsyncClient,
    event: Any,
    *,
    delivery: str = "1",
    kind: str = "pull_request",
    secret: str = SECRET,
) -> httpx.Response:
    body = json.dumps(event).encode()
    headers = {
        "X-GitHub-Event": kind,
        "X-GitHub-Delivery": delivery,
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }
    return await github.post("/github", content=body, headers=headers)


async def test_a_new_pull_request_is_reviewed(github: httpx.AsyncClient, helmr: AsyncHelmrClient) -> None:
    response = await deliver(github, OPENED)
    assert response.status_code == 202

    session = helmr.sessions.open(response.json()["session"])
    await session.input(approval).send({"approved": True})
    async for message in session.output(email).follow():
        await helmr.tokens.complete(message.data.token_id, {"approved": True, "actor": "you"})
        break
    (turn,) = await session.runs().all()
    ended = await helmr.runs.wait(turn.id, task=review_pull_request, timeout="10s")
    assert await ended.output_or_raise() == Report("OWNER/REPO#42: approved by you")
    first = await session.output(report).read()
    assert first is not None
    assert first.data.summary.startswith("OWNER/REPO#42: the change reads well")


async def test_a_repeated_delivery_starts_nothing_new(
    github: httpx.AsyncClient, helmr: AsyncHelmrClient
) -> None:
    first = await deliver(github, OPENED)
    again = await deliver(github, OPENED)
    assert again.json() == {"session": first.json()["session"], "is_cached": True}
    await helmr.sessions.open(first.json()["session"]).cancel()
    late = await deliver(github, OPENED)
    assert late.json() == again.json()
    assert len(await helmr.sessions.list().all()) == 1


async def test_a_pull_request_has_one_session(github: httpx.AsyncClient, helmr: AsyncHelmrClient) -> None:
    first = await deliver(github, OPENED, delivery="1")
    other = await deliver(github, OPENED, delivery="2")
    assert other.json() == {"session": first.json()["session"], "is_cached": True}
    assert len(await helmr.sessions.list().all()) == 1


async def test_a_body_without_a_valid_signature_starts_nothing(
    github: httpx.AsyncClient, helmr: AsyncHelmrClient
) -> None:
    assert (await deliver(github, OPENED, secret="a guess")).status_code == 401
    assert (await github.post("/github", json=OPENED)).status_code == 422  # without the headers
    assert await helmr.sessions.list().all() == []


async def test_other_events_are_ignored(github: httpx.AsyncClient, helmr: AsyncHelmrClient) -> None:
    assert (await deliver(github, {"zen": "Keep it logically awesome."}, kind="ping")).status_code == 204
    assert (await deliver(github, {**OPENED, "action": "closed"})).status_code == 204
    assert await helmr.sessions.list().all() == []


async def test_an_invalid_payload_is_rejected_with_its_path(github: httpx.AsyncClient) -> None:
    response = await deliver(github, {**OPENED, "number": "42"})
    assert response.status_code == 422
    assert response.json() == {"errors": ["payload.prNumber: expected int, got str"]}


async def test_github_is_asked_to_redeliver_without_a_control_plane(
    github: httpx.AsyncClient, local_helmr: LocalHelmr
) -> None:
    local_helmr.stop()
    response = await deliver(github, OPENED)
    assert response.status_code == 503
    assert response.json() == {"errors": ["no review was started: deliver this again"]}
