"""Event loops, threads and garbage collection: each connection belongs to the loop that opened it.

An unclosed socket is a ResourceWarning, which is an error in these tests.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import warnings
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any
from weakref import ref

import pytest

from helmr_api import AsyncClient
from helmr_api.api.runs import count_runs
from helmr_ergonomic import AsyncHelmrClient, HelmrClient, aio, facade, runs
from helmr_ergonomic.errors import ConfigurationError, UnexpectedResponseError

from .peers import AiohttpHelmrClient, Peer, response

KEY = "hlmr_sk_" + "k" * 43


each_kind = pytest.mark.parametrize("kind", [AsyncHelmrClient, AiohttpHelmrClient])


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    with Peer(response()) as peer:
        monkeypatch.setenv("HELMR_API_URL", peer.url)
        monkeypatch.setenv("HELMR_API_KEY", KEY)
        yield peer
        gc.collect()  # an unclosed socket would warn here


def is_closed(peer: Peer, connections: int) -> bool:
    """Wait for the client to close that many connections; return False if it does not."""
    served = peer.serving[:connections]
    for thread in served:
        thread.join(timeout=10)
    return not any(thread.is_alive() for thread in served)


@each_kind
def test_one_client_serves_successive_event_loops(plane: Peer, kind: type[AsyncHelmrClient]) -> None:
    client = kind()

    async def calls() -> None:
        assert (await client.runs.counts()).queued == 0
        assert (await client.runs.counts()).queued == 0

    for _ in range(3):
        asyncio.run(calls())
    assert len(plane.raw) == 3, "each loop keeps its own connection alive"
    assert is_closed(plane, 3)


def test_the_low_level_client_serves_successive_event_loops(plane: Peer) -> None:
    client = AsyncClient(plane.url, KEY)

    async def call() -> None:
        assert (await count_runs.asyncio(client=client)).queued == 0

    asyncio.run(call())
    asyncio.run(call())
    assert is_closed(plane, 2)


@each_kind
def test_one_client_serves_event_loops_in_several_threads(plane: Peer, kind: type[AsyncHelmrClient]) -> None:
    client = kind()
    failures: list[BaseException] = []
    together = threading.Barrier(4)

    async def calls() -> None:
        for _ in range(5):
            await client.runs.counts()

    def run() -> None:
        try:
            together.wait(timeout=10)
            asyncio.run(calls())
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert is_closed(plane, 4)


@each_kind
def test_closing_a_client_closes_the_connections_of_every_event_loop(
    plane: Peer, kind: type[AsyncHelmrClient]
) -> None:
    client = kind()
    called, closed = threading.Event(), threading.Event()

    async def call_and_wait() -> None:
        await client.runs.counts()
        called.set()
        await asyncio.to_thread(closed.wait, 10)
        with pytest.raises(ConfigurationError, match="this client is closed"):
            await client.runs.counts()

    thread = threading.Thread(target=asyncio.run, args=(call_and_wait(),))
    thread.start()
    assert called.wait(10)

    async def call_and_close() -> None:
        await client.runs.counts()
        await client.aclose()

    asyncio.run(call_and_close())
    assert is_closed(plane, 2), "the other loop, still running, has closed its own"
    closed.set()
    thread.join()


def test_an_abruptly_closed_loop_does_not_break_the_client(plane: Peer) -> None:
    client = AsyncHelmrClient()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(client.runs.counts())
    loop.close()
    del loop

    def use_another() -> None:
        asyncio.run(client.runs.counts())
        gc.collect()

    with pytest.warns(ResourceWarning):  # asyncio's own warning: its transport could not be closed in time
        use_another()


@pytest.mark.parametrize("leave", ["drop", "close"])
def test_an_unreferenced_client_leaves_no_connection_open(plane: Peer, leave: str) -> None:
    client = HelmrClient()
    client.runs.counts()
    seen = ref(client)
    if leave == "close":
        client.close()
    del client
    assert seen() is None
    assert is_closed(plane, 1)


@each_kind
def test_an_unreferenced_async_client_leaves_no_connection_open(
    plane: Peer, kind: type[AsyncHelmrClient]
) -> None:
    async def call_and_drop() -> None:
        client = kind()
        await client.runs.counts()
        del client
        await asyncio.to_thread(is_closed, plane, 1)
        assert is_closed(plane, 1), "it was closed while the event loop was running"

    asyncio.run(call_and_drop())


# --- garbage collection of cycles --------------------------------------------------------------------------

# A garbage collector finalizes the objects of a cycle in an order that depends on its earlier collections.


def in_a_cycle(client: object) -> list[object]:
    """Return a cycle with a client. A collection moves it behind all objects referenced from elsewhere."""
    cycle = [client]
    cycle.append(cycle)
    return cycle


def is_connected_to(peer: Peer, held: Any) -> bool:
    """True for a socket or transport that is connected to a peer."""
    try:
        address = (
            held.get_extra_info("peername") if isinstance(held, asyncio.Transport) else held.getpeername()
        )
    except OSError:
        return False
    return bool(address) and address[1] == peer.port


def sockets_to(peer: Peer) -> list[socket.socket | asyncio.Transport]:
    kinds = (socket.socket, asyncio.Transport)
    found = [held for held in gc.get_objects() if isinstance(held, kinds) and is_connected_to(peer, held)]
    assert found
    return found


def collect() -> list[str]:
    """Collect garbage and return the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gc.collect()
    return [str(warning.message) for warning in caught]


