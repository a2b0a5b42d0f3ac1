"""A wait reads the end of its event stream, so that its connection can be used again."""

from __future__ import annotations

import asyncio

import pytest

from helmr_ergonomic import AsyncHelmrClient, HelmrClient, task
from helmr_local import AsyncTaskContext, LocalHelmr, implement
from helmr_local.http1.connection import Connection

WAITS = 5

held = task("held", payload=str, output=str)


@implement(held)
async def hold(ctx: AsyncTaskContext[str]) -> str:
    """Runs until the client has had time to follow its events."""
    await ctx.sleep("100ms")
    return ctx.payload


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """The connections that servers have accepted so far."""
    accepted = list[Connection]()
    make = Connection.connection_made

    def made(connection: Connection, transport: asyncio.BaseTransport) -> None:
        accepted.append(connection)
        make(connection, transport)

    monkeypatch.setattr(Connection, "connection_made", made)
    return accepted


def test_waits_take_turns_on_one_connection(connections: list[Connection]) -> None:
    with LocalHelmr(tasks=[hold]) as helmr, HelmrClient(helmr.url, helmr.api_key) as client:
        for _ in range(WAITS):
            assert client.runs.wait(client.sessions.start(held, "x").run).output == "x"
    assert len(connections) == 1


def test_async_waits_take_turns_on_one_connection(connections: list[Connection]) -> None:
    async def scenario() -> None:
        async with (
            LocalHelmr(tasks=[hold]) as helmr,
            AsyncHelmrClient(helmr.url, await asyncio.to_thread(lambda: helmr.api_key)) as client,
        ):
            for _ in range(WAITS):
                started = await client.sessions.start(held, "x")
                assert (await client.runs.wait(started.run)).output == "x"

    asyncio.run(scenario())
    assert len(connections) == 1
