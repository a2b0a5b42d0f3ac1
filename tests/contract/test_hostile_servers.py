"""Broken and hostile servers: the tool terminates, reports the problem and reveals nothing."""

from __future__ import annotations

import gzip
import itertools
import shlex
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
import requests
from schemathesis.transport.requests import SameHostRedirectsSession, _request

from helmr_contract import bounded
from helmr_contract.behaviour.helpers import Made
from helmr_contract.bounded import TooLarge, bounded_http_client, in_path
from helmr_contract.cli import main
from helmr_contract.client.plane import CUT, Pause, Piece, Plane, Reply, reply
from helmr_contract.curl import curl_line
from helmr_contract.parsing import BROKEN, CANNOT_TEST
from helmr_contract.schema.connection import Responses, connection_rule
from helmr_contract.secrets import Scrubber
from helmr_contract.target import Target, TargetError, check_reachable

KEY = "hlmr_sk_hostilehostilehostilehostilehostileho"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
EMPTY_GZIP = gzip.compress(b"")
ANGRY = "</pre><script>alert(1)</script>]]>\x1b[31m\x1b]0;owned\x07\u202e$(touch owned)`touch owned`"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HELMR_CONTRACT_KEY", raising=False)
    monkeypatch.setenv("HELMR_API_KEY", KEY)
    monkeypatch.setattr(bounded, "STEPS", 1)
    monkeypatch.setattr(bounded, "MOST_BYTES", 1 << 20)


def drip(first: bytes, drop: bytes) -> Iterator[Piece]:
    yield first
    for _ in itertools.count():
        yield drop
        yield Pause(0.02)


def endless() -> Iterator[Piece]:
    yield HEAD + b"\r\n"
    yield from itertools.repeat(b"x" * 65536)


def bomb() -> list[Piece]:
    import zlib

    packed = zlib.compressobj(wbits=31)
    body = b"".join([*(packed.compress(bytes(1 << 20)) for _ in range(160)), packed.flush()])
    return [HEAD + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(body), body]


def nested_bomb() -> list[Piece]:
    import zlib

    body = zlib.compress(zlib.compress(bytes(4 << 20), wbits=31), wbits=31)
    return [HEAD + b"content-encoding: gzip, gzip\r\ncontent-length: %d\r\n\r\n" % len(body), body]


PIECES: dict[str, Callable[[], Iterable[Piece]]] = {
    "endless-body": endless,
    "giant-length": lambda: [HEAD + b"content-length: 99999999999\r\n\r\n", *[b"x" * 65536] * 40],
    "compressed-body": bomb,
    "compressed-twice": nested_bomb,
    "dripping-headers": lambda: drip(HEAD, b"x-a: b\r\n"),
    "dripping-first-line": lambda: drip(b"HTTP/1.1 200 ", b"O"),
    "dripping-body": lambda: drip(HEAD + b"\r\n", b" "),
    "closed-mid-response": lambda: [HEAD + b"content-length: 9\r\n\r\n{", CUT],
    "closed-mid-headers": lambda: [HEAD, CUT],
    "no-http": lambda: [b"\x00\xff\x1b[31m\r\n\r\n", CUT],
    "many-headers": lambda: [HEAD + b"".join(b"x-%d: y\r\n" % n for n in range(20_000)) + b"\r\n", CUT],
    "invalid-utf-8": lambda: [HEAD + b'content-length: 4\r\n\r\n"\xff\xfe"', CUT],
    "deep-nesting": lambda: [HEAD + b"content-length: 400000\r\n\r\n" + b"[" * 400_000, CUT],
}


@pytest.mark.parametrize("name", PIECES)
def test_an_endless_or_malformed_response_is_reported_in_one_line(name: str) -> None:
    with Plane(lambda _: Reply(raw=PIECES[name](), close=True)) as plane:
        with pytest.raises(TargetError) as caught:
            # Only a response that trickles is ended by the time limit.
            check_reachable(Target(plane.url, KEY), timeout=1 if name.startswith("dripping") else 60)
        assert len(plane.requests) == 1
        assert plane.url in (message := str(caught.value))
    assert KEY not in message
    assert "\n" not in message


@pytest.mark.parametrize("name", ["endless-body", "compressed-twice", "dripping-body"])
def test_reading_a_body_is_limited_in_size_and_time(name: str) -> None:
    too_long = name == "dripping-body"
    with (
        Plane(lambda _: Reply(raw=PIECES[name]())) as plane,
        bounded_http_client(plane.url, timeout=httpx.Timeout(60, read=1 if too_long else 60)) as client,
        pytest.raises(httpx.TimeoutException if too_long else TooLarge),
    ):
        client.get(plane.url)


CHUNKED = HEAD.replace(b"\r\ncontent", b"\r\ntransfer-encoding: chunked\r\ncontent") + b"\r\n"
STREAM = CHUNKED.replace(b"application/json", b"text/event-stream")
DRAWN_OUT: dict[str, Callable[[], Iterable[Piece]]] = {
    **{name: pieces for name, pieces in PIECES.items() if name.startswith(("dripping", "endless"))},
    "dripping-chunk-size": lambda: drip(CHUNKED + b"1;", b"x"),
    "dripping-empty-gzip": lambda: drip(HEAD + b"content-encoding: gzip\r\n\r\n" + EMPTY_GZIP, EMPTY_GZIP),
    "stream-dripping-chunk-size": lambda: drip(STREAM + b"1;", b"x"),
    "stream-without-an-event": lambda: itertools.chain(
        [STREAM], itertools.repeat(b"10000\r\n" + b"x" * 65536 + b"\r\n")
    ),
}


