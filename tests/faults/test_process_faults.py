"""Connection faults with execs and PTYs: no byte is lost or repeated, and no process is left.

`HELMR_FAULT_ROUNDS` is the number of rounds. A round uses commands and a terminal in one workspace through a
faulty proxy. A failed round reports its number, which is its seed.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from helmr_api.models import Exec, Pty
from helmr_ergonomic import AsyncHelmrClient, HelmrClient
from helmr_local import LocalHelmr, LocalSettings

from .proxy import BUDGET, Loop, Proxy, script, until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="execs and PTYs run on Linux and macOS")

ROUNDS = int(os.environ.get("HELMR_FAULT_ROUNDS", "12"))
HARM = 0.4
OPTIONS: dict[str, Any] = {
    "max_retries": 12,
    "retry_budget": BUDGET,
    "timeout": httpx.Timeout(60.0, read=2.5),  # only stalled responses take longer
}
PATIENCE = 300.0
AT_ONCE = 8
"""Concurrent rounds. A round mostly waits for responses that the proxy stalls."""
NO_CERTIFICATES: dict[str, Any] = {"verify": False}  # plain http; a certificate store takes long to load


@pytest.fixture(scope="module")
def helmr() -> Generator[LocalHelmr]:
    with LocalHelmr(settings=LocalSettings(sse_keep_alive=0.5)) as local:
        yield local


@pytest.fixture(scope="module")
def loop() -> Generator[Loop]:
    with Loop() as made:
        yield made


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten pauses by a factor of 100 and silence timeouts by 10, so that many rounds end quickly."""
    for kind in ("sync", "async"):
        monkeypatch.setattr(f"helmr_ergonomic._{kind}.transport.retry_delay", lambda attempt, asked: 0.005)
        monkeypatch.setattr(f"helmr_ergonomic._{kind}.byte_streams.MAX_SILENCE", 2.5)
    monkeypatch.setattr("helmr_ergonomic.waiting.Pause.next", lambda self: 0.005)