def test_a_client_in_a_cycle_is_closed_before_its_sockets_are_collected(plane: Peer) -> None:
    client = HelmrClient()
    client.runs.counts()
    cycle, sockets = in_a_cycle(client), sockets_to(plane)
    del client
    gc.collect()
    del cycle, sockets
    assert collect() == []
    assert is_closed(plane, 1)


@each_kind
def test_an_async_client_in_a_cycle_is_closed_before_its_sockets_are_collected(
    plane: Peer, kind: type[AsyncHelmrClient]
) -> None:
    async def call_and_drop() -> list[str]:
        client = kind()
        await client.runs.counts()
        cycle, transports = in_a_cycle(client), sockets_to(plane)
        del client
        gc.collect()
        del cycle, transports
        warned = collect()
        await asyncio.to_thread(is_closed, plane, 1)
        return warned

    assert asyncio.run(call_and_drop()) == []
    assert is_closed(plane, 1)


# --- the facades when the environment changes --------------------------------------------------------------


@pytest.fixture
def other_plane() -> Iterator[Peer]:
    with Peer(response()) as peer:
        yield peer


@pytest.fixture
def _closed_at_the_end() -> Iterator[None]:
    facade.close()
    yield
    facade.close()


@pytest.mark.usefixtures("_closed_at_the_end")
def test_a_pager_keeps_the_environment_it_was_created_in(
    plane: Peer, other_plane: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = runs.counts  # a method of the facade itself reads the environment when called
    counts()
    pager = runs.list()
    monkeypatch.setenv("HELMR_API_URL", other_plane.url)
    counts()
    with pytest.raises(UnexpectedResponseError):  # the peer responds to every request with counts
        pager.all()
    assert (len(plane.raw), len(other_plane.raw)) == (1, 1)
    assert plane.seen.count(b"GET /api/runs?") == 1
    del pager
    assert is_closed(plane, 1), "no object uses the connection"


def test_an_async_pager_keeps_the_environment_it_was_created_in(
    plane: Peer, other_plane: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def calls() -> AsyncGenerator[None, None]:
        counts = aio.runs.counts
        await counts()
        pager = aio.runs.list()
        monkeypatch.setenv("HELMR_API_URL", other_plane.url)
        await counts()
        with pytest.raises(UnexpectedResponseError):
            await pager.all()
        yield
        del pager
        await asyncio.to_thread(is_closed, plane, 1)
        yield

    async def run() -> None:
        steps = calls()
        await anext(steps)
        assert (len(plane.raw), len(other_plane.raw)) == (1, 1)
        await anext(steps)
        assert is_closed(plane, 1)
        await steps.aclose()

    asyncio.run(run())
    assert is_closed(other_plane, 1), "the end of the event loop closes it"


def test_many_environment_changes_leave_no_connection_open(
    plane: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def turn(call: Callable[[], Any]) -> None:
        for number in range(20):
            monkeypatch.setenv("HELMR_API_KEY", f"hlmr_sk_{number}")
            call()

    turn(lambda: runs.counts())
    facade.close()

    async def counts() -> None:
        for number in range(20):
            monkeypatch.setenv("HELMR_API_KEY", f"hlmr_sk_{number}")
            await aio.runs.counts()

    asyncio.run(counts())
    assert is_closed(plane, 40)
