"""Heads that repeat on a connection, but for the length of the body."""

from __future__ import annotations

import pytest

from helmr_local.http1.head import KnownHeads, Refused, read_head


def head(*lines: bytes) -> bytes:
    return b"\r\n".join((b"POST /api/sessions HTTP/1.1", b"host: localhost", *lines))


@pytest.mark.parametrize("name", [b"content-length", b"Content-Length", b"CONTENT-LENGTH"])
def test_a_known_head_has_the_length_of_this_request(name: bytes) -> None:
    known = KnownHeads()
    for length in (b"7", b"123", b"123", b"0", b"007"):
        for lines in (
            [name + b": " + length],
            [name + b": " + length, b"accept: */*"],
            [b"a: b", name + b":" + length],
        ):
            found, parsed = known.read(head(*lines)), read_head(head(*lines))
            found.memo["seen"] = True
            parsed.memo["seen"] = True
            assert found == parsed


def test_heads_that_differ_only_in_the_length_share_a_memo() -> None:
    known = KnownHeads()
    known.read(head(b"content-length: 1")).memo["request"] = "known"
    assert known.read(head(b"content-length: 22")).memo == {"request": "known"}
    assert known.read(head(b"content-length: 22", b"accept: */*")).memo == {}
    assert known.read(head()).memo == {}


@pytest.mark.parametrize(
    "lines",
    [
        [b"content-length: "],
        [b"content-length: +1"],
        [b"content-length: 1", b"content-length: 1"],
        [b"content-length: 99999999999999999999"],
        [b"content-length: 1", b"transfer-encoding: chunked"],
    ],
)
def test_an_invalid_length_is_refused_although_a_similar_head_is_known(lines: list[bytes]) -> None:
    known = KnownHeads()
    known.read(head(b"content-length: 1"))
    with pytest.raises(Refused):
        known.read(head(*lines))


def test_only_a_few_heads_are_kept() -> None:
    known = KnownHeads()
    for number in range(100):
        known.read(head(b"x: %d" % number))
    known.read(head(b"x: " + b"a" * 5_000))
    assert len(known._known) <= 8
