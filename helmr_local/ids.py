"""Ids: version 7 UUIDs that sort by creation, and the UUID spellings that the server accepts."""

from __future__ import annotations

import os
import random
import re
import threading

from . import machine
from .wire.strings import quote

_CANONICAL = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_HEX = re.compile(r"[0-9a-fA-F]{32}")


# An id is not a secret, so a predictable generator is fine; the system seeds this one.
_chance = random.Random()  # noqa: S311
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_chance.seed)  # reseed, or parent and child would create the same ids


class UuidMaker:
    """Creates strictly increasing version 7 UUIDs: within a millisecond, each is a random step above the
    last.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._millisecond = 0
        self._head = ""
        self._tail = 0

    def __call__(self) -> str:
        with self._lock:
            self._step()
            tail = f"{self._tail:x}"
            return f"{self._head}-{tail[:4]}-{tail[4:]}"

    def several(self, count: int) -> list[str]:
        """Create several ids at once, which takes half as long for each."""
        made: list[str] = []
        with self._lock:
            self._step()
            bits = _chance.getrandbits(32 * count)
            for _ in range(count):
                tail = f"{self._tail:x}"
                made.append(f"{self._head}-{tail[:4]}-{tail[4:]}")
                self._tail += 1 + (bits & 0xFFFF_FFFF)
                bits >>= 32
        return made

    def _step(self) -> None:
        millisecond = machine.wall_ns() // 1_000_000
        if millisecond > self._millisecond:
            self._millisecond = millisecond
            digits = f"{millisecond:012x}"
            self._head = f"{digits[:8]}-{digits[8:]}-7{_chance.getrandbits(12):03x}"
            # The variant, and a low start value, which leaves room for 2**29 steps if the clock stands
            # still.
            self._tail = 0b10 << 62 | _chance.getrandbits(61)
        else:
            self._tail += 1 + _chance.getrandbits(32)


new_id = UuidMaker()
new_ids = new_id.several


def parse_uuid(text: str) -> str | None:
    """Return the canonical spelling of a hyphenated UUID, 32 hex digits, `urn:uuid:…` or `{…}`; otherwise
    None.
    """
    if len(text) == 36:
        pass
    elif len(text) == 32 and _HEX.fullmatch(text):
        text = f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
    elif len(text) == 45 and text[:9].lower() == "urn:uuid:":
        text = text[9:]
    elif len(text) == 38:
        text = text[1:-1]
    return text.lower() if _CANONICAL.fullmatch(text) else None


def uuid_complaint(text: str) -> str:
    """Return the reason why `parse_uuid` refuses the text, in the wording of the server's UUID library."""
    length = len(text.encode("utf-8", "surrogatepass"))
    if length not in (32, 36, 38, 45):
        return f"invalid UUID length: {length}"
    if length == 45 and text[:9].lower() != "urn:uuid:":
        return f"invalid urn prefix: {quote(text[:9])}"
    return "invalid UUID format"


def trace_id() -> str:
    return f"{_chance.getrandbits(128):032x}"


def span_id() -> str:
    return f"{_chance.getrandbits(64):016x}"
