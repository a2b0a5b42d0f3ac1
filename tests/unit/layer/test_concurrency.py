"""Concurrent work: order within a group, and stopping on failure, interrupt and cancellation."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from helmr_ergonomic import AsyncSend
from helmr_ergonomic._async.sessions import gather as gather_async
from helmr_ergonomic._sync.sessions import gather

from ...connection.peers import Peer, response
from .driver import KEY, Driver
from .responses import SESSION_ID


def gather_of(kind: str) -> Callable[..., None]:
    """Return the sync or async gather, which accepts a plain function."""

    def run(work: Callable[[Any], None], groups: Any, limit: int) -> None:
        async def work_later(item: Any) -> None:
            await asyncio.sleep(0)
            work(item)

        if kind == "sync":
            gather(work, groups, limit)
        else:
            asyncio.run(gather_async(work_later, groups, limit))

    return run


@pytest.fixture(params=["sync", "async"])
def gathered(request: pytest.FixtureRequest) -> Callable[..., None]:
    return gather_of(request.param)


def test_the_items_of_a_group_are_processed_in_order(gathered: Callable[..., None]) -> None:
    done: list[tuple[int, int]] = []
    groups = [[(number, item) for item in range(5)] for number in range(7)]
    gathered(done.append, groups, 3)
    assert sorted(done) == [pair for group in groups for pair in group]
    for number in range(7):
        assert [item for group, item in done if group == number] == [0, 1, 2, 3, 4]


def test_empty_groups_do_nothing(gathered: Callable[..., None]) -> None:
    gathered(lambda item: pytest.fail("called"), [], 3)
    gathered(lambda item: pytest.fail("called"), [[], []], 3)


def test_the_first_failure_is_raised_and_stops_the_others(gathered: Callable[..., None]) -> None:
    done: list[int] = []

    def work(item: int) -> None:
        if item == 3:
            raise KeyError(item)
        done.append(item)

    with pytest.raises(KeyError):
        gathered(work, [[0, 1, 2, 3, 4, 5]], 4)
    assert done == [0, 1, 2]
    done.clear()
    with pytest.raises(KeyError):
        gathered(work, [[item] for item in range(100)], 1)
    assert done == [0, 1, 2]


def test_a_system_exit_is_not_swallowed() -> None:
    def work(item: int) -> None:
        raise SystemExit(item)

    with pytest.raises(SystemExit):
        gather(work, [[1]], 1)


def test_concurrency_is_limited() -> None:
    at_work, most, lock = [0], [0], threading.Lock()
    together = threading.Barrier(3)

    def work(item: int) -> None:
        with lock:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        together.wait(timeout=10)
        with lock:
            at_work[0] -= 1

    gather(work, [[item] for item in range(9)], 3)
    assert most == [3]


INTERRUPTED = """
import os, signal, sys, threading
from helmr_ergonomic import HelmrClient, Send

client = HelmrClient(sys.argv[1], "hlmr_sk_x")
streams = [client.sessions.open(name).input("a") for name in sys.argv[2].split(",")]
batch = [Send(streams[number % len(streams)], number) for number in range(100)]
def interrupt():
    sys.stdin.readline()
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt, daemon=True).start()
try:
    client.sessions.send_batch(batch, concurrency=4)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals to a process work otherwise there")
@pytest.mark.parametrize("sessions", ["one", "s0,s1,s2,s3,s4,s5,s6,s7"])
def test_an_interrupt_stops_a_batch_and_the_process_exits(sessions: str) -> None:
    """The server holds its responses back, so a request sent after the interrupt would be recorded."""
    arrived, go_on = threading.Semaphore(0), threading.Event()

    def serve(request: bytes) -> bytes:
        arrived.release()
        go_on.wait(30)
        return response(503, b"{}")

    with Peer(serve) as peer:
        program = subprocess.Popen(
            [sys.executable, "-c", INTERRUPTED, peer.url, sessions],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        in_flight = min(4, len(sessions.split(",")))
        try:
            for _ in range(in_flight):
                assert arrived.acquire(timeout=30)
            output, errors = program.communicate("\n", timeout=30)
        finally:
            program.kill()
            go_on.set()
        assert (output, errors, program.returncode) == ("interrupted\n", "", 0)
        assert peer.seen.count(b" HTTP/1.1\r\n") == in_flight


def test_a_cancellation_stops_a_batch() -> None:
    arrived = threading.Event()
    go_on = threading.Event()

    def serve(request: bytes) -> bytes:
        arrived.set()
        go_on.wait(30)
        return b""

    async def send(drive: Driver, url: str) -> None:
        client = drive.live(url=url, api_key=KEY)
        batch = [AsyncSend(client.sessions.open(SESSION_ID).input("a"), number) for number in range(50)]
        sending = asyncio.create_task(client.sessions.send_batch(batch, concurrency=4))
        await asyncio.to_thread(arrived.wait, 30)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await client.aclose()

    with Peer(serve) as peer:
        asyncio.run(send(Driver("async"), peer.url))
        go_on.set()
    assert peer.seen.count(b" HTTP/1.1\r\n") == 1
