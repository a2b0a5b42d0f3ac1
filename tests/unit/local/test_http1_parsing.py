"""Each request is parsed the same way, regardless of segmentation and surrounding bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import h11
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.local.http1 import LIMITS, drive


def post(*headers: bytes, body: bytes = b"", line: bytes = b"POST /a HTTP/1.1") -> bytes:
    return b"\r\n".join([line, b"Host: localhost", *headers, b"", body])


# --- segmentation ------------------------------------------------------------------------------------


@dataclass
class Sent:
    """A request and its encoding."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    chunks: list[int] | None
    extension: str
    trailers: int
    blank_lines: int = 0
    name_case: bool = False
    space: str = " "

    def written(self) -> bytes:
        headers = [("Host", "localhost"), *self.headers]
        if self.chunks is None:
            if self.body or self.method == "POST":
                headers.append(("Content-Length", str(len(self.body))))
        else:
            headers.append(("Transfer-Encoding", "Chunked"))
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [
            f"{name.upper() if self.name_case else name}:{self.space}{value}{self.space}"
            for name, value in headers
        ]
        head = "\r\n" * self.blank_lines + "\r\n".join(lines) + "\r\n\r\n"
        return head.encode("latin-1") + (self.body if self.chunks is None else self._chunked())

    def _chunked(self) -> bytes:
        assert self.chunks is not None
        pieces: list[bytes] = []
        rest = self.body
        for size in [*self.chunks, len(self.body)]:
            if data := rest[:size]:
                pieces.append(f"{len(data):x}{self.extension}\r\n".encode() + data + b"\r\n")
            rest = rest[size:]
        trailers = b"".join(b"X-Trailer: %d\r\n" % number for number in range(self.trailers))
        return b"".join(pieces) + b"0\r\n" + trailers + b"\r\n"


VALUES = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f"), min_size=1, max_size=8
)
REQUESTS = st.builds(
    Sent,
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "FOO", "get", "M-SEARCH", "PRI"]),
    target=st.sampled_from(["/", "/a?b=c&d", "/%2f/%zz", "/\xff", "//x", "/a?b?c", "*"]),
    headers=st.lists(
        st.tuples(
            st.sampled_from(["Accept", "X-A", "Cookie", "Upgrade", "HTTP2-Settings", "Connection"]), VALUES
        ).filter(lambda header: header[0] != "Connection" or "close" not in header[1].lower()),
        max_size=4,
    ),
    body=st.sampled_from([b"", b"x", b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n", b"0\r\n\r\n", b"y" * 700]),
    chunks=st.none() | st.lists(st.integers(1, 300), max_size=3),
    extension=st.sampled_from(["", ";a=b", ' ; name="va;lue"', ";"]),
    trailers=st.integers(0, 2),
    blank_lines=st.integers(0, 2),
    name_case=st.booleans(),
    space=st.sampled_from([" ", "", "\t "]),
)
# Possible ends of the stream.
ENDINGS = st.sampled_from(
    [
        b"",
        b"GET / HTTP/1.1\r\nHo",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 3000,
        post(b"Content-Length: 1", b"Transfer-Encoding: chunked"),
        post(b"Transfer-Encoding: chunked", body=b"5\r\nabc"),
        post(b"Transfer-Encoding: chunked", body=b"1\nabc\r\n"),
        post(b"Connection: close") + b"GET /never HTTP/1.1\r\nHost: a\r\n\r\n",
    ]
)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(data=st.data(), sent=st.lists(REQUESTS, max_size=4), ending=ENDINGS)
def test_segmentation_does_not_change_the_responses(
    data: st.DataObject, sent: list[Sent], ending: bytes
) -> None:
    stream = b"".join(request.written() for request in sent) + ending
    whole, ended = drive([stream])
    for request, response in zip(sent, whole, strict=False):
        assert response.status == 200
        seen = response.seen
        assert (seen["method"], seen["path"]) == (request.method, request.target.partition("?")[0])
        assert seen["body"].encode("latin-1") == request.body
        assert [value for name, value in seen["headers"] if name == "x-a"] == [
            value for name, value in request.headers if name == "X-A"
        ]
    assert len(whole) >= len(sent)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=12)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert drive(pieces) == (whole, ended)
    assert drive(pieces, pause=False) == (whole, ended)
    if len(stream) < 600:
        assert drive([bytes([byte]) for byte in stream], pause=False) == (whole, ended)


