"""Requests over our own connections, httpx's pool, aiohttp and the caller's client.

Requests, responses, errors and logs are the same for all of them.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Generator
from typing import Any

import httpx
import pytest

from helmr_api.types import Request
from helmr_ergonomic import AiohttpClient, AsyncHelmrClient, errors
from helmr_ergonomic._async import connections as async_connections
from helmr_ergonomic._sync import connections as sync_connections

from .driver import Driver
from .peers import Connection, Peer, to_each_request

COUNTS = dict.fromkeys(("queued", "running", "waiting", "succeeded", "failed", "cancelled", "expired"), 0)
pytestmark = pytest.mark.sends_invalid_requests("ids that no server gives, and a request that none knows")

KEY = "hlmr_sk_" + "k" * 43
CALLBACK = f"/api/v1/tokens/{'0' * 8}-0000-7000-8000-{'0' * 12}/callback/hlmr_callback_{'s' * 43}"
PATHS = (
    "sync",
    "sync by the pool of httpx",
    "sync by a client of the caller's",
    "async",
    "async by the pool of httpx",
    "async by a client of the caller's",
    "async by aiohttp",
    "async by aiohttp with hooks",
)


class Way:
    """A client over one of these connections."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.drive = Driver(kind.partition(" ")[0])

    def client(self, url: str, **options: Any) -> Any:
        if "caller" in self.kind:
            options["http_client"] = self.drive.http(verify=False, trust_env=False)
        elif "aiohttp" in self.kind:
            http = options["http_client"] = self.drive.keep(AiohttpClient())
            if "hooks" in self.kind:

                async def hook(request: httpx.Request) -> None:
                    """Notes nothing."""

                http.event_hooks = {"request": [hook]}
        return self.drive.live(**{"url": url, "api_key": KEY, "max_retries": 0, **options})


