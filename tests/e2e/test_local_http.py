"""What is sent to helmr_local byte by byte, beyond what an HTTP library would send."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from helmr_ergonomic import task
from helmr_local import AsyncTaskContext, LocalHelmr, implement

echo = task("echo", payload=int, output=int)


@implement(echo)
async def _echo(ctx: AsyncTaskContext[int]) -> int:
    return ctx.payload


@pytest.fixture(scope="module")
def helmr() -> Iterator[LocalHelmr]:
    with LocalHelmr(tasks=[_echo]) as helmr:
        yield helmr


class Wire:
    """One connection, written to in pieces."""

    def __init__(self, helmr: LocalHelmr) -> None:
        url = urlsplit(helmr.url)
        self._socket = socket.create_connection((url.hostname, url.port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def send(self, *pieces: str) -> Wire:
        for piece in pieces:
            self._socket.sendall(piece.encode().replace(b"\n", b"\r\n"))
        return self

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer: status, headers, body."""
        while b"\r\n\r\n" not in self._received:
            self._read()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }
        length = int(headers.get("content-length", 0))
        while len(self._received) < length:
            self._read()
        body, self._received = self._received[:length], self._received[length:]
        return int(lines[0].split()[1]), headers, body

    def closed(self) -> bool:
        """Whether the server has closed the connection with nothing more to say."""
        return not self._received and not self._socket.recv(1)

    def _read(self) -> None:
        more = self._socket.recv(65536)
        assert more, f"closed after {self._received!r}"
        self._received += more

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def wire(helmr: LocalHelmr) -> Iterator[Wire]:
    wire = Wire(helmr)
    yield wire
    wire.close()


def head(helmr: LocalHelmr, line: str, *more: str) -> str:
    lines = [line, "host: localhost", f"authorization: Bearer {helmr.api_key}", *more]
    return "\n".join(lines) + "\n\n"


def start(helmr: LocalHelmr, number: int, *more: str) -> tuple[str, str]:
    """Head and body of a start."""
    body = json.dumps({"task_id": "echo", "payload": number})
    return head(helmr, "POST /api/sessions HTTP/1.1", f"content-length: {len(body)}", *more), body


def test_a_request_may_come_in_any_pieces(helmr: LocalHelmr, wire: Wire) -> None:
    request = "".join(start(helmr, 1))
    for at in range(1, len(request), 7):
        wire.send(request[:at], request[at:])
        assert wire.answer()[0] == 201, at


@pytest.mark.parametrize("method", ["FOO", "get", "QUERY", "M-SEARCH", "PROPFIND"])
def test_a_method_that_nobody_knows_is_405_without_allow(helmr: LocalHelmr, wire: Wire, method: str) -> None:
    status, headers, body = wire.send(head(helmr, f"{method} /api/tasks HTTP/1.1")).answer()
    assert (status, body) == (405, b"")
    assert "allow" not in headers


def test_an_offer_to_upgrade_is_passed_over_and_the_body_read(
    helmr: LocalHelmr, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    # As Java's HTTP client sends its first request, and some proxies all of them.
    offer = (
        "connection: Upgrade, HTTP2-Settings",
        "upgrade: h2c",
        "http2-settings: AAEAAEAAAAIAAAABAAMAAABk",
    )
    for number in (1, 2):
        status, _, body = wire.send(*start(helmr, number, *offer)).answer()
        assert (status, json.loads(body)["session"]["task_id"]) == (201, "echo")
    assert wire.send(*start(helmr, 3)).answer()[0] == 201
    assert not caplog.records


def test_an_offer_to_upgrade_may_follow_plain_requests(helmr: LocalHelmr, wire: Wire) -> None:
    assert wire.send(*start(helmr, 1)).answer()[0] == 201
    assert wire.send(*start(helmr, 2, "connection: upgrade", "upgrade: websocket")).answer()[0] == 201


def test_a_body_that_follows_its_answer_is_no_request(helmr: LocalHelmr, wire: Wire) -> None:
    wire.send("POST /api/sessions HTTP/1.1\nhost: localhost\ncontent-length: 30\n\n")
    assert wire.answer()[0] == 401  # before the body is read
    wire.send("upgrade: no, this is the body", " ")
    assert wire.send(*start(helmr, 1)).answer()[0] == 201


def test_requests_sent_at_once_are_answered_in_order(helmr: LocalHelmr, wire: Wire) -> None:
    tasks, unknown = "GET /api/tasks HTTP/1.1", "GET /api/nothing HTTP/1.1"
    wire.send(head(helmr, tasks) + head(helmr, unknown) + "".join(start(helmr, 1)))
    assert [wire.answer()[0] for _ in range(3)] == [200, 404, 201]


@pytest.mark.parametrize("hosts", ["", "host: a\nhost: b\n"])
def test_a_request_names_one_host(wire: Wire, hosts: str) -> None:
    assert wire.send(f"GET /healthz HTTP/1.1\n{hosts}\n").answer()[0] == 400
    assert wire.closed()


def test_http_1_0_needs_no_host_and_is_closed_after_its_answer(wire: Wire) -> None:
    assert wire.send("GET /healthz HTTP/1.0\n\n").answer()[0] == 200
    assert wire.closed()


@pytest.mark.parametrize(
    "nonsense",
    [
        "\x16\x03\x01 hello\n\n",
        "GET\n\n",
        "GET /healthz HTTP/1.1\nhost: a\nno header\n\n",
        "GET x HTTP/1.1\nhost: a\n\n",
    ],
)
def test_what_is_no_http_is_400(wire: Wire, nonsense: str) -> None:
    status, headers, _ = wire.send(nonsense).answer()
    assert status == 400
    assert headers["content-type"].startswith("text/plain")
    assert "helmr-api-version" not in headers
