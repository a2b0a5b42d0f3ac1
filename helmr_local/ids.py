"""Ids: version 7 UUIDs that sort as they were made, and the spellings of a UUID that the server reads."""

from __future__ import annotations

import os
import random
import re
import threading
import time

_CANONICAL = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_HEX = re.compile(r"[0-9a-fA-F]{32}")


class UuidMaker:
    """Makes strictly increasing version 7 UUIDs (42 bits of counter and chance after the millisecond)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        # Seeded by the system. An id tells apart and is no secret, so it need not be beyond guessing.
        self._chance = random.Random()  # noqa: S311

    def __call__(self) -> str:
        with self._lock:
            tail = self._chance.getrandbits(68)
            # 48 bits of milliseconds and 26 of counter; the counter restarts at a random low value.
            head = (time.time_ns() // 1_000_000 << 26) | tail >> 48
            if head <= self._last:
                head = self._last + 1
            self._last = head
        milliseconds, counter = head >> 26, head & 0x3FFFFFF
        text = (
            (
                milliseconds << 80
                | 0x7 << 76
                | (counter >> 14) << 64
                | 0b10 << 62
                | (counter & 0x3FFF) << 48
                | tail & 0xFFFFFFFFFFFF
            )
            .to_bytes(16)
            .hex()
        )
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


new_id = UuidMaker()


def parse_uuid(text: str) -> str | None:
    """The canonical spelling of a hyphenated UUID, 32 hex digits, `urn:uuid:…` or `{…}`; else None."""
    if len(text) == 36:
        pass
    elif len(text) == 32 and _HEX.fullmatch(text):
        text = f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
    elif len(text) == 45 and text[:9].lower() == "urn:uuid:":
        text = text[9:]
    elif len(text) == 38:
        text = text[1:-1]
    return text.lower() if _CANONICAL.fullmatch(text) else None


def trace_id() -> str:
    return os.urandom(16).hex()


def span_id() -> str:
    return os.urandom(8).hex()