def test_a_pipelined_request_with_an_unknown_method_keeps_its_order() -> None:
    first, second, third = (
        post(b"Content-Length: 2", body=b"ab"),
        post(line=b"BREW /pot HTTP/1.1"),
        post(line=b"GET /c HTTP/1.1"),
    )
    whole, _ = drive([first + second + third])
    assert [response.seen["method"] for response in whole] == ["POST", "BREW", "GET"]


@pytest.mark.parametrize("cut", [None, 20, 60, 100, 140])
def test_an_upgrade_offer_is_ignored_however_it_is_segmented(cut: int | None) -> None:
    offer = post(
        b"Connection: Upgrade, HTTP2-Settings",
        b"Upgrade: h2c",
        b"HTTP2-Settings: AAMAAABkAAQAAP__",
        b"Content-Length: 31",
        body=b"GET /b HTTP/1.1\r\nHost: a.test\r\n\r\n"[:31],
    )
    pieces = [offer] if cut is None else [offer[:cut], offer[cut:]]
    whole, ended = drive([*pieces, post(line=b"GET /next HTTP/1.1")])
    assert [(seen.seen["path"], len(seen.seen["body"])) for seen in whole] == [("/a", 31), ("/next", 0)]
    assert not ended


# --- comparison with h11 -----------------------------------------------------------------------------

Read = tuple[str, str, list[list[str]], str]


def as_we_read(stream: bytes) -> tuple[list[Read], bool]:
    """Return the requests that the application received, and True if the rest was rejected."""
    found, _ = drive([stream], pause=False)
    reads: list[Read] = []
    for response in found:
        if response.status != 200:
            return reads, True
        seen: dict[str, Any] = response.seen
        target = seen["path"] + ("?" + seen["query"] if seen["query"] else "")
        reads.append((seen["method"], target.rstrip("?"), unframed(seen["headers"]), seen["body"]))
    return reads, False


def unframed(headers: list[list[str]]) -> list[list[str]]:
    """Drop the headers that h11 rewrites. The bodies are compared instead."""
    return [header for header in headers if header[0] not in ("content-length", "transfer-encoding")]


def as_h11_reads(stream: bytes) -> list[Read]:
    reads: list[Read] = []
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(stream)
    request: h11.Request | None = None
    body = b""
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError:
            return reads
        if isinstance(event, h11.Request):
            request, body = event, b""
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            assert request is not None
            headers = [[name.decode(), value.decode("latin-1")] for name, value in request.headers]
            target = request.target.decode().rstrip("?")
            reads.append((request.method.decode(), target, unframed(headers), body.decode("latin-1")))
            connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
            connection.send(h11.EndOfMessage())
            try:
                connection.start_next_cycle()
            except h11.LocalProtocolError:  # that was the last request
                return reads
        else:
            return reads


PIECES = [
    *(bytes([byte]) for byte in b"\r\n\t \x00:;,0159afx/\x0b\x7f\xff#?%"),
    b"\r\n",
    b"\r\n\r\n",
    b"\n\n",
    b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"Host: b\r\n",
    b"Connection: close\r\n",
    b"Expect: 100-continue\r\n",
    b"HTTP/1.0",
    b"http://c/",
]


