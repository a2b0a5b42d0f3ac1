"""Scripted connection faults of every kind: nothing is done twice, lost or left open.

`HELMR_FAULT_ROUNDS` is the number of rounds. A round makes all calls for one session; a failed round reports
its number, which is its seed.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import httpx
import pytest

from helmr_ergonomic import (
    AiohttpClient,
    AsyncHelmrClient,
    HelmrClient,
    InputStream,
    OutputStream,
    RetryBackoff,
    RetryPolicy,
    task,
)
from helmr_local import LocalHelmr, LocalSettings, implement

from .proxy import ACTIONS, BUDGET, Loop, Proxy, Step, script, until

ROUNDS = int(os.environ.get("HELMR_FAULT_ROUNDS", "24"))
HARM = 0.4

busy = task("busy", payload=int, output=int)
response = InputStream("response", int)
steps = OutputStream("steps", int)

TEXT = "größer €𝄞 " * 5


@implement(busy, inputs=[response], outputs=[steps])
async def work(ctx: Any) -> int:
    """Write, fail once, wait for input, write again."""
    for number in range(5):
        await ctx.output(steps).append(number)
        ctx.stdout.write(TEXT.encode()[number * 7 : number * 7 + 7])
        ctx.log.info(number)
    if ctx.run.attempt_number == 1:
        raise RuntimeError("once")
    got = (await ctx.input(response).wait(timeout="1m")).unwrap()
    for number in range(5, 10):
        await ctx.output(steps).append(number)
        ctx.stderr.write(f"{number} ü\n")
    return int(ctx.payload + got)


still = task("still")


@implement(still, inputs=[response])
async def stand(ctx: Any) -> None:
    """Write a log line, then wait for a cancel."""
    ctx.log.info("here")
    await ctx.input(response).wait(timeout="10m")


@pytest.fixture(scope="module")
def helmr() -> Generator[LocalHelmr]:
    settings = LocalSettings(sse_keep_alive=0.5, log_tick=0.02, continuation_interval=0.1)
    with LocalHelmr(tasks=[work, stand], settings=settings) as local:
        yield local


@pytest.fixture(scope="module")
def loop() -> Generator[Loop]:
    with Loop() as made:
        yield made


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten pauses and silence timeouts by about a factor of 100, so that many rounds end quickly."""
    for kind in ("sync", "async"):
        monkeypatch.setattr(f"helmr_ergonomic._{kind}.transport.retry_delay", lambda attempt, asked: 0.005)
        monkeypatch.setattr(f"helmr_ergonomic._{kind}.run_logs.SILENCE", 0.3)
    monkeypatch.setattr("helmr_ergonomic.waiting.Pause.next", lambda self: 0.005)
    monkeypatch.setattr("helmr_ergonomic.waiting.MAX_SILENCE", 0.3)


OPTIONS: dict[str, Any] = {
    "max_retries": 12,
    "retry_budget": BUDGET,
    "timeout": httpx.Timeout(60.0, read=2.5),  # only stalled responses take longer
}


def check_round(seed: int, helmr: LocalHelmr, run_id: str, session_id: str, found: dict[str, Any]) -> None:
    """Compare the results of a round with the server's state, read without a proxy."""
    with helmr.client() as direct:
        tag = f"round-{seed}"
        sessions = [session for session in direct.sessions.list(limit=200) if tag in session.tags]
        assert [session.id for session in sessions] == [session_id], "one session per start"
        assert direct.sessions.open(session_id).runs().all()[0].id == run_id
        assert found["status"] == "succeeded"
        assert found["output"] == seed + 100
        events = direct.runs.events.list(run_id).all()
        assert found["events"] == [event.sequence for event in events] == list(range(1, len(events) + 1))
        assert [event.kind for event in events].count("run.failed") == 1
        records = direct.sessions.open(session_id).output(steps).list().all()
        assert [record.data for record in records] == [*range(5), *range(10)]
        assert found["records"] == [record.sequence for record in records]
        inputs = direct.sessions.open(session_id).input(response).list().all()
        assert [record.data for record in inputs] == [100], "one record per send"
        logs = direct.runs.logs.retrieve(run_id)
        assert b"".join(c for stream, c in found["logs"] if stream == "stdout") == logs.stdout_bytes
        assert b"".join(c for stream, c in found["logs"] if stream == "stderr") == logs.stderr_bytes
        assert "".join(found["text"]).count("ü") == logs.stderr.count("ü") + logs.stdout.count("ü")
        assert [token.tags for token in direct.tokens.list(page_size=500)].count([tag]) == 1


