"""Decoding a byte stream into events."""

from __future__ import annotations

import random

import pytest

from helmr_ergonomic import sse
from helmr_ergonomic.sse import Frame, FrameTooLargeError, SSEDecoder

STREAM = (
    b'id: 1\nevent: run_event\ndata: {"a": "\xc3\xbc"}\n\n'
    b": keep-alive\n\n"
    b"id: 2\r\nevent: run_event\r\ndata: x\r\ndata: y\r\n\r\n"
    b"id:3\ndata:z\n\n"
    b"\n\n\n"
    b"event: odd\n\n"
    b"id: 4\ndata: cut"
)
FRAMES = [
    Frame("1", '{"a": "ü"}'.encode()),
    Frame("", b""),
    Frame("2", b"x\ny"),
    Frame("3", b"z"),
    Frame("", b""),
]


def feed(*chunks: bytes) -> list[Frame]:
    decoder = SSEDecoder()
    return [frame for chunk in chunks for frame in decoder.feed(chunk)]


def test_a_stream_is_decoded_in_one_piece() -> None:
    assert feed(STREAM) == FRAMES


def test_a_stream_is_decoded_byte_by_byte() -> None:
    assert feed(*(STREAM[at : at + 1] for at in range(len(STREAM)))) == FRAMES


def test_a_stream_is_decoded_in_random_pieces() -> None:
    random.seed(7)
    for _ in range(300):
        cuts = sorted(random.choices(range(len(STREAM)), k=random.randint(0, 9)))  # noqa: S311  no secret
        pieces = [STREAM[a:b] for a, b in zip([0, *cuts], [*cuts, len(STREAM)], strict=True)]
        assert feed(*pieces) == FRAMES


def test_an_oversized_frame_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_FRAME_BYTES", 100)
    decoder = SSEDecoder()
    decoder.feed(b"data: " + b"x" * 50)
    with pytest.raises(FrameTooLargeError):
        decoder.feed(b"x" * 50)