@settings(derandomize=True, max_examples=400, deadline=None)
@given(
    sent=st.lists(REQUESTS, min_size=1, max_size=3),
    edits=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 3), st.sampled_from(PIECES)), max_size=3
    ),
)
@example(
    sent=[], edits=[(0, 0, post(b"Content-Length: 3", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"))]
)
def test_h11_agrees_on_the_requests_that_we_accept(
    sent: list[Sent], edits: list[tuple[float, int, bytes]]
) -> None:
    stream = b"".join(request.written() for request in sent)
    for where, removed, added in edits:
        at = int(where * len(stream))
        stream = stream[:at] + added + stream[at + removed :]
    ours, _ = as_we_read(stream)
    theirs = as_h11_reads(stream)
    for mine, other in zip(ours, theirs, strict=False):
        if mine[1] != other[1]:  # h11 does not interpret absolute targets
            assert re.fullmatch(r"(?i)https?://[^/?]*" + re.escape(mine[1]), other[1]) or mine[0] == "CONNECT"
        else:
            assert mine == other


# --- attacks -----------------------------------------------------------------------------------------

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
ATTACKS = {
    "both lengths": post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "both lengths, the other order": post(
        b"Transfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n"
    ),
    "two lengths": post(b"Content-Length: 5", b"Content-Length: 0", body=b"hello"),
    "one length twice": post(b"Content-Length: 5", b"Content-Length: 5", body=b"hello"),
    "a list of lengths": post(b"Content-Length: 5, 5", body=b"hello"),
    "a negative length": post(b"Content-Length: -1"),
    "a length with a sign": post(b"Content-Length: +5", body=b"hello"),
    "a hexadecimal length": post(b"Content-Length: 0x5", body=b"hello"),
    "a length with a space inside": post(b"Content-Length: 1 5", body=b"hello"),
    "no length": post(b"Content-Length:"),
    "a length of 1,500 digits": post(b"Content-Length: " + b"9" * 1500),
    "a length beyond 64 bits": post(b"Content-Length: 9223372036854775808"),
    "digits of another script": post("Content-Length: \u0665".encode()),
    "a superscript": post(b"Content-Length: \xb2"),
    "a space before the colon": post(b"Content-Length : 5", body=b"hello"),
    "a tab before the colon": post(b"Transfer-Encoding\t: chunked", body=b"0\r\n\r\n"),
    "a folded line": post(b"X: a\r\n Content-Length: 5", body=b"hello"),
    "a folded coding": post(b"Transfer-Encoding:\r\n chunked", body=b"0\r\n\r\n"),
    "a folded first line": b"POST /a HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n",
    "bare line feeds": b"POST /a HTTP/1.1\nHost: localhost\nContent-Length: 5\n\nhello",
    "one bare line feed": b"POST /a HTTP/1.1\r\nHost: localhost\nContent-Length: 5\r\n\r\nhello",
    "a bare carriage return": b"POST /a HTTP/1.1\r\nHost: localhost\rContent-Length: 5\r\n\r\nhello",
    "a carriage return and a line feed apart": post(b"X: a\rb\nContent-Length: 5", body=b"hello"),
    "NUL in a value": post(b"X: a\x00b"),
    "NUL in a name": post(b"X\x00: a"),
    "NUL in the target": post(line=b"POST /a\x00 HTTP/1.1"),
    "DEL": post(b"X: a\x7fb"),
    "a vertical tab": post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"),
    "a name that is not a token": post(b"X(Y): a"),
    "no name": post(b": a"),
    "no colon": post(b"nonsense"),
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "a host with a user": b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
    "a host with a slash": b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tab in the request line": b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space at the end of the request line": b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
    "a space before the method": b" GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space in the target": b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "a fragment": b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
    "no slash": b"GET a HTTP/1.1\r\nHost: a\r\n\r\n",
    "another scheme": b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/1.10": b"GET / HTTP/1.10\r\nHost: a\r\n\r\n",
    "lower-case http": b"GET / http/1.1\r\nHost: a\r\n\r\n",
    "two codings": post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "a list of codings": post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
    "the coding that is none": post(b"Transfer-Encoding: identity"),
    "an unknown coding": post(b"Transfer-Encoding: xchunked"),
    "a coding with a parameter": post(b"Transfer-Encoding: chunked;q=1", body=b"0\r\n\r\n"),
    "no coding": post(b"Transfer-Encoding:"),
    "a coding in HTTP/1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "another expectation": post(b"Expect: tea"),
}
CHUNKED_ATTACKS = {
    "no length": b"\r\n0\r\n\r\n",
    "a length that is none": b"g\r\n0\r\n\r\n",
    "a negative length": b"-1\r\n0\r\n\r\n",
    "a length with a prefix": b"0x1\r\na\r\n0\r\n\r\n",
    "a length with a sign": b"+1\r\na\r\n0\r\n\r\n",
    "a length with a space before it": b" 1\r\na\r\n0\r\n\r\n",
    "a length with an underscore": b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n",
    "a length beyond 64 bits": b"fffffffffffffffff\r\n",
    "a length beyond 63 bits": b"ffffffffffffffff\r\n",
    "a line feed after the length": b"1\na\r\n0\r\n\r\n",
    "a line feed in an extension": b"1;a\nb\r\na\r\n0\r\n\r\n",
    "a carriage return in an extension": b"1;a\rb\r\na\r\n0\r\n\r\n",
    "NUL in an extension": b"1;\x00\r\na\r\n0\r\n\r\n",
    "an extension without end": b"1;" + b"x" * 5000 + b"\r\na\r\n0\r\n\r\n",
    "a length without end": b"0" * 5000,
    "a chunk that is longer than it says": b"1\r\nab\r\n0\r\n\r\n",
    "a chunk that ends in a line feed": b"1\r\na\n0\r\n\r\n",
    "a chunk that ends in a carriage return": b"1\r\na\rX0\r\n\r\n",
    "a trailer that is none": b"0\r\nnonsense\r\n\r\n",
    "a folded trailer": b"0\r\nA: b\r\n c\r\n\r\n",
    "NUL in a trailer": b"0\r\nA: \x00\r\n\r\n",
    "trailers without end": b"0\r\n" + b"A: b\r\n" * 1000 + b"\r\n",
    "extensions and hardly any data": b"1;extension=%s\r\na\r\n" % (b"x" * 100) * 400,
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_ambiguous_request_is_rejected_and_closes_the_connection(attack: str) -> None:
    found, ended = drive([ATTACKS[attack] + SMUGGLED])
    assert [400 <= response.status < 600 for response in found] == [True], found
    assert ended
    assert found[0].headers[b"connection"] == b"close"


@pytest.mark.parametrize("attack", CHUNKED_ATTACKS)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_an_invalid_chunked_body_is_rejected(attack: str, size: int) -> None:
    stream = post(b"Transfer-Encoding: chunked", body=CHUNKED_ATTACKS[attack]) + SMUGGLED
    found, ended = drive([stream[at : at + size] for at in range(0, len(stream), size)], pause=size > 1)
    assert [(response.status, response.headers[b"connection"]) for response in found] == [(400, b"close")]
    assert ended


@pytest.mark.parametrize(
    "status", [b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 3000, b"GET /" + b"x" * 3000]
)
def test_the_request_line_and_headers_have_a_limit(status: bytes) -> None:
    found, ended = drive([status])
    assert ([response.status for response in found], ended) == ([431], True)


def test_the_limit_of_the_head_is_exact_to_the_byte() -> None:
    fits = b"GET / HTTP/1.1\r\nHost: a\r\nX: "
    fits += b"x" * (LIMITS.head_bytes - len(fits))
    for pieces in ([fits + b"\r\n\r\n"], [fits + b"\r\n\r", b"\n"], [fits[:-1], b"x\r\n\r\n"]):
        assert [response.status for response in drive(pieces)[0]] == [200]
    for pieces in ([fits + b"x\r\n\r\n"], [fits + b"x\r\n\r", b"\n"], [fits + b"xxxx"]):
        assert [response.status for response in drive(pieces)[0]] == [431]


@pytest.mark.parametrize(
    ("target", "path", "query", "host"),
    [
        (b"/a?b", "/a", "b", "localhost"),
        (b"http://other.test:8/a?b", "/a", "b", "other.test:8"),
        (b"HTTPS://other.test", "/", "", "other.test"),
        (b"http://[::1]?b", "/", "b", "[::1]"),
        (b"*", "*", "", "localhost"),
        (b"/a?", "/a", "", "localhost"),
    ],
)
def test_an_absolute_target_overrides_the_host_header(
    target: bytes, path: str, query: str, host: str
) -> None:
    (response,), _ = drive([post(line=b"GET " + target + b" HTTP/1.1")])
    seen = response.seen
    assert (seen["path"], seen["query"]) == (path, query)
    assert [value for name, value in seen["headers"] if name == "host"] == [host]