@pytest.mark.parametrize("name", DRAWN_OUT)
def test_the_schema_tests_limit_the_size_and_time_of_a_response(name: str) -> None:
    """A transport read returns each chunk as it arrives, so a server that trickles bytes can prolong it."""
    with Plane(lambda _: Reply(raw=DRAWN_OUT[name]())) as plane:
        with (
            connection_rule(Responses(lambda: True)),
            SameHostRedirectsSession() as session,
            suppress(requests.exceptions.RequestException),
        ):
            # Without a limit, the request never ends.
            _request(session, {"method": "GET", "url": plane.url, "timeout": 0.3}, 100)
            assert name.startswith("stream"), "only a stream may be read in part"
        for thread in plane._threads:
            thread.join(30)
        assert plane.open == 0, "the connection was not closed"


def test_the_schema_tests_limit_the_size_of_the_responses_of_one_operation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Schemathesis keeps all of them until the tests of the operation end."""
    monkeypatch.setattr("helmr_contract.schema.connection.MOST_TOGETHER", 2500)
    responses = Responses(lambda: True)
    with (
        Plane(lambda _: reply({"text": "x" * 1000})) as plane,
        connection_rule(responses),
        SameHostRedirectsSession() as session,
    ):
        asked = {"method": "GET", "url": plane.url, "timeout": 5}
        for _ in range(2):  # operations
            for _ in range(2):
                _request(session, asked, 100)
            with pytest.raises(requests.exceptions.RequestException, match="too large"):
                _request(session, asked, 100)
            responses.forget()


@pytest.mark.parametrize("status", [301, 307, 401, 407])
def test_the_key_is_sent_only_to_the_server_under_test(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with Plane(lambda _: reply({"tasks": []})) as elsewhere:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, elsewhere.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        away = {
            "location": f"{elsewhere.url}/api/tasks",
            "refresh": f"0; url={elsewhere.url}",
            "www-authenticate": 'Basic realm="x"',
            "proxy-authenticate": 'Basic realm="x"',
            "set-cookie": "a=b",
        }
        with Plane(lambda _: Reply(status, b"", away)) as plane:
            assert main(["--url", plane.url, "--rule", "health/*"]) in (CANNOT_TEST, BROKEN)
            assert plane.requests
            assert not any(one.header("cookie") for one in plane.requests)
        assert elsewhere.requests == []


def test_reports_contain_no_markup_or_terminal_control_sequences_of_a_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def malicious(request: object) -> Reply:
        del request
        made = reply({"error": ANGRY, "code": ANGRY, "status": ANGRY}, 400)
        made.headers["helmr-api-version"] = "<b>"
        return made

    with Plane(malicious) as plane:
        arguments = ["--url", plane.url, "--rule", "health/*", "--report", str(tmp_path)]
        assert main(arguments) in (CANNOT_TEST, BROKEN)
    output = "".join(capsys.readouterr())
    assert "Traceback" not in output
    assert not {"\x1b", "\x07", "\u202e"} & set(output)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert not {"\x1b", "\x07", "\u202e"} & set(page)
    ElementTree.parse(tmp_path / "junit.xml")  # noqa: S314  # our own


@pytest.mark.parametrize("text", [ANGRY, "it's", "a\nb", "!x", "-o/tmp/x", "@/etc/passwd", "[1-9]{a,b}"])
def test_a_curl_line_runs_no_command_and_reads_no_file(text: str) -> None:
    line = curl_line("POST", "http://127.0.0.1/?q=" + text, [("x-a", text)], text, Scrubber(KEY))
    words = shlex.split(line)
    assert words[:5] == ["curl", "-sS", "-i", "-X", "POST"]
    assert words[words.index("-H") + 1] == f"x-a: {text}"
    assert words[-1].endswith(text)
    assert words[words.index(text) - 1] == "--data-raw", "curl must not read a file named after an @"
    assert ("--globoff" in words) is ("[" in text)


@pytest.mark.parametrize(
    "identifier", ["a\r\nx-y: z", "\ud800", "../../elsewhere?a#", "..", "\0", "x" * 100_000]
)
def test_an_id_of_a_server_stays_one_segment_of_a_path(identifier: str) -> None:
    url = httpx.URL(f"http://127.0.0.1/api/sessions/{in_path(identifier)}/cancel")
    assert len(url.raw_path.split(b"/")) == 5
    assert url.raw_path.startswith(b"/api/sessions/")
    assert not url.query
    assert not url.fragment


@pytest.mark.parametrize("base_path", ["", "/helmr"])
@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/api/sessions", {"session": {"id": "s", "workspace_id": "w"}}, (["s"], [], ["w"])),
        ("/api/sessions/start-and-wait", {"session": {"id": ".."}}, (["%2E%2E"], [], [])),
        ("/api/workspaces", {"workspace": {"id": "w"}}, ([], [], ["w"])),
        ("/api/tokens", {"id": "t"}, ([], ["t"], [])),
        ("/api/tokens", [{"id": "t"}], ([], [], [])),
        ("/api/sessions", {"session": "s"}, ([], [], [])),
        ("/api/sessions", {"session": {"id": {"a": 1}}}, ([], [], [])),
        ("/api/runs/x/cancel", {"id": "r"}, ([], [], [])),
    ],
)
def test_what_a_test_created_is_known_for_the_cleanup(
    path: str, body: object, expected: tuple[list[str], ...], base_path: str
) -> None:
    """A malformed response is for the test to report."""
    made = Made(base_path)
    request = httpx.Request("POST", f"https://helmr.test{base_path}{path}")
    made.note(httpx.Response(201, json=body, request=request))
    made.note(httpx.Response(201, content=b"[" * 100_000, request=request))
    assert (made.sessions, made.tokens, made.workspaces) == expected
