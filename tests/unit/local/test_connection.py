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


def test_what_is_written_in_one_turn_of_the_loop_is_one_packet() -> None:
    async def answers() -> list[bytes]:
        packets = Packets()
        transport = OnePacket(packets, asyncio.get_running_loop())
        transport.write(b"head ")
        transport.write(bytearray(b"body"))
        await asyncio.sleep(0)
        transport.write(b"event")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return packets.seen

    assert asyncio.run(answers()) == [b"head body", b"event"]


def test_closing_sends_what_was_written_before() -> None:
    async def answers() -> list[bytes]:
        packets = Packets()
        transport = OnePacket(packets, asyncio.get_running_loop())
        transport.write(b"the last words")
        transport.close()
        await asyncio.sleep(0)
        return packets.seen

    assert asyncio.run(answers()) == [b"the last words", b"closed"]