@pytest.fixture(params=PATHS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Generator[Way]:
    if "pool of httpx" in request.param:
        for module in (sync_connections, async_connections):
            monkeypatch.setattr(module, "is_replaceable", lambda pool: False)
    made = Way(request.param)
    yield made
    made.drive.close()


def counts(connection: Connection) -> None:
    connection.respond(COUNTS)


def test_requests_are_the_same(way: Way) -> None:
    """Ignores the order of the headers and headers that httpx adds."""
    heads: list[bytes] = []

    def serve(connection: Connection) -> None:
        while connection.request():
            heads.append(connection.head)
            connection.respond(COUNTS)

    with Peer(serve) as peer:
        way.drive(way.client(peer.url).runs.counts())
    lines = heads[0].decode().split("\r\n")
    assert lines[0] == "GET /api/runs/counts HTTP/1.1"
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    assert len(headers) == len(lines) - 1, "each header once"
    assert set(headers) == {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "user-agent",
        "authorization",
        "helmr-api-version",
        "helmr-sdk-version",
    }
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["host"] == peer.url.removeprefix("http://")
    assert headers["accept-encoding"] == "gzip"


def test_a_path_is_sent_as_it_was_encoded(way: Way) -> None:
    with Peer(to_each_request(lambda connection: connection.respond({"error": "none"}, b"404 X"))) as peer:
        client = way.client(f"{peer.url}/base%20path")
        for id_ in ("a", "a/b", "a b", "..", ".", "ü", "%2e", "a?b#c", "~x"):
            with pytest.raises(errors.NotFoundError):
                way.drive(client.runs.retrieve(id_))
    ids = ["a", "a%2Fb", "a%20b", "%2E%2E", "%2E", "%C3%BC", "%252e", "a%3Fb%23c", "~x"]
    assert peer.paths == [f"/base%20path/api/runs/{id_}" for id_ in ids]


def test_a_body_is_sent_whole(way: Way) -> None:
    bodies: list[bytes] = []

    def serve(connection: Connection) -> None:
        while connection.request():
            bodies.append(connection.body)
            connection.respond({"error": "none"}, b"404 X")

    with Peer(serve) as peer:
        client = way.client(peer.url)
        for size in (0, 1, 100_000, 3_000_000):
            with pytest.raises(errors.NotFoundError):
                way.drive(client.sessions.start("t", "x" * size))
    assert [len(body) - len(bodies[0]) for body in bodies] == [0, 1, 100_000, 3_000_000]


def test_a_raw_response_has_httpx_attributes(way: Way) -> None:
    with Peer(to_each_request(counts)) as peer:
        raw = way.client(peer.url).with_raw_response
        way.drive(raw.runs.counts())
        response = raw.response
    assert response.request.method == "GET"
    assert str(response.url) == f"{peer.url}/api/runs/counts"
    assert 0 < response.elapsed.total_seconds() < 60
    assert response.http_version == "HTTP/1.1"
    assert response.reason_phrase == "OK"
    assert response.json() == COUNTS
    assert response.history == []
    assert response.is_closed


def test_httpx_logs_each_response(way: Way, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="httpx")
    with Peer(to_each_request(counts)) as peer:
        way.drive(way.client(peer.url).runs.counts())
    assert [record.getMessage() for record in caplog.records if record.name == "httpx"] == [
        f'HTTP Request: GET {peer.url}/api/runs/counts "HTTP/1.1 200 OK"'
    ]


def test_a_callback_url_is_in_no_log(way: Way, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Peer(to_each_request(lambda connection: connection.respond({}, b"404 X"))) as peer:
        client = way.client(peer.url)
        with pytest.raises(errors.HelmrError) as caught:
            way.drive(client.tokens.complete(callback_url=f"{peer.url}{CALLBACK}", data={}))
    assert peer.paths, "it was sent"
    logged = " ".join(record.getMessage() for record in caplog.records if record.name in ("httpx", "helmr"))
    assert "sssss" not in logged + str(caught.value)


def test_a_connection_error_has_its_request(way: Way) -> None:
    with (
        Peer(to_each_request(refused)) as peer,
        pytest.raises(errors.HelmrConnectionError) as caught,
    ):
        way.drive(way.client(peer.url).runs.counts())
    assert caught.value.request is not None
    assert caught.value.request.url.path == "/api/runs/counts"


def test_cookies_are_not_stored(way: Way) -> None:
    heads: list[bytes] = []

    def serve(connection: Connection) -> None:
        while connection.request():
            heads.append(connection.head)
            connection.respond(COUNTS, b"200 OK\r\nSet-Cookie: a=b; Path=/")

    if "caller" in way.kind:
        pytest.skip("cookies of a client of the caller's are the caller's")
    with Peer(serve) as peer:
        client = way.client(peer.url)
        for _ in range(2):
            way.drive(client.runs.counts())
    assert len(heads) == 2
    assert not [head for head in heads if b"cookie" in head.lower()]


def test_redirects_are_not_followed(way: Way) -> None:
    def serve(connection: Connection) -> None:
        connection.respond({}, b"302 Found\r\nLocation: /elsewhere")

    with Peer(to_each_request(serve)) as peer, pytest.raises(errors.HelmrStatusError, match="redirect"):
        way.drive(way.client(peer.url).runs.counts())
    assert peer.paths == ["/api/runs/counts"]


def refused(connection: Connection) -> None:
    connection.close()


def broken_in_the_head(connection: Connection) -> None:
    connection.send(b"HTTP/1.1 201 Cre")
    connection.close()


def broken_in_the_body(connection: Connection) -> None:
    connection.send(b'HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"a":')
    connection.close()


def broken_in_a_chunk(connection: Connection) -> None:
    connection.send(b'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n')
    connection.close()


def nonsense(connection: Connection) -> None:
    connection.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    connection.close()


AFTER_SENDING = [refused, broken_in_the_head, broken_in_the_body, broken_in_a_chunk, nonsense]


@pytest.mark.parametrize("fault", AFTER_SENDING, ids=lambda fault: fault.__name__)
def test_a_request_that_may_have_been_processed_is_repeated_only_if_safe(
    way: Way, fault: Callable[[Connection], None]
) -> None:
    """After a connection breaks with the request already sent, only a safe one is repeated."""
    with Peer(to_each_request(fault)) as peer:
        client = way.client(peer.url, max_retries=1)
        with pytest.raises(errors.HelmrConnectionError):
            way.drive(client.sessions.open("s").input("i").send(1))
        assert len(peer.paths) == 2, "it carries a key of its own"
        del peer.paths[:]
        with pytest.raises(errors.HelmrConnectionError):
            way.drive(client._transport.send(unsafe()))
        assert len(peer.paths) == 1


@pytest.mark.parametrize("fault", AFTER_SENDING, ids=lambda fault: fault.__name__)
def test_a_broken_keep_alive_connection_is_not_a_connect_failure(
    way: Way, fault: Callable[[Connection], None]
) -> None:
    """The server may have closed the connection before or after it received the request."""

    def serve(connection: Connection) -> None:
        if connection.request():
            connection.respond(COUNTS)
        if connection.request():
            fault(connection)

    with Peer(serve) as peer:
        client = way.client(peer.url, max_retries=1)
        way.drive(client.runs.counts())
        with pytest.raises(errors.HelmrConnectionError):
            way.drive(client._transport.send(unsafe()))
        assert len(peer.paths) == 2


def test_a_request_that_could_not_connect_is_retried(way: Way, naps: list[float], closed_url: str) -> None:
    """Nothing was sent, so even an unsafe request is retried."""
    with pytest.raises(errors.HelmrConnectionError, match="cannot connect"):
        way.drive(way.client(closed_url, max_retries=2)._transport.send(unsafe()))
    assert len(naps) == 2


def test_a_new_connection_replaces_one_that_the_server_closed(way: Way) -> None:
    def serve(connection: Connection) -> None:
        if connection.request():
            connection.respond(COUNTS, b"200 OK\r\nConnection: close")

    with Peer(serve) as peer:
        client = way.client(peer.url)
        for _ in range(3):
            way.drive(client.runs.counts())
    assert len(peer.paths) == 3


def test_a_closed_client_raises_a_configuration_error(way: Way) -> None:
    with Peer(to_each_request(counts)) as peer:
        client = way.client(peer.url)
        way.drive(client.runs.counts())
        owner = client._transport._http
        closing = getattr(owner, "client", None) or getattr(owner, "_client", None) or client
        way.drive(closing.aclose() if way.drive.kind == "async" else closing.close())
        with pytest.raises(errors.ConfigurationError, match="this client is closed"):
            way.drive(client.runs.counts())


def unsafe() -> Any:
    return Request("POST", "/api/runs/counts", lambda response: response.content, json={})


def test_the_aiohttp_client_requires_aiohttp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    with pytest.raises(errors.ConfigurationError, match=r"pip install 'helmr\[aiohttp\]'"):
        AiohttpClient()


def test_aiohttp_obeys_the_pool_timeout() -> None:
    async def calls(url: str) -> None:
        timeout = httpx.Timeout(10, pool=0.01)
        async with (
            AiohttpClient(limits=httpx.Limits(max_connections=1), timeout=timeout) as http,
            AsyncHelmrClient(url, KEY, http_client=http, max_retries=0) as client,
        ):
            held = asyncio.create_task(client.runs.counts())
            await asyncio.to_thread(requested.wait, 10)
            with pytest.raises(errors.HelmrTimeoutError, match=r"all connections to .* are in use"):
                await client.runs.counts()
            respond.set()
            await held
            await client.runs.counts()

    requested, respond = threading.Event(), threading.Event()

    def serve(connection: Connection) -> None:
        requested.set()
        respond.wait(10)
        connection.respond(COUNTS)

    with Peer(to_each_request(serve)) as peer:
        asyncio.run(calls(peer.url))
