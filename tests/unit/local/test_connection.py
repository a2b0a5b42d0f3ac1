"""How answers leave."""

from __future__ import annotations

import asyncio
from typing import Any

from helmr_local.connection import OnePacket


class Packets(asyncio.Transport):
    """A transport that notes what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[bytes] = []

    def write(self, data: Any) -> None:
        self.seen.append(bytes(data))

    def close(self) -> None:
        self.seen.append(b"closed")


def test_an_answer_is_one_packet() -> None:
    async def answers() -> list[bytes]:
        packets = Packets()
        transport = OnePacket(packets, asyncio.get_running_loop())
        for body in (b"first", b"second"):
            transport.write(b"HTTP/1.1 200 OK\r\n\r\n")
            transport.write(bytearray(body))
            await asyncio.sleep(0)
        return packets.seen

    assert asyncio.run(answers()) == [b"HTTP/1.1 200 OK\r\n\r\nfirst", b"HTTP/1.1 200 OK\r\n\r\nsecond"]


def test_the_head_of_a_stream_does_not_wait_for_its_first_event() -> None:
    async def answers() -> list[bytes]:
        packets = Packets()
        transport = OnePacket(packets, asyncio.get_running_loop())
        transport.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.sleep(0)
        seen = packets.seen.copy()
        transport.write(b"event")
        assert packets.seen == [*seen, b"event"]
        return seen

    assert asyncio.run(answers()) == [b"HTTP/1.1 200 OK\r\n\r\n"]


def test_closing_sends_what_was_written_before() -> None:
    async def answers() -> list[bytes]:
        packets = Packets()
        transport = OnePacket(packets, asyncio.get_running_loop())
        transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        transport.close()
        await asyncio.sleep(0)
        return packets.seen

    assert asyncio.run(answers()) == [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"closed"]
