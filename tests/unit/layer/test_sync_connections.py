"""Sync connections: the head and body in one write, and read timeouts."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager

import httpcore
import httpx
import pytest

from helmr_ergonomic._sync import connections
from helmr_ergonomic._sync.connections import own_connections
from helmr_ergonomic._sync.timing import within
from helmr_ergonomic.timing import TimeIsOver

RESPONSE = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@contextmanager
def server(wait: float | None = 0.0) -> Generator[tuple[str, list[bytes]]]:
    """Run a server that reads once per request and responds after `wait` seconds (`None`: never)."""
    read: list[bytes] = []
    ends = threading.Event()

    def serve(listening: socket.socket) -> None:
        listening.settimeout(10)
        peer, _ = listening.accept()
        with closing(peer):
            peer.settimeout(10)
            while data := peer.recv(1_000_000):
                read.append(data)
                if ends.wait(wait):
                    return
                peer.sendall(RESPONSE)

    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", read
        finally:
            ends.set()
            thread.join()


def test_the_head_of_a_request_is_sent_with_its_body() -> None:
    with server() as (url, read), httpx.Client(transport=own_connections(url)) as http:
        assert http.post(url, content=b"body").text == "ok"
        assert http.get(url).text == "ok"
    first, second = read
    assert first.startswith(b"POST / HTTP/1.1\r\n")
    assert first.endswith(b"\r\n\r\nbody")
    assert second.startswith(b"GET / HTTP/1.1\r\n")


def test_a_response_may_take_longer_than_the_default_socket_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "USUAL", 0.05)
    with (
        server(wait=0.2) as (url, read),
        httpx.Client(transport=own_connections(url), timeout=None) as http,
    ):
        assert http.post(url, content=b"body").text == "ok"
        assert http.get(url, timeout=10).text == "ok"
    assert len(read) == 2


def test_a_read_times_out_after_its_own_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "USUAL", 0.05)
    with (
        server(wait=None) as (url, _),
        httpx.Client(transport=own_connections(url)) as http,
    ):
        began = time.monotonic()
        with pytest.raises(httpx.ReadTimeout):
            http.get(url, timeout=0.3)
        assert 0.29 <= time.monotonic() - began < 5


def test_a_within_block_times_out_a_longer_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "USUAL", 0.05)
    with (
        server(wait=None) as (url, _),
        httpx.Client(transport=own_connections(url), timeout=None) as http,
    ):
        began = time.monotonic()
        with pytest.raises(httpx.ReadTimeout), within(0.3):
            http.get(url)
        assert 0.29 <= time.monotonic() - began < 5


def test_a_tls_handshake_that_comes_too_late_closes_the_connection() -> None:
    with server(wait=None) as (url, _):
        address = httpx.URL(url)
        stream = connections.TimedBackend().connect_tcp(address.host, address.port or 0)
        with pytest.raises(httpcore.ConnectTimeout), within(0):
            stream.start_tls(ssl.create_default_context())
        assert stream._socket.fileno() == -1


class Late(httpx.BaseTransport, httpx.SyncByteStream):
    """Sends the first piece of a body when `goes_on` is set, and cannot be interrupted."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.closed = threading.Event()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=self)

    def __iter__(self) -> Iterator[bytes]:
        self.goes_on.wait(30)
        yield b"late"
        yield b"later"

    def close(self) -> None:
        self.closed.set()


def test_a_response_whose_next_piece_comes_too_late_is_closed() -> None:
    late = Late()
    with httpx.Client(transport=late) as http:
        with within(0.05):
            response = connections.send_with(http, http.build_request("GET", "https://helmr.test"))
            with pytest.raises(TimeIsOver), closing(response):
                next(response.iter_raw())
        assert not late.closed.is_set()
        late.goes_on.set()
        assert late.closed.wait(30)
