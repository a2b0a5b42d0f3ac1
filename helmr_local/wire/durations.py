"""Durations in requests: Go's form (`1h30m`), or whole days (`7d`)."""

from __future__ import annotations

import re

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_PART = re.compile(r"([0-9]*)(?:(\.)([0-9]*))?(ns|us|µs|μs|ms|s|m|h)")
_DAYS = re.compile(r"\+?[0-9]+d")
_INT64 = 2**63
LONGEST_DURATION = 1000
"""The maximum length of a duration."""


def go_duration(text: str) -> int | None:
    """Parse like `time.ParseDuration`. Return nanoseconds, or None if it refuses the duration."""
    sign, rest = 1, text
    if rest[:1] in ("+", "-"):
        sign, rest = (-1 if rest[0] == "-" else 1), rest[1:]
    if rest == "0":
        return 0
    if not rest:
        return None
    total = position = 0
    while position < len(rest):
        part = _PART.match(rest, position)
        if part is None or not (part[1] or part[3]):
            return None
        unit = _UNITS[part[4]]
        total += int(part[1] or "0") * unit
        if part[3]:
            total += int(part[3]) * unit // 10 ** len(part[3])
        if total >= _INT64:
            return None
        position = part.end()
    return sign * total


def positive_duration(text: str) -> int | None:
    """Parse a duration of the contract's requests (`<int>d` or Go's form) to nanoseconds, or None if it is
    invalid.
    """
    if len(text) > LONGEST_DURATION:
        return None
    if _DAYS.fullmatch(text):
        length = int(text[:-1]) * 24 * _UNITS["h"]
        return length if 0 < length < _INT64 else None
    nanoseconds = go_duration(text)
    return nanoseconds if nanoseconds is not None and nanoseconds > 0 else None
