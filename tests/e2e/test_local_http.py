"""Raw bytes sent to helmr_local, including requests that no HTTP library would send."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from helmr_ergonomic import task
from helmr_local import AsyncTaskContext, LocalHelmr, LocalSettings, implement

echo = task("echo", payload=int, output=int)


@implement(echo)
async def _echo(ctx: AsyncTaskContext[int]) -> int:
    return ctx.payload


@pytest.fixture(scope="module")
def helmr() -> Iterator[LocalHelmr]:
    with LocalHelmr(tasks=[_echo]) as helmr:
        yield helmr


class Wire:
    """A connection to write raw bytes to."""

    def __init__(self, helmr: LocalHelmr) -> None:
        url = urlsplit(helmr.url)
        self._socket = socket.create_connection((url.hostname, url.port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def send(self, *pieces: str) -> Wire:
        for piece in pieces:
            self._socket.sendall(piece.encode().replace(b"\n", b"\r\n"))
        return self

    def response(self) -> tuple[int, dict[str, str], bytes]:
        """Read the next response: status, headers, body."""
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
        """True if the server has closed the connection without sending anything else."""
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
    """Return the head and the body of a start request."""
    body = json.dumps({"task_id": "echo", "payload": number})
    return head(helmr, "POST /api/sessions HTTP/1.1", f"content-length: {len(body)}", *more), body


def test_a_request_can_be_split_anywhere(helmr: LocalHelmr, wire: Wire) -> None:
    request = "".join(start(helmr, 1))
    for at in range(1, len(request), 7):
        wire.send(request[:at], request[at:])
        assert wire.response()[0] == 201, at


@pytest.mark.parametrize("method", ["FOO", "get", "QUERY", "M-SEARCH", "PROPFIND"])
def test_an_unknown_method_gets_405_without_allow(helmr: LocalHelmr, wire: Wire, method: str) -> None:
    status, headers, body = wire.send(head(helmr, f"{method} /api/tasks HTTP/1.1")).response()
    assert (status, body) == (405, b"")
    assert "allow" not in headers


def test_an_upgrade_offer_is_ignored_and_the_body_is_read(
    helmr: LocalHelmr, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    # Java's HTTP client sends this with its first request, and some proxies with every request.
    offer = (
        "connection: Upgrade, HTTP2-Settings",
        "upgrade: h2c",
        "http2-settings: AAEAAEAAAAIAAAABAAMAAABk",
    )
    for number in (1, 2):
        status, _, body = wire.send(*start(helmr, number, *offer)).response()
        assert (status, json.loads(body)["session"]["task_id"]) == (201, "echo")
    assert wire.send(*start(helmr, 3)).response()[0] == 201
    assert not caplog.records


def test_an_upgrade_offer_can_follow_plain_requests(helmr: LocalHelmr, wire: Wire) -> None:
    assert wire.send(*start(helmr, 1)).response()[0] == 201
    assert wire.send(*start(helmr, 2, "connection: upgrade", "upgrade: websocket")).response()[0] == 201


def test_a_body_sent_after_its_response_is_not_parsed_as_a_request(helmr: LocalHelmr, wire: Wire) -> None:
    wire.send("POST /api/sessions HTTP/1.1\nhost: localhost\ncontent-length: 30\n\n")
    assert wire.response()[0] == 401  # before the body is read
    wire.send("upgrade: no, this is the body", " ")
    assert wire.send(*start(helmr, 1)).response()[0] == 201


def test_pipelined_requests_get_responses_in_order(helmr: LocalHelmr, wire: Wire) -> None:
    tasks, unknown = "GET /api/tasks HTTP/1.1", "GET /api/nothing HTTP/1.1"
    wire.send(head(helmr, tasks) + head(helmr, unknown) + "".join(start(helmr, 1)))
    assert [wire.response()[0] for _ in range(3)] == [200, 404, 201]


@pytest.mark.parametrize("hosts", ["", "host: a\nhost: b\n"])
def test_a_request_must_have_exactly_one_host_header(wire: Wire, hosts: str) -> None:
    assert wire.send(f"GET /healthz HTTP/1.1\n{hosts}\n").response()[0] == 400
    assert wire.closed()


def test_http_1_0_needs_no_host_and_the_connection_closes_after_the_response(wire: Wire) -> None:
    assert wire.send("GET /healthz HTTP/1.0\n\n").response()[0] == 200
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
def test_malformed_http_gets_400(wire: Wire, nonsense: str) -> None:
    status, headers, _ = wire.send(nonsense).response()
    assert status == 400
    assert headers["content-type"].startswith("text/plain")
    assert "helmr-api-version" not in headers


def test_a_content_length_of_5000_digits_gets_400(helmr: LocalHelmr, wire: Wire) -> None:
    line = "POST /api/sessions HTTP/1.1"
    assert wire.send(head(helmr, line, "content-length: " + "9" * 5000)).response()[0] == 400
    assert wire.closed()


def test_headers_can_be_up_to_a_mebibyte(helmr: LocalHelmr, wire: Wire) -> None:
    fits = head(helmr, "GET /api/tasks HTTP/1.1", "x: " + "x" * 1_000_000)
    assert wire.send(fits).response()[0] == 200
    status, headers, body = wire.send(fits.replace("x: ", "y: " + "y" * 60_000)).response()
    assert (status, headers["connection"]) == (431, "close")
    assert body == b"431 Request Header Fields Too Large: the limit is 1048576 bytes\n"


# --- names ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.test", "evil.test:80", "localhost.evil.test", "", "192.0.2.1"])
@pytest.mark.parametrize("path", ["/api/tasks", "/healthz", "/api/v1/tokens/x/callback/y", "/"])
def test_a_host_name_that_is_not_the_servers_gets_421(
    helmr: LocalHelmr, wire: Wire, host: str, path: str
) -> None:
    request = head(helmr, f"GET {path} HTTP/1.1").replace("host: localhost", f"host: {host}")
    status, _, body = wire.send(request).response()
    assert status == 421
    assert json.loads(body)["error"].startswith(f'this server is not meant to be reached as "{host}"; ')
    assert "--allow-host" in json.loads(body)["error"]


def test_the_host_of_an_absolute_request_target_is_checked(helmr: LocalHelmr, wire: Wire) -> None:
    assert wire.send(head(helmr, "GET http://evil.test/api/tasks HTTP/1.1")).response()[0] == 421
    assert wire.send(head(helmr, "GET http://127.0.0.1:1/api/tasks HTTP/1.1")).response()[0] == 200


def test_allowed_hosts_are_served() -> None:
    url = "https://public.test"
    with LocalHelmr(allowed_hosts=["Other.test"], public_url=url) as helmr:
        for host, status in (("other.test:1", 200), ("public.test", 200), ("third.test", 421)):
            wire = Wire(helmr)
            request = head(helmr, "GET /api/tasks HTTP/1.1").replace("localhost", host)
            assert wire.send(request).response()[0] == status
            wire.close()
        with helmr.client() as client:
            assert (client.tokens.create().callback_url or "").startswith(url + "/api/v1/tokens/")


@pytest.mark.parametrize("options", [{"public_url": "public.test"}, {"allowed_hosts": ["a:1"]}])
def test_an_invalid_allowed_host_is_rejected_immediately(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"the public URL is|an allowed host is"):
        LocalHelmr(**options)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "127.0.0.1", "localhost", "::1"])  # noqa: S104
def test_clients_accept_the_url_and_callback_urls_for_every_listen_address(host: str) -> None:
    with LocalHelmr(host=host, listen_beyond_loopback=True) as helmr, helmr.client() as client:
        token = client.tokens.create()
        assert token.callback_url
        client.tokens.complete(callback_url=token.callback_url, data=1)
        assert client.tokens.retrieve(token.id).data == 1
        assert token.callback_url.startswith(helmr.url)


# --- credentials of public operations ------------------------------------------------------------------


UNKNOWN_ID = "0197aaaa-0000-7000-8000-00000000000f"
PUBLIC = [
    f"/api/v1/tokens/{UNKNOWN_ID}/complete",
    f"/api/v1/tokens/{UNKNOWN_ID}/callback/hlmr_callback_unknown",
    f"/api/v1/sessions/{UNKNOWN_ID}/inputs/notes",
    "/api/v1/sessions/by-external-id/inputs/notes?external_id=x",
]


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("credential", ["", "authorization: Bearer hlmr_pat_unknown\n"])
def test_a_long_body_with_an_unknown_credential_is_not_read(wire: Wire, path: str, credential: str) -> None:
    request = f"POST {path} HTTP/1.1\nhost: localhost\n{credential}"
    status, headers, body = wire.send(request + "content-length: 100000000\n\n").response()
    assert (status, headers["connection"], json.loads(body)["code"]) == (401, "close", "token_scope_denied")


@pytest.mark.parametrize("path", PUBLIC)
def test_a_chunked_body_is_read_only_up_to_a_limit(wire: Wire, path: str) -> None:
    wire.send(f"POST {path} HTTP/1.1\nhost: localhost\ntransfer-encoding: chunked\n\n")
    status, _, _ = wire.send(*["1000\n" + "x" * 4096 + "\n"] * 17).response()
    assert status == 401


@pytest.mark.parametrize("path", PUBLIC)
def test_a_short_body_is_checked_before_the_credential(wire: Wire, path: str) -> None:
    for body, status in (("nonsense", 400), (f'{{"data":"{"x" * 60_000}"}}', 401)):
        request = f"POST {path} HTTP/1.1\nhost: localhost\ncontent-length: {len(body)}\n\n{body}"
        response = wire.send(request).response()
        assert response[0] in (status, 404 if "/complete" in path and status == 401 else status)


def test_a_long_body_with_a_credential_is_read(helmr: LocalHelmr) -> None:
    with helmr.client() as client, httpx.Client(trust_env=False, timeout=30) as http:
        for _ in range(2):
            token = client.tokens.create()
            bearer = {"authorization": f"Bearer {token.public_access_token}"}
            url = f"{helmr.url}/api/v1/tokens/{token.id}/complete"
            data = {"data": "x" * 300_000}
            assert http.post(url, json=data, headers=bearer).status_code == 200
            assert http.post(token.callback_url or "", json=data).json()["status"] == "already_completed"


# --- work without a credential -------------------------------------------------------------------------


def test_brackets_and_quotes_take_as_much_time_as_letters(helmr: LocalHelmr) -> None:
    """Compares the processor time of this process, which also runs the server, without a credential."""

    def seconds(http: httpx.Client, body: bytes) -> float:
        took: list[float] = []
        for _ in range(5):
            began = time.process_time()
            http.post(f"{helmr.url}{PUBLIC[0]}", content=body)
            took.append(time.process_time() - began)
        return min(took)

    with httpx.Client(trust_env=False, timeout=60) as http:
        letters = seconds(http, b'{"data":"' + b"x" * 32_000 + b'"}')
        brackets = seconds(http, b"[]" * 201 + b'"' + b'\\"' * 16_000)
    assert brackets < 20 * letters + 0.05


@pytest.mark.parametrize("cut", [None, 20, 120, 190])
def test_the_body_after_an_upgrade_offer_is_read_for_any_segmentation(
    helmr: LocalHelmr, wire: Wire, cut: int | None
) -> None:
    offer = ("connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAMAAABkAAQAAP__")
    for number in (1, 2):
        request = "".join(start(helmr, number, *offer))
        wire.send(*([request] if cut is None else [request[:cut], request[cut:]]))
        assert wire.response()[0] == 201


# --- clients that exhaust resources --------------------------------------------------------------------


HALF_A_BODY = b"POST /api/v1/tokens/x/complete HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nx"


@pytest.mark.parametrize(("sent", "connections"), [(b"", 200), (b"GET /", 200), (HALF_A_BODY, 60)])
def test_idle_connections_are_closed_if_file_descriptors_run_out(sent: bytes, connections: int) -> None:
    command = [sys.executable, "-m", "helmr_local", "serve"]
    server = subprocess.Popen(
        ["sh", "-c", 'ulimit -n 40; exec "$@"', "sh", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    url = server.stdout.readline().removeprefix("export HELMR_API_URL=").strip()
    address = urlsplit(url)
    try:
        held = [
            socket.create_connection((address.hostname, address.port), timeout=30) for _ in range(connections)
        ]
        for connection in held:
            with contextlib.suppress(OSError):  # already closed to free a descriptor
                connection.sendall(sent)
        with httpx.Client(base_url=url, timeout=30, trust_env=False) as http:
            assert http.get("/healthz").status_code == 200
        for connection in held:
            connection.close()
    finally:
        server.terminate()
        _, log = server.communicate(timeout=30)
    assert log.count("cannot accept connections: Too many open files") == 1
    assert len(log) < 300


def test_idle_and_slow_connections_are_closed() -> None:
    settings = LocalSettings(header_timeout=0.2, request_timeout=0.4, keep_alive_timeout=0.2)
    with LocalHelmr(tasks=[_echo], settings=settings) as helmr:
        silent, half, slow, idle = (Wire(helmr) for _ in range(4))
        half.send("GET /healthz HTTP/1.1\nhost: localhost\n")
        slow.send("POST /api/v1/tokens/x/complete HTTP/1.1\nhost: localhost\ncontent-length: 100\n\nx")
        assert idle.send("GET /healthz HTTP/1.1\nhost: localhost\n\n").response()[0] == 200
        assert [half.response()[0], slow.response()[0]] == [408, 408]
        assert all(wire.closed() for wire in (silent, half, slow, idle))
        for wire in (silent, half, slow, idle):
            wire.close()
