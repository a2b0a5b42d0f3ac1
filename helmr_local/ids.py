"""Ids: version 7 UUIDs that sort as they were made, and the spellings of a UUID that the server reads."""

from __future__ import annotations

import random
import re
import threading
import time

_CANONICAL = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_HEX = re.compile(r"[0-9a-fA-F]{32}")


# An id tells apart and is no secret, so that it need not be beyond guessing; the system seeds this.
_chance = random.Random()  # noqa: S311


class UuidMaker:
    """Makes strictly increasing version 7 UUIDs: the millisecond, 26 bits of counter, 48 of chance."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._millisecond = 0
        self._head = ""
        self._counter = 0

    def __call__(self) -> str:
        with self._lock:
            millisecond = time.time_ns() // 1_000_000
            if millisecond > self._millisecond:
                self._millisecond = millisecond
                digits = f"{millisecond:012x}"
                self._head = f"{digits[:8]}-{digits[8:]}-7"
                self._counter = _chance.getrandbits(20)
            else:
                self._counter += 1
            counter = self._counter
            variant = 0b10 << 62 | (counter & 0x3FFF) << 48
            tail = (counter >> 14 << 64 | variant | _chance.getrandbits(48)).to_bytes(10).hex()
            return f"{self._head}{tail[1:4]}-{tail[4:8]}-{tail[8:]}"


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
    return f"{_chance.getrandbits(128):032x}"


def span_id() -> str:
    return f"{_chance.getrandbits(64):016x}"
