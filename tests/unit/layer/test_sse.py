"""Decoding a byte stream into events."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmr_ergonomic import sse
from helmr_ergonomic.sse import KEEP_ALIVE, Frame, FrameTooLargeError, SSEDecoder

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


SIZES = (0, 1, 50, 4095, 4096, 70_000)
ENDS = (b"\n", b"\r\n")


@given(st.data())
def test_the_chunks_do_not_change_the_frames(data: st.DataObject) -> None:
    """Small and large events, with comments between them, in any chunks, read together or not."""
    stream, expected = b"", []
    for number in range(data.draw(st.integers(1, 6))):
        size, end = data.draw(st.sampled_from(SIZES)), data.draw(st.sampled_from(ENDS))
        content = b"%d:" % number + b"x" * size
        stream += b"id: %d%bevent: e%bdata: %b%b%b" % (number, end, end, content, end, end)
        expected.append(Frame(str(number), content))
        if data.draw(st.booleans()):
            stream += b": keep-alive%b%b" % (end, end)
            expected.append(KEEP_ALIVE)
    places = st.integers(0, len(stream)) | st.sampled_from(
        [at for at in range(len(stream)) if stream[at] < 32]
    )
    cuts = sorted(data.draw(st.lists(places, max_size=8)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert feed(*pieces) == expected

    decoder = SSEDecoder(lambda together: [(int(one.partition(b":")[0]), one) for one in together])
    frames = [frame for piece in pieces for frame in decoder.feed(piece)]
    read = [event for frame in frames for event in frame.events or [(int(frame.id or -1), frame.data)]]
    assert read == [(int(frame.id or -1), frame.data) for frame in expected]


USUAL = b"id: 1\nevent: e\ndata: {}\n"
ODD = (
    b"id: x\nevent: e\ndata: {}\n",
    b"id: 2\nevent: id: 3\ndata: {}\n",
    b"id: 2\nevent\ndata: {}\n",
    b"id: 2\nevent: e\ndata: \n",
    b"id: 2\nevent: e\nno data: {}\n",
)
LINES = (b"id: 4", b"event: e", b"data: {}", b"data:", b"{}", b"")


@given(st.lists(st.sampled_from((USUAL, *ODD, *LINES)), max_size=12))
def test_lines_in_any_order_are_read_together_as_they_are_one_by_one(lines: list[bytes]) -> None:
    stream = b"\n".join([*lines, b""])
    assert feed(stream) == feed(*(stream[at : at + 1] for at in range(len(stream))))


def test_an_oversized_frame_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_FRAME_BYTES", 100)
    decoder = SSEDecoder()
    decoder.feed(b"data: " + b"x" * 50)
    with pytest.raises(FrameTooLargeError):
        decoder.feed(b"x" * 50)
