"""Durations as the contract writes them: `"90s"`, `"1h30m"`, `"1.5h"`, `"7d"`."""

from __future__ import annotations

import re
from datetime import timedelta
from math import inf
from typing import TypeAlias

from ._validation import checked_string
from .errors import ArgumentError

Duration: TypeAlias = timedelta | str
"""A `timedelta`, or a string: a Go duration (`1h30m`, units ns us µs ms s m h) or whole days (`7d`)."""

LONGEST_TEXT = 100

# Compiled with the first duration, see `helmr_api.formats`.
_DAYS = r"\+?[0-9]+d"
_PARTS = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)"
_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}


def _nanoseconds(text: str, what: str) -> int:
    """Parse a duration string to nanoseconds. Raises an error unless it is a positive duration."""
    from decimal import Decimal

    checked_string(text, what)
    trimmed = text.strip()
    total = 0
    if len(trimmed) > LONGEST_TEXT:
        raise ArgumentError(f"{what} is too long: a duration has at most {LONGEST_TEXT} characters")
    if re.fullmatch(_DAYS, trimmed):
        total = int(trimmed.rstrip("d")) * 24 * _NANOSECONDS["h"]
    else:
        position = 1 if trimmed.startswith("+") else 0
        length = Decimal(0)
        part = re.compile(_PARTS)
        while match := part.match(trimmed, position):
            length += Decimal(match[1]) * _NANOSECONDS[match[2]]
            position = match.end()
        if position == len(trimmed):
            total = int(length)
    if total <= 0:
        raise ArgumentError(
            f'{what} must be a positive duration: a timedelta, or a string such as "90s", "1h30m" or "7d"; '
            f"got {text!r}"
        )
    return total


def parse_duration(text: str, what: str = "duration") -> timedelta:
    """Convert a duration string to a `timedelta`, in microseconds, at least one.

    Raises `ArgumentError` if it is not a positive duration.

    >>> parse_duration("1h30m")
    datetime.timedelta(seconds=5400)
    """
    microseconds = max(1, _nanoseconds(text, what) // 1_000)
    try:
        return timedelta(microseconds=microseconds)
    except OverflowError:
        raise ArgumentError(f"{what} is too long for a timedelta: {text!r}") from None


def duration_text(value: Duration, what: str = "duration") -> str:
    """Convert a duration to the form that the server accepts. Strings are checked and sent verbatim, because
    the server compares their spelling; a `timedelta` is written in the largest unit that represents it
    exactly.

    Raises `ArgumentError` when it is not positive.

    >>> duration_text(timedelta(minutes=90))
    '90m'
    """
    if isinstance(value, str):
        _nanoseconds(value, what)
        return value
    if not isinstance(value, timedelta):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ArgumentError(
            f'{what} must be a timedelta or a string such as "90s", not {type(value).__name__}: '
            "a bare number would mean milliseconds on the wire and seconds in Python"
        )
    micros = value // timedelta(microseconds=1)
    if micros <= 0:
        raise ArgumentError(f"{what} must be a positive duration, got {value}")
    for unit, size in (("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000)):
        if micros % size == 0:
            return f"{micros // size}{unit}"
    return f"{micros}us"


def to_seconds(value: Duration | float, what: str = "timeout") -> float:
    """Convert a duration in any accepted form to seconds. Numbers are seconds, as everywhere in Python.

    Raises `ArgumentError` when it is negative, or neither a duration nor a number.

    >>> to_seconds("1h30m")
    5400.0
    """
    if isinstance(value, str):
        return max(1, _nanoseconds(value, what) // 1_000) / 1_000_000
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
    elif isinstance(value, (int, float)) and not isinstance(value, bool):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        try:
            seconds = float(value)
        except OverflowError:
            seconds = inf
    else:
        raise ArgumentError(
            f'{what} must be seconds, a timedelta or a string such as "90s", not {type(value).__name__}'
        )
    if not seconds >= 0:  # also catches NaN
        raise ArgumentError(f"{what} must not be negative, got {value!r:.100}")
    return seconds