class Plan:
    """The actions of a round, derived from its seed."""

    def __init__(self, seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311  repeatable, guards nothing
        sizes = [min(1 + int(dice.expovariate(1 / 4000)), 60_000) for _ in range(dice.randint(1, 4))]
        self.pieces = [dice.randbytes(size) for size in sizes]
        self.given = dice.randbytes(dice.randint(0, 30_000))
        self.code = dice.randint(0, 120)
        self.numbers = [dice.randint(10_000, 99_999) for _ in range(3)]

    @property
    def echoed(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def command(self) -> list[str]:
        return ["sh", "-c", f"cat; printf 'err\\303\\274' >&2; exit {self.code}"]

    def lines(self) -> Iterator[str]:
        for number in self.numbers:
            yield f"echo got$(({number} + 1))end\r"
        yield "exit\r"


def check_round(helmr: LocalHelmr, workspace: str, plan: Plan, found: dict[str, Any]) -> None:
    """Compare the results of a round with the server's state, read without a proxy."""
    assert found["followed"] == plan.echoed
    assert found["exit_code"] == 0
    assert (found["result"].exit_code, found["result"].stdout_bytes) == (plan.code, plan.given)
    assert found["result"].stderr == "errü"
    with helmr.client() as direct:
        execs: list[Exec] = direct.workspaces.execs.list(workspace).all()
        ptys: list[Pty] = direct.workspaces.ptys.list(workspace).all()
        assert len(execs) == 2, "one exec per command"
        assert len(ptys) == 1, "one PTY"
        assert execs[1].stdin_cursor == len(plan.echoed), "no input is stored twice"
        assert execs[1].env_shape == {"ROUND": "1"}
        whole = b"".join(chunk.data for chunk in [direct.workspaces.ptys.open(workspace, ptys[0]).read()])
        assert found["terminal"] == whole
        for number in plan.numbers:
            assert whole.count(b"got%dend" % (number + 1)) == 1, "each line is typed once"
        assert (ptys[0].cols, ptys[0].rows) == (101, 31)
        direct.workspaces.stop(workspace)
    ids = [one.process_id or "" for one in execs] + [one.process_id or "" for one in ptys]
    assert all(ids)
    assert running("-p", ",".join(ids)) == [], "no process is left"


def running(*which: str) -> list[str]:
    """Return the parent id and command line of each running process; zombies are excluded."""
    listing = ["ps", "-ww", "-o", "stat=", "-o", "ppid=", "-o", "args=", *which]
    found = subprocess.run(listing, capture_output=True, text=True, check=False).stdout
    lines = [line.split(maxsplit=1) for line in found.splitlines()]
    return [rest for state, rest in lines if not state.startswith("Z")]


def sync_round(seed: int, helmr: LocalHelmr, loop: Loop) -> None:
    plan = Plan(seed)
    with (
        Proxy(loop, helmr.url, script(seed, HARM)) as proxy,
        httpx.Client(**NO_CERTIFICATES) as http,
        ThreadPoolExecutor(max_workers=1) as pool,
    ):
        with helmr.client() as direct:
            workspace = direct.workspaces.create("default").id
        client = HelmrClient(proxy.url, helmr.api_key, http_client=http, **OPTIONS)
        with client.workspaces.open(workspace).connect() as live:
            proc = live.exec(["cat"], stdin=True, env={"ROUND": "1"})
            following = pool.submit(lambda: b"".join(chunk.data for chunk in proc.stdout.follow()))
            for piece in plan.pieces:
                proc.stdin.write(piece)
            proc.stdin.close()
            found: dict[str, Any] = {
                "exit_code": proc.wait(PATIENCE).exit_code,
                "followed": following.result(timeout=PATIENCE),
                "result": live.run(plan.command, input=plan.given, timeout=PATIENCE),
            }
            with live.pty(cols=101, rows=31) as pty:
                for line in plan.lines():
                    pty.write(line)
                found["terminal"] = b"".join(chunk.data for chunk in pty.follow())
        assert until(lambda: proxy.open_connections == 0), "every connection is closed"
    check_round(helmr, workspace, plan, found)


async def async_round(seed: int, helmr: LocalHelmr, loop: Loop) -> None:
    plan = Plan(seed)
    with Proxy(loop, helmr.url, script(seed, HARM)) as proxy:
        async with helmr.async_client() as direct:
            workspace = (await direct.workspaces.create("default")).id
        async with httpx.AsyncClient(**NO_CERTIFICATES) as http:
            client = AsyncHelmrClient(proxy.url, helmr.api_key, http_client=http, **OPTIONS)
            async with client.workspaces.open(workspace).connect() as live:
                proc = await live.exec(["cat"], stdin=True, env={"ROUND": "1"})

                async def follow() -> bytes:
                    return b"".join([chunk.data async for chunk in proc.stdout.follow()])

                following = asyncio.create_task(follow())
                for piece in plan.pieces:
                    await proc.stdin.write(piece)
                await proc.stdin.close()
                found: dict[str, Any] = {
                    "exit_code": (await proc.wait(PATIENCE)).exit_code,
                    "followed": await following,
                    "result": await live.run(plan.command, input=plan.given, timeout=PATIENCE),
                }
                async with live.pty(cols=101, rows=31) as pty:
                    for line in plan.lines():
                        await pty.write(line)
                    found["terminal"] = b"".join([chunk.data async for chunk in pty.follow()])
            assert len(asyncio.all_tasks()) == 1, "no task is left"
            assert await asyncio.to_thread(until, lambda: proxy.open_connections == 0)
    await asyncio.to_thread(check_round, helmr, workspace, plan, found)


@pytest.mark.timeout(7200)
def test_rounds_of_faults_over_execs_and_terminals(helmr: LocalHelmr, loop: Loop) -> None:
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

    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        failed = [failure for failure in pool.map(one, range(ROUNDS)) if failure is not None]
    assert not failed, "\n".join(failed)
    ours = [line for line in running("-A") if line.startswith(f"{os.getpid()} ")]
    assert [line for line in ours if "supervisor.py" in line] == [], "no supervisor is left"