def sync_connections(seed: int) -> Any:
    """Return the caller's `httpx.Client` in every third round; otherwise the client uses its own."""
    if seed % 3:
        return nullcontext()
    return httpx.Client(verify=False)  # noqa: S501  plain http; a certificate store takes long to load


def async_connections(seed: int) -> Any:
    """Return an aiohttp client, the caller's `httpx.AsyncClient`, or none, in turn."""
    if seed % 3 == 1:
        return AiohttpClient()
    if seed % 3 == 2:
        return nullcontext()
    return httpx.AsyncClient(verify=False)  # noqa: S501  as above


def sync_round(seed: int, helmr: LocalHelmr, loop: Loop) -> None:
    with (
        Proxy(loop, helmr.url, script(seed, HARM)) as proxy,
        sync_connections(seed) as http,
        HelmrClient(proxy.url, helmr.api_key, http_client=http, **OPTIONS) as client,
        ThreadPoolExecutor(max_workers=4) as pool,
    ):
        started = client.sessions.start(
            busy, seed, tags=[f"round-{seed}"], retry=RetryPolicy(2, backoff=RetryBackoff(min_ms=1))
        )
        handle = client.sessions.open(started.session)
        events = pool.submit(lambda: [event.sequence for event in client.runs.events.follow(started.run)])
        logs = pool.submit(lambda: list(client.runs.logs.follow(started.run)))
        records = pool.submit(
            lambda: [record.sequence for record in handle.output(steps).follow(run=started.run)]
        )
        client.tokens.create(tags=[f"round-{seed}"])
        handle.input(response).send(100)
        ended = client.runs.wait(started.run, timeout=60)
        chunks = logs.result(timeout=60)
        found = {
            "status": ended.status,
            "output": ended.output,
            "events": events.result(timeout=60),
            "records": records.result(timeout=60),
            "logs": [(chunk.stream, chunk.content) for chunk in chunks],
            "text": [chunk.text for chunk in chunks],
        }
        assert until(lambda: proxy.open_connections == 0), "every connection is closed"
    check_round(seed, helmr, started.run.id, started.session.id, found)


async def async_round(seed: int, helmr: LocalHelmr, loop: Loop) -> None:
    with Proxy(loop, helmr.url, script(seed, HARM)) as proxy:
        async with (
            async_connections(seed) as http,
            AsyncHelmrClient(proxy.url, helmr.api_key, http_client=http, **OPTIONS) as client,
        ):
            started = await client.sessions.start(
                busy, seed, tags=[f"round-{seed}"], retry=RetryPolicy(2, backoff=RetryBackoff(min_ms=1))
            )
            handle = client.sessions.open(started.session)

            async def events() -> list[int]:
                return [event.sequence async for event in client.runs.events.follow(started.run)]

            async def logs() -> list[Any]:
                return [chunk async for chunk in client.runs.logs.follow(started.run)]

            async def records() -> list[int]:
                follow = handle.output(steps).follow(run=started.run)
                return [record.sequence async for record in follow]

            async def wait() -> Any:
                await client.tokens.create(tags=[f"round-{seed}"])
                await handle.input(response).send(100)
                return await client.runs.wait(started.run, timeout=60)

            seen, chunks, read, ended = await asyncio.gather(events(), logs(), records(), wait())
            found = {
                "status": ended.status,
                "output": ended.output,
                "events": seen,
                "records": read,
                "logs": [(chunk.stream, chunk.content) for chunk in chunks],
                "text": [chunk.text for chunk in chunks],
            }
            assert len(asyncio.all_tasks()) == 1, "no task is left"
            assert await asyncio.to_thread(until, lambda: proxy.open_connections == 0)
    await asyncio.to_thread(check_round, seed, helmr, started.run.id, started.session.id, found)


@pytest.mark.timeout(1800)
def test_rounds_of_faults(helmr: LocalHelmr, loop: Loop) -> None:
    """Even rounds use the sync client, odd rounds the async one; several run at once."""

    def one(seed: int) -> str | None:
        try:
            if seed % 2:
                asyncio.run(async_round(seed, helmr, loop))
            else:
                sync_round(seed, helmr, loop)
        except Exception as error:
            return f"round {seed}: {type(error).__name__}: {error}"
        return None

    with ThreadPoolExecutor(max_workers=8) as pool:  # a round mostly waits for stalled responses
        failed = [failure for failure in pool.map(one, range(ROUNDS)) if failure is not None]
    assert not failed, "\n".join(failed)


def test_the_scripts_contain_every_kind_of_fault() -> None:
    seen: set[str] = set()
    for seed in range(20):
        source = script(seed, HARM)
        seen.update(next(source).action for _ in range(30))
    assert seen == set(ACTIONS)


@pytest.mark.parametrize("action", [action for action in ACTIONS if action not in ("pass", "delay")])
def test_without_retries_each_fault_is_raised(helmr: LocalHelmr, loop: Loop, action: str) -> None:
    """Proves that the proxy causes faults: a client without retries raises."""
    from helmr_ergonomic.errors import HelmrError

    with helmr.client() as first:
        first.runs.counts()  # imports the HTTP client before the timeout below applies
    with (
        Proxy(loop, helmr.url, iter([Step(action, 20), Step("pass")])) as proxy,
        HelmrClient(proxy.url, helmr.api_key, timeout=1, max_retries=0) as client,
    ):
        with pytest.raises(HelmrError):
            client.runs.counts()
        assert client.runs.counts().live >= 0
        assert proxy.seen == [action, "pass"]


@pytest.mark.parametrize("named", [False, True], ids=["own key", "external id"])
@pytest.mark.parametrize("action", ["drop_answer", "reset_answer", "bad_gateway_after", "truncate", "stall"])
def test_a_start_whose_response_is_lost_creates_one_session(
    helmr: LocalHelmr, loop: Loop, action: str, named: bool
) -> None:
    tag = f"lost-{action}-{named}"
    with (
        Proxy(loop, helmr.url, iter([Step(action, 50), Step("pass")])) as proxy,
        HelmrClient(proxy.url, helmr.api_key, timeout=httpx.Timeout(60, read=0.5)) as client,
    ):
        started = client.sessions.start(busy, 1, tags=[tag], external_id=tag if named else None)
        assert started.is_cached
        assert proxy.seen == [action, "pass"]
    with helmr.client() as direct:
        found = [session for session in direct.sessions.list(limit=200) if tag in session.tags]
        assert [session.id for session in found] == [started.session.id]
        direct.sessions.cancel(started.session)


def test_leaving_a_follow_early_closes_its_connection(helmr: LocalHelmr, loop: Loop) -> None:
    always = script(0, 0.0)
    with Proxy(loop, helmr.url, always) as proxy, helmr.client() as direct:
        started = direct.sessions.start(still)
        with HelmrClient(proxy.url, helmr.api_key) as client:
            for follow in (client.runs.events.follow(started.run), client.runs.logs.follow(started.run)):
                for _ in follow:
                    assert proxy.open_connections == 1
                    break
                follow.close()
                assert until(lambda: proxy.open_connections == 0)

        async def leave() -> None:
            async with AsyncHelmrClient(proxy.url, helmr.api_key) as client:
                for follow in (client.runs.events.follow(started.run), client.runs.logs.follow(started.run)):
                    async for _ in follow:
                        assert proxy.open_connections == 1
                        break
                    await follow.aclose()
                    assert await asyncio.to_thread(until, lambda: proxy.open_connections == 0)

        asyncio.run(leave())
        direct.sessions.cancel(started.session)


def test_cancelling_an_awaited_call_closes_its_connection(helmr: LocalHelmr, loop: Loop) -> None:
    with Proxy(loop, helmr.url, script(0, 0.0)) as proxy, helmr.client() as direct:
        started = direct.sessions.start(still)

        async def cancel() -> None:
            async with AsyncHelmrClient(proxy.url, helmr.api_key) as client:

                async def follow() -> None:
                    async for _ in client.runs.events.follow(started.run):
                        pass

                def waits() -> bool:
                    return any("/events" in line or "/start-and-wait" in line for line in proxy.in_progress)

                for call in (
                    client.runs.wait(started.run),
                    client.sessions.start_and_wait(still, timeout_seconds=60),
                    follow(),
                ):
                    running = asyncio.ensure_future(call)
                    assert await asyncio.to_thread(until, waits)
                    running.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await running
                    assert await asyncio.to_thread(until, lambda: proxy.open_connections == 0)
                assert (await client.runs.counts()).live >= 1  # the client still works
                assert len(asyncio.all_tasks()) == 1

        asyncio.run(cancel())
        for session in direct.sessions.list(status="open", limit=200):
            direct.sessions.cancel(session)
